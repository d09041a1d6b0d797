"""Binary over HTTP, as the content that it has (R4 binary.html)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
PICTURE = b"\x89PNG\r\n\x1a\n\x00\xff"


def test_content_goes_in_and_comes_out(call: Call) -> None:
    made = call("POST", "/fhir/Binary", PICTURE, content_type="image/png")
    assert made.status_code == 201, made.text
    id_ = made.json()["id"]
    stored = call("GET", f"/fhir/Binary/{id_}").json()
    assert (stored["contentType"], base64.b64decode(stored["data"])) == ("image/png", PICTURE)
    for accept in ("image/png", "image/*", "text/plain, image/png;q=0.5"):
        raw = call("GET", f"/fhir/Binary/{id_}", accept=accept)
        assert (raw.status_code, raw.content, raw.headers["content-type"]) == (200, PICTURE, "image/png")
    assert raw.headers["etag"] == 'W/"1"'
    assert "sandbox" in raw.headers["content-security-policy"]
    assert call("GET", f"/fhir/Binary/{id_}", accept="image/png", if_none_match='W/"1"').status_code == 304


def test_an_update_keeps_who_may_see_it(call: Call) -> None:
    made = call("PUT", "/fhir/Binary/b1", b"x", content_type="text/plain", x_security_context="Patient/p1")
    assert made.status_code == 201, made.text
    assert made.json()["securityContext"] == {"reference": "Patient/p1"}
    assert made.json()["id"] == "b1"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/fhir+json", "json"),
        ("*/*", "json"),
        ("application/fhir+xml", "xml"),
        ("text/html", "json"),
    ],
)
def test_who_takes_resources_gets_the_resource(call: Call, accept: str, kind: str) -> None:
    call("PUT", "/fhir/Binary/b1", b"x", content_type="text/html")
    answer = call("GET", "/fhir/Binary/b1", accept=accept)
    assert answer.headers["content-type"] == f"application/fhir+{kind}"


def test_what_cannot_be_given(call: Call) -> None:
    call("PUT", "/fhir/Binary/b1", b"x", content_type="text/plain")
    assert call("GET", "/fhir/Binary/b1", accept="image/png").status_code == 406
    assert call("GET", "/fhir/Binary/none", accept="image/png").status_code == 404
    call("DELETE", "/fhir/Binary/b1")
    assert call("GET", "/fhir/Binary/b1", accept="text/plain").status_code == 410
    assert call("GET", "/fhir/Patient/none", accept="text/plain").status_code == 406
    assert call("POST", "/fhir/Patient", b"x", content_type="text/plain").status_code == 415
    assert call("POST", "/fhir/Binary", b"x", content_type="nonsense").status_code == 415
