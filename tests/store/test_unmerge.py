"""A merge that was wrong is taken back: by a human, or by a message that the two are two (ADT A37)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical import Draft, Merge
from gateway.errors import Rejected
from gateway.store import Change, Desk, Transact, unmerge
from gateway.store.unmerge import Unmerged

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"
A_TO_B = Merge("Patient", (MRN, "1"), "p1", "p2")
PARTED = Merge("Patient", (MRN, "2"), "p2", "p1", "unlink")


def read(desk: Any, name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.store.read("default", *name.split("/")).body)
    del body["meta"]
    return body


def about(desk: Any, patient: str, type_: str = "Observation") -> list[str]:
    return sorted(one.id for one in desk.store.search("default", type_, [("patient", patient)]).matches)


def undo(desk: Any, retired: str = "p1") -> Unmerged:
    act: Callable[[Desk], object] = lambda at: at.unmerge(retired)  # noqa: E731
    (done,) = desk.store.write([Transact("default", "records", [], act=act, joins=True)])
    if done.error is not None:
        raise done.error
    assert isinstance(done.answer, Unmerged)
    return done.answer


@pytest.fixture
def two(desk: Any, patient: Make, observation: Make) -> Any:
    desk.stored(patient("p1", mrn="1", active=True), observation("o1"), observation("o2"), event_at=100)
    desk.stored(patient("p2", mrn="2"), observation("o3", subject="p2"), event_at=100)
    return desk


@pytest.fixture
def merged(two: Any, patient: Make) -> Any:
    two.stored(patient("p2", mrn="2", gender="male"), merges=[A_TO_B], event_at=200)
    return two


def by_human(two: Any) -> None:
    act: Callable[[Desk], object] = lambda at: at.merge("p1", "p2")  # noqa: E731
    (done,) = two.store.write([Transact("default", "records", [], act=act, joins=True)])
    assert done.error is None


@pytest.mark.parametrize("way", ["human", "message"])
def test_all_is_as_it_was(two: Any, patient: Make, observation: Make, way: str) -> None:
    before = {name: read(two, name) for name in ("Patient/p1", "Patient/p2", "Observation/o1")}
    if way == "human":
        by_human(two)
    else:
        two.stored(patient("p2", mrn="2"), merges=[A_TO_B], event_at=200)
    assert about(two, "p1") == []
    done = undo(two)
    assert (done.moved, done.left) == (2, [])
    assert {name: read(two, name) for name in before} == before
    assert (about(two, "p1"), about(two, "p2")) == (["o1", "o2"], ["o3"])
    assert two.stored(patient("p1", mrn="1"), observation("o1", status="amended"), event_at=300) == [
        "Observation/o1/_history/4"
    ]
    two.reopen()
    two.stored(patient("p1", mrn="1", gender="female"), event_at=400)
    assert (read(two, "Patient/p1")["gender"], read(two, "Patient/p2").get("gender")) == ("female", None)


def test_what_was_said_since_goes_along_and_what_is_new_stays(
    merged: Any, patient: Make, observation: Make
) -> None:
    old = patient("p1", mrn="1", birthDate="1990-01-01")
    merged.stored(old, observation("o1", status="amended"), observation("new"), event_at=300)
    merged.stored(patient("p2", mrn="2"), observation("o3", subject="p2", status="amended"), event_at=300)
    assert {one["value"] for one in read(merged, "Patient/p2")["identifier"]} == {"1", "2"}
    done = undo(merged)
    assert done.moved == 2
    assert done.left == ["Patient/p2", "Observation/new"], "who they speak of is for a human to say"
    assert read(merged, "Observation/o1")["status"] == "amended"
    assert (about(merged, "p1"), about(merged, "p2")) == (["o1", "o2"], ["new", "o3"])
    assert [one["value"] for one in read(merged, "Patient/p2")["identifier"]] == ["2"]


def test_a_resource_that_names_both_goes_back_as_it_was_or_is_told(
    two: Any, patient: Make, observation: Make
) -> None:
    both = [{"reference": "Patient/p2"}]
    two.stored(patient("p1", mrn="1"), observation("o1", performer=both), observation("o2", performer=both))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    two.stored(patient("p1", mrn="1"), observation("o2", performer=both, status="amended"))
    done = undo(two)
    assert (done.moved, done.left) == (1, ["Observation/o2"])
    assert read(two, "Observation/o1")["subject"] == {"reference": "Patient/p1"}
    assert read(two, "Observation/o1")["performer"] == both


def test_what_a_message_had_moved_before_is_left_alone(two: Any, patient: Make, observation: Make) -> None:
    moved = observation("o1", subject="p2")
    moved.moves = True
    two.stored(patient("p2", mrn="2"), moved)
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert (undo(two).moved, about(two, "p1")) == (1, ["o2"])


def test_a_chain_is_undone_from_its_end(merged: Any, patient: Make) -> None:
    merged.stored(patient("p3", mrn="3"))
    merged.stored(patient("p3", mrn="3"), merges=[Merge("Patient", (MRN, "2"), "p2", "p3")])
    with pytest.raises(Rejected) as error:
        undo(merged, "p1")
    assert error.value.code == "conflict"
    assert undo(merged, "p2").moved == 3
    assert about(merged, "p2") == ["o1", "o2", "o3"]
    assert undo(merged, "p1").moved == 2
    assert (about(merged, "p1"), about(merged, "p2")) == (["o1", "o2"], ["o3"])
    with pytest.raises(Rejected):
        undo(merged, "p1")


def test_a_replay_or_a_late_merge_does_not_bring_it_back(merged: Any, patient: Make) -> None:
    undo(merged)
    written = merged.put(patient("p2", mrn="2"), merges=[A_TO_B], event_at=200)
    assert [issue.rule for issue in written.outcome.issues] == ["older-event"]
    assert "link" not in read(merged, "Patient/p1")
    by_human(merged)
    assert about(merged, "p2") == ["o1", "o2", "o3"], "who says it again is heard"


def test_a_newer_merge_counts(merged: Any, patient: Make) -> None:
    merged.stored(patient("p1", mrn="1"), patient("p2", mrn="2"), merges=[PARTED], event_at=300)
    merged.stored(patient("p2", mrn="2"), merges=[A_TO_B], event_at=400)
    assert about(merged, "p2") == ["o1", "o2", "o3"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_message_that_they_are_two_parts_them(merged: Any, patient: Make, turned: bool) -> None:
    told = patient("p1", mrn="1", birthDate="1990-01-01"), patient("p2", mrn="2", birthDate="1970-02-02")
    parted = Merge("Patient", (MRN, "1"), "p1", "p2", "unlink") if turned else PARTED
    outcome = merged.put(*told, merges=[parted], event_at=300).outcome
    assert [issue.rule for issue in outcome.issues] == ["merge-undone"]
    assert {"Patient/p1/_history/4", "Patient/p2/_history/4", "Observation/o2/_history/3"} <= set(
        outcome.refs
    )
    assert (read(merged, "Patient/p1")["birthDate"], read(merged, "Patient/p1")["active"]) == (
        "1990-01-01",
        True,
    )
    assert read(merged, "Patient/p2")["birthDate"] == "1970-02-02"
    assert (about(merged, "p1"), about(merged, "p2")) == (["o1", "o2"], ["o3"])
    assert merged.put(*told, merges=[parted], event_at=300).outcome.refs == [], "the same again"


def test_a_late_message_that_they_are_two_parts_nobody(merged: Any, patient: Make) -> None:
    outcome = merged.put(
        patient("p1", mrn="1"), patient("p2", mrn="2"), merges=[PARTED], event_at=150
    ).outcome
    assert "older-event" in [issue.rule for issue in outcome.issues]
    assert about(merged, "p2") == ["o1", "o2", "o3"]


def test_two_who_ended_in_a_third_are_parted_by_nobody_knows_which(merged: Any, patient: Make) -> None:
    merged.stored(patient("p3", mrn="3"), event_at=210)
    merged.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "3"), "p3", "p2")], event_at=220)
    unclear = Merge("Patient", (MRN, "3"), "p3", "p1", "unlink")
    outcome = merged.put(
        patient("p1", mrn="1"), patient("p3", mrn="3"), merges=[unclear], event_at=300
    ).outcome
    assert [issue.rule for issue in outcome.issues] == ["merge-not-undone"]


def test_a_number_of_no_register_goes_back(two: Any, patient: Make) -> None:
    local = "urn:qiao:default:id:Patient"
    body = {"resourceType": "Patient", "id": "p9", "identifier": [{"value": "9"}]}
    nine = Draft("Patient", "p9", body, key=(local, "9"))
    two.stored(nine)
    two.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (local, "9"), "p9", "p2")])
    undo(two, "p9")
    assert two.stored(Draft("Patient", "p9", {**body, "gender": "male"}, key=(local, "9"))) == [
        "Patient/p9/_history/4"
    ]


def test_what_a_client_wrote_of_who_ended_is_found_and_goes_back(merged: Any) -> None:
    """Of governed types the version that was said is kept; of others nobody can tell."""
    said = {"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p1"}}
    (made,) = merged.transact(Change("create", "Observation", body=said)).results
    assert undo(merged).left == [f"Observation/{made.version.id}"]


def test_more_than_a_chunk_goes_back(
    two: Any, patient: Make, observation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmerge, "CHUNK", 3)
    two.stored(patient("p1", mrn="1"), *(observation(f"x{n}") for n in range(10)))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert undo(two).moved == 12
    assert len(about(two, "p1")) == 12


TOLD = st.lists(st.tuples(st.sampled_from("123"), st.integers(0, 3), st.integers(0, 1)), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TOLD, st.permutations("123"), TOLD)
def test_a_chain_of_merges_leaves_no_trace_when_it_is_undone(
    desk: Any, patient: Make, observation: Make, before: list[Any], order: list[str], since: list[Any]
) -> None:
    """Whatever is told before and between: what was there before the merges is its own patient's again."""
    first, second, last = order
    with desk.afresh() as fresh:
        fresh.stored(*(patient(f"p{n}", mrn=n) for n in "123"))

        def tell(told: list[Any], only: set[str]) -> set[str]:
            names = set()
            for n, (who, which, status) in enumerate(told):
                if (id_ := f"o{who}{which}") in only or not only:
                    made = observation(id_, subject=f"p{who}", note=[{"text": f"{n}{status}"}])
                    fresh.stored(patient(f"p{who}", mrn=who), made)
                    names.add(id_)
            return names

        known = tell(before, set())
        for old, new in ((first, second), (second, last)):
            merge = Merge("Patient", (MRN, old), f"p{old}", f"p{new}")
            fresh.stored(patient(f"p{new}", mrn=new), merges=[merge])
            if new == last or len(since) % 2:
                tell(since, known)
        assert about(fresh, f"p{last}") == sorted({*known, *tell(since, known)})
        assert not undo(fresh, f"p{second}").left or since
        undo(fresh, f"p{first}")
        for who in "123":
            assert set(about(fresh, f"p{who}")) & known == {one for one in known if one[1] == who}
            (found,) = fresh.store.search("default", "Patient", [("identifier", f"{MRN}|{who}")]).matches
            assert found.id == f"p{who}"
            assert "link" not in read(fresh, f"Patient/p{who}")
            assert fresh.stored(patient(f"p{who}", mrn=who, language="zh"))[0].startswith(f"Patient/p{who}/")
