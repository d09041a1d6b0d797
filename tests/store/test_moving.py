"""What refers to somebody who was merged refers to who goes on, in the transaction of the merge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical import Draft, Merge, Quarantined, Stored, Translation
from gateway.errors import Rejected
from gateway.store import Settle, Version, moving

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"
A_TO_B = Merge("Patient", (MRN, "1"), "p1", "p2")
B_TO_C = Merge("Patient", (MRN, "2"), "p2", "p3")


def draft(type_: str, id_: str, **elements: Any) -> Draft:
    return Draft(type_, id_, {"resourceType": type_, "id": id_, **elements}, key=(f"urn:{type_}", id_))


def ref(name: str) -> dict[str, str]:
    return {"reference": name}


def body(desk: Any, name: str) -> dict[str, Any]:
    found = desk.store.read("default", *name.split("/"))
    assert isinstance(found, Version)
    result: dict[str, Any] = json.loads(found.body)
    return result


def found(desk: Any, type_: str, patient: str) -> list[str]:
    page = desk.store.search("default", type_, [("patient", patient), ("_total", "accurate")])
    assert page.total == len(page.matches)
    return sorted(match.id for match in page.matches)


def observed(desk: Any, *drafts: Draft, **more: Any) -> list[str]:
    """Store a message; return its new versions of observations."""
    return [name for name in desk.stored(*drafts, **more) if name.startswith("Observation/")]


@pytest.fixture
def two(desk: Any, patient: Make) -> Any:
    desk.stored(patient("p1", mrn="1"))
    desk.stored(patient("p2", mrn="2"))
    return desk


def test_what_refers_to_who_ended_gets_a_version(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"), observation("o2"), event_at=50)
    two.stored(patient("p2", mrn="2"), observation("o3", subject="p2"), event_at=50)
    before = two.store.counts("default").resources
    assert two.stored(patient("p2", mrn="2"), merges=[A_TO_B], event_at=60) == [
        "Patient/p1/_history/2",
        "Patient/p2/_history/2",
        "Observation/o1/_history/2",
        "Observation/o2/_history/2",
    ]
    assert found(two, "Observation", "p2") == ["o1", "o2", "o3"]
    assert found(two, "Observation", "p1") == []
    old = json.loads(two.store.vread("default", "Observation", "o1", 1).body)
    new = body(two, "Observation/o1")
    assert old["subject"] == ref("Patient/p1"), "history is kept"
    assert new.pop("meta")["versionId"] == "2"
    old.pop("meta")
    assert new == {**old, "subject": ref("Patient/p2")}, "nothing else has changed"
    assert two.store.counts("default").resources == before


def test_the_inbox_names_what_the_merge_has_moved(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    written = two.put(patient("p2", mrn="2"), merges=[A_TO_B])
    assert list(two.store.inbox_show(written.envelope_id).refs) == written.outcome.refs
    assert written.outcome.refs[-1] == "Observation/o1/_history/2"


@pytest.mark.parametrize("restart", [False, True])
def test_the_same_merge_again_writes_nothing(
    two: Any, patient: Make, observation: Make, restart: bool
) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    if restart:
        two.reopen()
    assert two.stored(patient("p2", mrn="2"), merges=[A_TO_B]) == []


def test_messages_with_the_old_number_land_on_who_goes_on(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert observed(two, patient("p1", mrn="1"), observation("o1", status="amended"), observation("o2")) == [
        "Observation/o1/_history/3",
        "Observation/o2/_history/1",
    ]
    assert found(two, "Observation", "p2") == ["o1", "o2"]
    assert two.stored(patient("p1", mrn="1"), observation("o1", status="amended")) == []


def test_a_recycled_number_is_still_told(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    outcome = two.put(patient("p3", mrn="3"), observation("o1", subject="p3")).outcome
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "key-of-another-patient"


@pytest.mark.parametrize("order", [[A_TO_B, B_TO_C], [B_TO_C, A_TO_B]])
@pytest.mark.parametrize("together", [True, False])
def test_a_chain_moves_to_its_end(
    two: Any, patient: Make, observation: Make, order: list[Merge], together: bool
) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    two.stored(patient("p2", mrn="2"), observation("o2", subject="p2"))
    three = patient("p3", mrn="3")
    two.stored(three)
    for merges in [order] if together else [[each] for each in order]:
        two.stored(patient("p2", mrn="2"), three, merges=merges)
    assert found(two, "Observation", "p3") == ["o1", "o2"]
    assert found(two, "Observation", "p1") + found(two, "Observation", "p2") == []


def test_what_the_message_writes_itself_is_one_version(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"), observation("o2"))
    told = observation("o1", status="amended")
    told.body.pop("subject")
    told.subject = ""
    refs = two.stored(patient("p2", mrn="2"), told, merges=[A_TO_B])
    assert sorted(refs)[:2] == ["Observation/o1/_history/2", "Observation/o2/_history/2"]
    assert body(two, "Observation/o1")["subject"] == ref("Patient/p2")
    assert body(two, "Observation/o1")["status"] == "amended"


def test_what_earlier_messages_of_the_batch_wrote_moves_too(
    two: Any, patient: Make, observation: Make
) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    messages = [
        Translation([patient("p1", mrn="1"), observation("o1", status="amended"), observation("o2")]),
        Translation([patient("p2", mrn="2")], [A_TO_B]),
        Translation([patient("p1", mrn="1"), observation("o2", status="amended")]),
    ]
    batch: list[Any] = []
    for each in messages:
        envelope = two.envelope()
        batch += [two.receive(envelope), Settle(envelope, each, two.ack)]
    outcomes = [written.outcome for written in two.store.write(batch)[1::2]]
    assert [refs.refs[-2:] for refs in outcomes] == [
        ["Observation/o1/_history/2", "Observation/o2/_history/1"],
        ["Observation/o1/_history/3", "Observation/o2/_history/2"],
        ["Patient/p2/_history/3", "Observation/o2/_history/3"],
    ]
    assert found(two, "Observation", "p2") == ["o1", "o2"]
    assert two.store.counts("default").resources == {"Patient": 2, "Observation": 2}


UNSEARCHED = [
    ("Account", {"subject": [ref("Patient/p1")], "guarantor": [{"party": ref("Patient/p1")}]}),
    ("Procedure", {"subject": ref("Patient/p1")}),
    ("Immunization", {"patient": ref("Patient/p1")}),
    ("RelatedPerson", {"patient": ref("Patient/p1")}),
    ("Appointment", {"participant": [{"status": "accepted", "actor": ref("Patient/p1")}]}),
    ("Coverage", {"beneficiary": ref("Patient/p1"), "subscriber": ref("Patient/p1")}),
]


@pytest.mark.parametrize(("type_", "elements"), UNSEARCHED, ids=[case[0] for case in UNSEARCHED])
def test_types_that_no_search_asks_for_move_too(
    two: Any, patient: Make, type_: str, elements: dict[str, Any]
) -> None:
    two.stored(patient("p1", mrn="1"), draft(type_, "x1", **elements))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    moved = body(two, f"{type_}/x1")
    assert "Patient/p1" not in json.dumps(moved)
    assert {name: moved[name] for name in elements} == json.loads(json.dumps(elements).replace("/p1", "/p2"))


def test_a_provenance_goes_on_telling_what_was_written(two: Any, patient: Make) -> None:
    two.stored(patient("p1", mrn="1"), draft("Provenance", "v1", target=[ref("Patient/p1")]))
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert body(two, "Provenance/v1")["target"] == [ref("Patient/p1")]


@pytest.mark.parametrize(
    ("type_", "element", "other"),
    [
        ("Account", {"account": [ref("Account/a1"), ref("Account/a2")]}, "Encounter"),
        ("Account", {"account": [ref("Account/a1")]}, "ChargeItem"),
        ("Encounter", {"encounter": ref("Encounter/a1")}, "Condition"),
        ("Encounter", {"encounter": ref("Encounter/a1")}, "Procedure"),
        ("Encounter", {"encounter": ref("Encounter/a1")}, "AllergyIntolerance"),
        ("Encounter", {"context": ref("Encounter/a1")}, "MedicationDispense"),
        ("Encounter", {"context": {"encounter": [ref("Encounter/a1")]}}, "DocumentReference"),
        ("Encounter", {"partOf": ref("Encounter/a1")}, "Encounter"),
    ],
)
def test_what_refers_to_a_merged_visit_or_account_moves(
    desk: Any, type_: str, element: dict[str, Any], other: str
) -> None:
    ends, goes_on = draft(type_, "a1", status="active"), draft(type_, "a2", status="active")
    desk.stored(ends, goes_on, draft(other, "x1", **element))
    merge = Merge(type_, (f"urn:{type_}", "a1"), "a1", "a2")
    assert desk.stored(goes_on, merges=[merge])[-1] == f"{other}/x1/_history/2"
    moved = json.dumps(body(desk, f"{other}/x1"))
    assert moved.count(f"{type_}/a2") == 1, "named once"
    assert f"{type_}/a1" not in moved
    assert desk.stored(goes_on, merges=[merge]) == [], "replayed"


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("type_", ["Account", "Encounter"])
@pytest.mark.parametrize("status", ["active", "ended"])
def test_a_chain_of_visits_or_accounts_moves_to_its_end(
    desk: Any, type_: str, status: str, restart: bool
) -> None:
    if status == "ended":  # it says so before anything is merged
        status = {"Account": "inactive", "Encounter": "entered-in-error"}[type_]
    one, two, three = (draft(type_, f"a{n}", status=status) for n in "123")
    names = {"Account": {"account": [ref("Account/a1")]}, "Encounter": {"context": ref("Encounter/a1")}}
    desk.stored(one, two, three, draft("ChargeItem", "x1", **names[type_]))
    merges = [Merge(type_, (f"urn:{type_}", f"a{n}"), f"a{n}", f"a{n + 1}") for n in (1, 2)]
    desk.stored(two, merges=merges[:1])
    assert desk.stored(three, merges=merges[1:])[-1] == "ChargeItem/x1/_history/3"
    assert f"{type_}/a3" in json.dumps(body(desk, "ChargeItem/x1"))
    if restart:
        desk.reopen()
    for n in "12":
        name = f"{type_}/a3/_history/{int(n) + 1}"
        assert desk.stored(draft(type_, f"a{n}", status=status, language=n)) == [name]
    assert desk.stored(two, merges=merges[:1]) == [], "replayed"


def test_a_merge_with_oneself_does_nothing(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    self_merge = Merge("Patient", (MRN, "1"), "p1", "p1")
    assert two.stored(patient("p1", mrn="1"), merges=[self_merge]) == []


def test_a_link_moves_nothing(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    link = Merge("Patient", (MRN, "1"), "p1", "p2", "link")
    two.stored(patient("p1", mrn="1"), patient("p2", mrn="2"), merges=[link])
    assert found(two, "Observation", "p1") == ["o1"]


def test_other_tenants_are_left_alone(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"), tenant="other")
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert two.store.read("other", "Observation", "o1").ver == 1


def test_an_event_goes_by_when_it_happened_not_by_the_merge(
    two: Any, patient: Make, observation: Make
) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"), event_at=100)
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B], event_at=300)
    late = patient("p1", mrn="1"), observation("o1", status="amended")
    assert observed(two, *late, event_at=200) == ["Observation/o1/_history/3"]
    assert observed(two, patient("p1", mrn="1"), observation("o1"), event_at=150) == []


def test_a_replay_is_not_overtaken_by_a_merge(two: Any, patient: Make, observation: Make) -> None:
    """What the maps read better today still reaches a resource that was only moved since."""
    envelope = two.envelope()
    told = Translation([patient("p1", mrn="1"), observation("o1")])
    two.store.write([two.receive(envelope), Settle(envelope, told, two.ack)])
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    better = Translation([patient("p1", mrn="1"), observation("o1", status="amended")])
    outcome = two.store.write([Settle(envelope, better, two.ack, keeps=True)])[0].outcome
    assert outcome.refs == ["Observation/o1/_history/3"]


def test_more_than_a_chunk_moves_whole(
    two: Any, patient: Make, observation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "CHUNK", 3)
    ids = [f"o{n:02}" for n in range(20)]
    two.stored(patient("p1", mrn="1"), *(observation(id_) for id_ in ids), draft("Procedure", "x"))
    assert len(two.stored(patient("p2", mrn="2"), merges=[A_TO_B])) == 22
    assert found(two, "Observation", "p2") == ids
    assert observed(two, patient("p1", mrn="1"), *(observation(id_) for id_ in ids)) == []


def test_a_search_that_began_before_the_merge_ends_as_it_began(
    two: Any, patient: Make, observation: Make
) -> None:
    two.stored(patient("p1", mrn="1"), *(observation(f"o{n}") for n in range(5)))
    asked = [("patient", "p1"), ("_count", "2")]
    page = two.store.search("default", "Observation", asked)
    seen = [match.id for match in page.matches]
    two.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    while page.cursor:
        page = two.store.search("default", "Observation", [*asked, ("_cursor", page.cursor)])
        seen += [match.id for match in page.matches]
    assert sorted(seen) == [f"o{n}" for n in range(5)]


def rows(desk: Any) -> dict[str, int]:
    tables = ("version", "superseded", "current", "sx", "sx_range", "ident")
    return {name: desk.execute(f"SELECT COUNT(*) FROM {name}")[0][0] for name in tables}


def test_a_merge_whose_answer_is_refused_moves_nothing(two: Any, patient: Make, observation: Make) -> None:
    def refused(outcome: object) -> bytes:
        if isinstance(outcome, Stored):
            raise Rejected("too long", code="too-long")
        return b"AE"

    two.stored(patient("p1", mrn="1"), observation("o1"))
    before = rows(two)
    batch: list[Any] = []
    for envelope, told, answer in (
        (two.envelope(), Translation([patient("p2", mrn="2")], [A_TO_B]), refused),
        (two.envelope(), Translation([patient("p1", mrn="1"), observation("o1")]), two.ack),
    ):
        batch += [two.receive(envelope), Settle(envelope, told, answer)]
    outcomes = [written.outcome for written in two.store.write(batch)[1::2]]
    assert isinstance(outcomes[0], Quarantined)
    assert outcomes[1].refs == [], "the next message sees nothing of it"
    assert rows(two) == before
    assert found(two, "Observation", "p1") == ["o1"]
    assert two.stored(patient("p2", mrn="2"), merges=[A_TO_B])[-1] == "Observation/o1/_history/2"


def test_a_merge_that_fails_half_way_moves_nothing(
    two: Any, patient: Make, observation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "CHUNK", 2)
    two.stored(patient("p1", mrn="1"), *(observation(f"o{n}") for n in range(5)))
    before = rows(two)
    real = moving.moves

    def broken(*args: Any) -> Iterator[Any]:
        yield next(real(*args))
        raise ValueError

    with monkeypatch.context() as patch:
        patch.setattr(moving, "moves", broken)
        outcome = two.put(patient("p2", mrn="2"), merges=[A_TO_B]).outcome
    assert isinstance(outcome, Quarantined)
    assert rows(two) == before
    assert found(two, "Observation", "p1") == [f"o{n}" for n in range(5)]
    assert len(two.stored(patient("p2", mrn="2"), merges=[A_TO_B])) == 7


def test_a_batch_that_is_halved_moves_once(two: Any, patient: Make, observation: Make) -> None:
    two.stored(patient("p1", mrn="1"), observation("o1"))
    batch: list[Any] = []
    for told in (
        Translation([patient("p2", mrn="2")], [A_TO_B]),
        Translation([patient("p4", mrn="4")], event_at=1 << 70),
    ):
        envelope = two.envelope()
        batch += [two.receive(envelope), Settle(envelope, told, two.ack)]
    outcomes = [each.outcome for each in two.store.write(batch) if each.outcome is not None]
    assert isinstance(outcomes[0], Stored)
    assert isinstance(outcomes[1], Quarantined)
    assert body(two, "Observation/o1")["meta"]["versionId"] == "2"


PEOPLE = ("1", "2", "3", "4")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.sampled_from(PEOPLE), st.integers(0, 3)),
        st.tuples(st.just("merge"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    ),
    max_size=12,
)


def message(step: tuple[str, Any, Any], n: int, patient: Make, observation: Make) -> Translation:
    what, who, other = step
    if what == "merge":
        drafts = [patient(f"p{other}", mrn=other)]
        return Translation(drafts, [Merge("Patient", (MRN, who), f"p{who}", f"p{other}")])
    told = observation(f"o{who}{other}", subject=f"p{who}", note=[{"text": str(n)}])
    return Translation([patient(f"p{who}", mrn=who), told])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.booleans())
def test_no_order_of_merges_and_updates_leaves_anybody_behind(
    desk: Any, patient: Make, observation: Make, steps: list[tuple[str, Any, Any]], at_once: bool
) -> None:
    with desk.afresh() as fresh:
        batches = [[]] if at_once else []
        for n, step in enumerate(steps):
            envelope = fresh.envelope()
            items = [
                fresh.receive(envelope),
                Settle(envelope, message(step, n, patient, observation), fresh.ack),
            ]
            batches = [[*batches[0], *items]] if at_once else [*batches, items]
        outcomes = [each.outcome for batch in batches for each in fresh.store.write(batch)[1::2]]
        assert all(isinstance(outcome, Stored) for outcome in outcomes)
        written = [name for outcome in outcomes for name in outcome.refs]
        resources = {name.partition("/_history")[0] for name in written}
        count = rows(fresh)
        assert len(written) == len(set(written)) == count["version"]
        assert len(resources) == count["current"] == count["version"] - count["superseded"]
        assert len(resources) == sum(fresh.store.counts("default").resources.values())
        check(fresh, {f"o{who}{other}" for what, who, other in steps if what == "tell"})
        again = message(("merge", "1", "2"), 0, patient, observation)
        fresh.stored(*again.drafts, merges=again.merges)
        assert fresh.stored(*again.drafts, merges=again.merges) == [], "replayed"


def check(desk: Any, told: set[str]) -> None:
    """Every current resource is found through a living patient, and through nobody else."""
    current = {
        match.id: json.loads(match.body) for match in desk.store.search("default", "Patient", []).matches
    }
    seen: list[str] = []
    for id_, patient in current.items():
        kinds = {link["type"] for link in patient.get("link", ())}
        names = found(desk, "Observation", id_)
        assert not names or "replaced-by" not in kinds
        for name in names:
            assert body(desk, f"Observation/{name}")["subject"] == ref(f"Patient/{id_}")
        seen += names
    assert sorted(seen) == sorted(told)
