"""The servers that the harness is tried on are what they say: one that is not ours, and bad ones."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "王"}],
    "identifier": [{"system": "urn:x", "value": "1"}],
}


def test_a_server_that_is_not_ours_stores_finds_and_refuses(foreign_server: str) -> None:
    with httpx.Client(base_url=foreign_server, headers={"Content-Type": "application/fhir+json"}) as client:
        made = client.post("/Patient", json=PATIENT)
        assert made.status_code == 201
        found = client.get("/Patient", params={"identifier": "urn:x|1", "family": "王"}).json()
        assert [one["resource"]["id"] for one in found["entry"]] == [
            made.headers["Location"].rpartition("/")[2]
        ]
        assert httpx.get(found["entry"][0]["fullUrl"]).json() == found["entry"][0]["resource"]
        assert client.delete(made.headers["Location"]).status_code == 204
        assert client.get(made.headers["Location"]).status_code == 410
        assert client.post("/Patient", json={**PATIENT, "gendr": "male"}).status_code == 400
        statement = client.get("/metadata").json()
        assert (statement["software"]["name"], statement["fhirVersion"]) == ("fhirstarter", "4.0.1")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("always-200", {}), ("always-200-echo", PATIENT), ("always-200-bundle", {"resourceType": "Bundle"})],
)
def test_some_say_200_to_everything(bad_server: Any, kind: str, answer: dict[str, Any]) -> None:
    with bad_server(kind) as base:
        for method, path in (
            ("POST", "/Patient"),
            ("PUT", "/Patient/1"),
            ("POST", "/$nonsense"),
            ("PATCH", "/x"),
        ):
            done = httpx.request(method, base + path, json=PATIENT)
            assert done.status_code == 200
            assert answer.items() <= done.json().items()
        assert httpx.delete(f"{base}/Patient/1").status_code == 200
        assert httpx.head(f"{base}/Patient").content == b""


def test_some_answer_what_is_no_fhir(bad_server: Any) -> None:
    with bad_server("html") as base:
        assert httpx.get(f"{base}/metadata").headers["Content-Type"].startswith("text/html")
    with bad_server("not-json") as base, pytest.raises(ValueError, match=r"Unterminated|Expecting|Invalid"):
        httpx.get(f"{base}/metadata").json()
    with bad_server("moving") as base, pytest.raises(httpx.TooManyRedirects):
        httpx.get(f"{base}/metadata", follow_redirects=True)


def test_one_dies_in_the_middle_of_an_answer(bad_server: Any) -> None:
    with bad_server("dying", 2) as base:
        assert [httpx.get(base).status_code for _ in range(2)] == [200, 200]
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(base)
        with pytest.raises(httpx.ConnectError):
            httpx.get(base)


@pytest.mark.parametrize("kind", ["slow", "trickle"])
def test_some_take_their_time(bad_server: Any, kind: str) -> None:
    with bad_server(kind, 3600) as base, pytest.raises(httpx.ReadTimeout):
        httpx.get(base, timeout=0.2)


def test_one_never_ends(bad_server: Any) -> None:
    with bad_server("endless") as base, httpx.stream("GET", base) as answer:
        heard = 0
        for piece in answer.iter_raw():
            heard += len(piece)
            if heard > 1 << 20:
                break
        assert int(answer.headers["Content-Length"]) > heard


def test_one_has_its_clock_an_hour_ahead(bad_server: Any) -> None:
    with bad_server("clock") as base:
        said = parsedate_to_datetime(httpx.get(base).headers["Date"])
        assert 3500 < (said - datetime.now(UTC)).total_seconds() < 3700


def test_one_has_a_certificate_that_nobody_trusts(bad_server: Any, tmp_path: Path) -> None:
    from gateway.cli.demo_tls import loopback_certificate

    _, certificate, key = loopback_certificate(tmp_path)
    with bad_server("always-200-bundle", "--cert", certificate, "--key", key) as base:
        with pytest.raises(httpx.ConnectError):
            httpx.get(base)
        assert httpx.get(base, verify=False).status_code == 200
