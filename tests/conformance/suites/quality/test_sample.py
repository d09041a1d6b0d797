"""Whose data are looked at: people with reports among them, whatever was written last."""

from __future__ import annotations

from typing import Any

from conformance.suites.quality.sample import PROFILE, _patients

MOST = PROFILE["sample"]["patients"]


class Target:
    """A target whose first patients have no report."""

    def __init__(self, without: int, reported: int) -> None:
        self.without = [{"resourceType": "Patient", "id": f"a{number:03}"} for number in range(without)]
        self.reported = {f"Patient/z{number:03}": {"id": f"z{number:03}"} for number in range(reported)}

    def some(self, query: str, most: int) -> list[dict[str, Any]]:
        if query.startswith("Patient"):
            return self.without[:most]
        return [{"id": name, "subject": {"reference": name}} for name in self.reported][:most]

    def read(self, name: str) -> dict[str, Any] | None:
        return self.reported.get(name)


def drawn(target: Any) -> list[str]:
    return [str(one["id"]) for one in _patients(target)]


def test_a_third_are_people_with_a_report() -> None:
    found = drawn(Target(100, 100))
    assert len(found) == len(set(found)) == MOST
    assert sum(one.startswith("z") for one in found) == MOST // 3


def test_where_nobody_has_a_report_and_where_few_are_there_all_are_looked_at() -> None:
    assert drawn(Target(3, 0)) == ["a000", "a001", "a002"]
    assert sorted(drawn(Target(2, 1))) == ["a000", "a001", "z000"]
    assert drawn(Target(0, 0)) == []
