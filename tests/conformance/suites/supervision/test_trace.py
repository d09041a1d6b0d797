"""An audit event of a read: that the patient was written is none."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.suites.supervision.trace import is_read

CODES = "http://hl7.org/fhir/restful-interaction"


def subtype(code: str) -> dict[str, Any]:
    return {"subtype": [{"system": CODES, "code": code}]}


@pytest.mark.parametrize(
    "said", [{"action": "R"}, {"action": "E", **subtype("search-type")}, subtype("vread")]
)
def test_what_shows_data_is_a_read(said: dict[str, Any]) -> None:
    assert is_read({"resourceType": "AuditEvent", **said})


@pytest.mark.parametrize("said", [{}, {"action": "C"}, {"action": "U", **subtype("update")}, {"action": "E"}])
def test_what_writes_or_says_nothing_is_none(said: dict[str, Any]) -> None:
    assert not is_read({"resourceType": "AuditEvent", **said})
