"""Several current versions at once are what they are one by one."""

from __future__ import annotations

from typing import Any

from gateway.canonical import Draft


def test_many_are_read_as_one_by_one(desk: Any) -> None:
    for number in range(3):
        body = {"resourceType": "Patient", "id": f"p{number}", "gender": "male"}
        desk.stored(Draft("Patient", f"p{number}", body))
    desk.stored(Draft("Patient", "p1", {"resourceType": "Patient", "id": "p1"}), tenant="other")
    keys = [
        ("default", "Patient", "p2"),
        ("default", "Patient", "nobody"),
        ("other", "Patient", "p1"),
        ("nowhere", "Patient", "p1"),
        ("default", "Nothing", "p1"),
        ("default", "Patient", "p1"),
    ]
    found = desk.store.read_many(keys)
    assert found == [desk.store.read(*key) for key in keys]
    assert [one and one.id for one in found] == ["p2", None, "p1", None, None, "p1"]
    assert b"male" in found[-1].body
    assert b"male" not in found[2].body
    assert desk.store.read_many([]) == []
