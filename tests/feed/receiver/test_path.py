"""A platform is told what is in force: a number that was put right is none of the patient's."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.feed.document import Document
from gateway.feed.receiver.path import Path

SYSTEM = "urn:oid:2.16.156.10011.1.3"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {"system": SYSTEM, "value": "99010119710215002X", "use": "old"},
        {"system": SYSTEM, "value": "990101198005060019"},
    ],
    "name": [{"text": "林乙", "use": "old"}, {"text": "林一"}],
    "contact": [{"name": {"text": "林父"}}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"Patient.identifier[system={SYSTEM}].value", ["990101198005060019"]),
        ("Patient.identifier[0].value", ["990101198005060019"]),
        ("Patient.name.text", ["林一"]),
        ("Patient.contact.name.text", ["林父"]),
        ("Patient.name[use=old].text", ["林乙"]),
    ],
)
def test_what_was_replaced_is_not_told(path: str, found: list[str]) -> None:
    document = Document(None, (), (PATIENT,), {})  # type: ignore[arg-type]
    assert Path(path).values(document) == found
