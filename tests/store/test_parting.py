"""A message that two are two (ADT A37) takes back the merge that it means, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft, Merge

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"


def read(desk: Any, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.store.read("default", "Patient", id_).body)
    del body["meta"]
    return body


def ends(desk: Any, patient: Make, old: int, new: int, at: int) -> Any:
    merge = Merge("Patient", (MRN, str(old)), f"p{old}", f"p{new}")
    return desk.put(patient(f"p{new}", mrn=str(new)), merges=[merge], event_at=at).outcome


def parts(desk: Any, patient: Make, one: int, other: int, at: int) -> Any:
    """Say that two numbers are those of two persons, with what the register knows of them."""
    two = [patient(f"p{n}", mrn=str(n), name=[{"text": f"林{n}"}]) for n in (one, other)]
    unlink = Merge("Patient", (MRN, str(other)), f"p{other}", f"p{one}", "unlink")
    return desk.put(*two, merges=[unlink], event_at=at).outcome


@pytest.fixture
def chain(desk: Any, patient: Make) -> Any:
    """5 ended in 6, and 6 in 7."""
    for n in "567":
        desk.stored(patient(f"p{n}", mrn=n, name=[{"text": n}]), event_at=100)
    ends(desk, patient, 5, 6, 200)
    ends(desk, patient, 6, 7, 300)
    return desk


@pytest.mark.parametrize("two", [(5, 6), (5, 7)])
def test_of_a_chain_only_what_is_meant_for_sure_is_taken_back(
    chain: Any, patient: Make, two: tuple[int, int]
) -> None:
    before = [read(chain, f"p{n}") for n in "567"]
    outcome = parts(chain, patient, *two, 400)
    assert [(one.severity, one.rule) for one in outcome.issues] == [("warning", "merge-not-undone")]
    assert [read(chain, f"p{n}") for n in "567"] == before, "nor is what it says of either put on who goes on"


def test_the_end_of_a_chain_is_parted(chain: Any, patient: Make) -> None:
    assert [one.rule for one in parts(chain, patient, 6, 7, 400).issues] == ["merge-undone"]
    assert [one.rule for one in parts(chain, patient, 5, 6, 500).issues] == ["merge-undone"]
    assert all("link" not in read(chain, f"p{n}") for n in "567")


def test_a_merge_that_was_said_before_and_comes_later_does_not_count(desk: Any, patient: Make) -> None:
    desk.stored(patient("p5", mrn="5"), event_at=100)
    parts(desk, patient, 5, 6, 300)
    desk.reopen()
    for old, new in ((5, 6), (6, 5)):
        assert [one.rule for one in ends(desk, patient, old, new, 200).issues] == ["older-event"]
    assert all("link" not in read(desk, f"p{n}") for n in "56")
    assert [one.get("use") for one in read(desk, "p6")["identifier"]] == [None]
    ends(desk, patient, 5, 6, 400)
    assert "link" in read(desk, "p5"), "what is said later does"


def test_nor_the_other_way_round_than_the_one_that_was_taken_back(desk: Any, patient: Make) -> None:
    for n in "56":
        desk.stored(patient(f"p{n}", mrn=n), event_at=100)
    ends(desk, patient, 5, 6, 200)
    parts(desk, patient, 5, 6, 400)
    assert [one.rule for one in ends(desk, patient, 6, 5, 300).issues] == ["older-event"]
    assert all("link" not in read(desk, f"p{n}") for n in "56")
