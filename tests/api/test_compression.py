"""gzip answers: for who accepts them, and long enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("identity", False),
        ("br", False),
    ],
)
def test_a_long_answer(call: Call, accepted: str, packed: bool) -> None:
    plain = call("GET", "/fhir/metadata", accept_encoding="identity")
    answer = call("GET", "/fhir/metadata", accept_encoding=accepted)
    assert (answer.headers.get("content-encoding") == "gzip") == packed
    assert "accept-encoding" in answer.headers["vary"]
    assert answer.content == plain.content


def test_a_short_answer_stays_as_it_is(call: Call) -> None:
    answer = call("GET", "/fhir/Patient", accept_encoding="gzip")
    assert "content-encoding" not in answer.headers
    assert "accept-encoding" not in answer.headers["vary"]


def test_xml_is_packed_too(call: Call) -> None:
    answer = call("GET", "/fhir/metadata?_format=xml", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.startswith("<?xml")
