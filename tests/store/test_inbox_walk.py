"""Walking the inbox in its order, rehearsing a batch, and what a replay of many may still say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Merge, Quarantined, Stored, Translation
from gateway.store import Settle, Walk, Written

Make = Callable[..., Draft]


def put(desk: Any, *drafts: Draft, sender: str = "his", event_at: int | None = None) -> Envelope:
    envelope: Envelope = desk.envelope(sender=sender)
    settle = Settle(envelope, Translation(list(drafts), event_at=event_at), desk.ack)
    desk.store.write([desk.receive(envelope), settle])
    return envelope


def again(desk: Any, envelope: Envelope, *drafts: Draft, event_at: int | None = None) -> Written:
    settle = Settle(envelope, Translation(list(drafts), event_at=event_at), desk.ack, keeps=True)
    [written] = desk.store.write([settle])
    assert isinstance(written, Written)
    return written


def refs(written: Written) -> list[str]:
    assert isinstance(written.outcome, Stored), written.outcome
    return written.outcome.refs


def body(desk: Any) -> str:
    return str(desk.store.read("default", "Patient", "p1").body)


def test_pages_come_in_order_and_go_on_where_the_last_ended(desk: Any, patient: Make) -> None:
    came = [put(desk, patient(f"p{n}", mrn=str(n)), sender="his" if n % 2 else "lis") for n in range(5)]
    ids = [one.id for one in came]
    walk = Walk()
    assert desk.store.inbox_extent(walk) == (5, ids[-1])
    seen: list[str] = []
    while page := desk.store.inbox_walk(replace(walk, after=seen[-1] if seen else ""), 2):
        seen += [one.envelope.id for one in page]
    assert seen == ids
    assert [one.envelope.id for one in desk.store.inbox_walk(Walk(first=ids[1], until=ids[2]), 9)] == ids[1:3]
    assert [one.envelope.id for one in desk.store.inbox_walk(Walk(sender="his"), 9)] == [ids[1], ids[3]]
    late = desk.store.inbox_walk(Walk(since_us=came[3].received_at), 9)
    assert [one.envelope.id for one in late] == [
        one.id for one in came if one.received_at >= came[3].received_at
    ]
    assert desk.store.inbox_extent(Walk(since_us=came[-1].received_at + 10_000_000)) == (0, "")


def test_a_rehearsal_tells_the_end_and_keeps_nothing(desk: Any, patient: Make) -> None:
    envelope = put(desk, patient())
    settle = Settle(envelope, Translation([patient(gender="male")]), desk.ack, keeps=True)
    assert refs(desk.store.rehearse([settle])[0]) == ["Patient/p1/_history/2"]
    assert "male" not in body(desk)
    assert refs(desk.store.write([settle])[0]) == ["Patient/p1/_history/2"]


def test_an_older_message_replayed_does_not_bring_back_what_a_newer_one_took_away(
    desk: Any, patient: Make
) -> None:
    first = put(desk, patient(gender="male"), event_at=10)
    cleared = patient()
    cleared.cleared = ("gender",)
    put(desk, cleared, event_at=20)
    assert refs(again(desk, first, patient(gender="male"), event_at=10)) == []
    assert "male" not in body(desk)


def test_an_older_message_adds_what_the_state_never_had(desk: Any, patient: Make) -> None:
    first = put(desk, patient(gender="male"), event_at=10)
    put(desk, patient(gender="female"), event_at=20)
    now = patient(gender="male", birthDate="1990-01-01")
    assert refs(again(desk, first, now, event_at=10)) == ["Patient/p1/_history/3"]
    assert "female" in body(desk)
    assert "1990-01-01" in body(desk)


def test_the_newest_message_may_change_a_state_that_an_older_one_has_added_to(
    desk: Any, patient: Make
) -> None:
    """A hospital goes live, is backfilled, and then corrects a map."""
    live = put(desk, patient(gender="male"), event_at=20)
    put(desk, patient(birthDate="1990-01-01"), event_at=10)
    assert refs(again(desk, live, patient(gender="female"), event_at=20)) == ["Patient/p1/_history/3"]
    assert "female" in body(desk)
    assert "1990-01-01" in body(desk)


def test_a_replay_does_not_bring_back_what_was_deleted_before_it_was_there(desk: Any, patient: Make) -> None:
    first = put(desk, patient(), event_at=10)
    cleared = patient()
    cleared.cleared = ("gender",)
    put(desk, cleared, event_at=20)
    assert refs(again(desk, first, patient(gender="male"), event_at=10)) == []
    assert "male" not in body(desk)


@pytest.mark.parametrize("event_at", [10, None])
def test_of_two_at_the_same_time_the_later_one_stays(desk: Any, patient: Make, event_at: int | None) -> None:
    first = put(desk, patient(gender="male"), event_at=event_at)
    put(desk, patient(gender="female"), event_at=event_at)
    assert refs(again(desk, first, patient(gender="male"), event_at=event_at)) == []
    assert "female" in body(desk)


def test_the_message_that_made_the_state_may_change_it(desk: Any, patient: Make) -> None:
    only = put(desk, patient(gender="male"), event_at=10)
    assert refs(again(desk, only, patient(gender="other"), event_at=10)) == ["Patient/p1/_history/2"]


def test_a_stored_message_is_not_quarantined_by_a_replay(desk: Any, patient: Make) -> None:
    envelope = put(desk, patient())
    settle = Settle(envelope, Quarantined("no-patient"), desk.ack, keeps=True)
    assert isinstance(desk.store.write([settle])[0].outcome, Quarantined)
    assert desk.store.inbox_show(envelope.id).row.state == "stored"
    assert desk.store.counts("default").quarantine == {}


def test_a_replay_that_changes_nothing_forgets_nothing(desk: Any, patient: Make) -> None:
    envelope = put(desk, patient())
    again(desk, envelope, patient())
    assert desk.store.inbox_show(envelope.id).refs == ("Patient/p1/_history/1",)


def test_gaps_can_be_asked_by_sender_and_table(desk: Any, patient: Make) -> None:
    for sender, table in (("his", "gender"), ("his", "unit"), ("lis", "gender")):
        envelope = desk.envelope(sender=sender)
        translation = Translation([patient()])
        translation.gaps[table, "X"] += 2 if sender == "lis" else 1
        desk.store.write([desk.receive(envelope), Settle(envelope, translation, desk.ack)])
    assert next((one.sender, one.table, one.count) for one in desk.store.gaps()) == ("lis", "gender", 2)
    assert [one.table for one in desk.store.gaps(sender="his")] == ["gender", "unit"]
    assert [one.sender for one in desk.store.gaps(table="unit")] == ["his"]


@pytest.mark.parametrize("type_", ["Encounter", "Account"])
def test_a_replay_about_one_that_was_merged_twice_is_overtaken_by_what_goes_on(desk: Any, type_: str) -> None:
    def said(id_: str, **elements: str) -> Draft:
        body = {"resourceType": type_, "id": id_, "status": "active", **elements}
        return Draft(type_, id_, body, key=(f"urn:{type_}", id_))

    def charge(status: str) -> Draft:
        refers = {"reference": f"{type_}/a1"}
        element = {"context": refers} if type_ == "Encounter" else {"account": [refers]}
        body = {"resourceType": "ChargeItem", "id": "c1", "status": status, **element}
        return Draft("ChargeItem", "c1", body, key=("urn:ChargeItem", "c1"))

    first = put(desk, said("a1", language="de"), charge("billable"))
    desk.stored(said("a2"), said("a3", language="zh"))
    for old, new in (("a1", "a2"), ("a2", "a3")):
        desk.stored(said(new), merges=[Merge(type_, (f"urn:{type_}", old), old, new)])
    assert again(desk, first, said("a1", language="de"), charge("billed")).outcome.refs == [
        "ChargeItem/c1/_history/4"
    ]
    goes_on = str(desk.store.read("default", type_, "a3").body)
    assert '"language":"zh"' in goes_on
    moved = str(desk.store.read("default", "ChargeItem", "c1").body)
    assert f"{type_}/a3" in moved
    assert f"{type_}/a1" not in moved


def test_a_piece_of_a_report_that_comes_late_or_again_adds_its_results(desk: Any) -> None:
    def report(*results: str) -> Draft:
        entries = [{"reference": f"Observation/{one}"} for one in results]
        body = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "result": entries}
        return Draft("DiagnosticReport", "r1", body, key=("urn:r", "r1"))

    put(desk, report("urea"), event_at=20)
    late = put(desk, report("glucose"), event_at=10)
    stored = str(desk.store.read("default", "DiagnosticReport", "r1").body)
    assert stored.index("Observation/urea") < stored.index("Observation/glucose")
    assert refs(again(desk, late, report("glucose"), event_at=10)) == []
    assert refs(again(desk, late, report("glucose", "potassium"), event_at=10)) == [
        "DiagnosticReport/r1/_history/3"
    ]
