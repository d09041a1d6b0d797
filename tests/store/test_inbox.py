"""The inbox: repeats, recovery, lists, replay, gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from gateway.canonical import Draft, Issue, Quarantined, Translation
from gateway.store import Settle, open_store

Make = Callable[..., Draft]


def test_a_repeat_is_found_with_its_answer(desk: Any, patient: Make) -> None:
    envelope = desk.envelope()
    desk.store.write([desk.receive(envelope, control_id="7", key=2**64 - 1)])
    ask = ("default", "his", 2**64 - 1, "7", b"digest")
    found = desk.store.find_repeat(*ask, 0)
    assert (found.inbox_id, found.state, found.answer) == (envelope.id, "received", None)
    desk.store.write([Settle(envelope, Translation([patient()]), desk.ack)])
    found = desk.store.find_repeat(*ask, 0)
    assert (found.state, found.answer) == ("stored", b"MSA|Stored")
    assert desk.store.find_repeat(*ask, envelope.received_at + 1) is None, "outside the window"
    assert desk.store.find_repeat("other", *ask[1:], 0) is None
    assert desk.store.find_repeat("default", "lis", *ask[2:], 0) is None
    assert desk.store.find_repeat(*ask[:3], "8", b"digest", 0) is None
    assert desk.store.find_repeat(*ask[:4], b"other", 0) is None


def test_the_newest_of_several_repeats_counts(desk: Any) -> None:
    for _ in range(3):
        last = desk.envelope()
        desk.store.write([desk.receive(last)])
    assert desk.store.find_repeat("default", "his", 1, "1", b"digest", 0).inbox_id == last.id


def test_what_was_received_and_never_settled_is_found_after_a_crash(desk: Any, patient: Make) -> None:
    envelopes = [desk.envelope(raw=f"MSH|{n}".encode()) for n in range(3)]
    desk.store.write([desk.receive(each, control_id=str(n)) for n, each in enumerate(envelopes)])
    desk.store.write([Settle(envelopes[1], Translation([patient()]), desk.ack)])
    again = open_store(desk.url)
    pending = again.unsettled(10)
    assert [each.envelope for each in pending] == [envelopes[0], envelopes[2]]
    assert [(each.attempts, each.control_id) for each in pending] == [(1, "0"), (1, "2")]
    assert [each.envelope.id for each in again.unsettled(1)] == [envelopes[0].id]
    again.bump_attempts([envelopes[0].id])
    assert [each.attempts for each in again.unsettled(10)] == [2, 1]
    again.close()


def test_the_list_is_filtered_and_paged_newest_first(desk: Any, patient: Make) -> None:
    ids = []
    for n in range(6):
        envelope = desk.envelope(sender="lis" if n % 2 else "his")
        outcome = Quarantined("unknown-type") if n < 3 else Translation([patient()])
        desk.store.write([desk.receive(envelope), Settle(envelope, outcome, desk.ack)])
        ids.append(envelope.id)
    assert [row.id for row in desk.store.inbox_list()] == ids[::-1]
    assert [row.id for row in desk.store.inbox_list(state="quarantined")] == ids[2::-1]
    assert [row.id for row in desk.store.inbox_list(state="stored", sender="lis")] == [ids[5], ids[3]]
    assert [row.id for row in desk.store.inbox_list(limit=2)] == [ids[5], ids[4]]
    assert [row.id for row in desk.store.inbox_list(limit=2, before=ids[4])] == [ids[3], ids[2]]
    assert desk.store.inbox_list(tenant="other") == []


def test_everything_of_a_message_can_be_shown(desk: Any, patient: Make) -> None:
    issue = Issue("warning", "value", "PID-7", "pid-7", "no such day", "日期不存在")
    envelope = desk.envelope(raw=b"\xff\x00MSH")
    translation = Translation(
        [patient()],
        lineage=b"\x01\x02",
        map_version="abc",
        unmapped=Counter({"PID-27": 2}),
        gaps=Counter({("0001", "X"): 1}),
        issues=[issue],
    )
    desk.store.write([desk.receive(envelope), Settle(envelope, translation, desk.ack)])
    shown = desk.store.inbox_show(envelope.id)
    assert shown.envelope == envelope
    assert shown.refs == ("Patient/p1/_history/1",)
    assert shown.issues == (issue,)
    assert (shown.lineage, shown.row.map_version, shown.answer) == (b"\x01\x02", "abc", b"MSA|Stored")
    assert shown.unmapped == {"PID-27": 2}
    assert shown.gaps == (("0001", "X", 1),)
    assert desk.store.inbox_show("none") is None


def test_a_replay_settles_anew(desk: Any, patient: Make) -> None:
    envelope = desk.envelope()
    gaps = Counter({("0001", "X"): 1})
    desk.store.write([desk.receive(envelope), Settle(envelope, Quarantined("no-map"), desk.ack)])
    replay = Settle(envelope, Translation([patient()], gaps=gaps), desk.ack)
    assert desk.store.write([replay])[0].outcome.refs == ["Patient/p1/_history/1"]
    assert desk.store.inbox_show(envelope.id).row.state == "stored"
    assert desk.store.counts("default").inbox == {"stored": 1}
    assert desk.store.counts("default").quarantine == {}
    assert desk.store.write([replay])[0].outcome.refs == [], "the same content writes no version"
    desk.store.write([Settle(envelope, Quarantined("no-map"), desk.ack)])
    assert desk.store.counts("default").inbox == {"quarantined": 1}
    assert desk.store.read("default", "Patient", "p1") is not None, "nothing is taken back"


def test_gaps_are_counted_per_sender_and_table_once_per_message(desk: Any, patient: Make) -> None:
    for sender, code in (("his", "X"), ("his", "X"), ("lis", "X"), ("his", "Y")):
        envelope = desk.envelope(sender=sender)
        settle = Settle(envelope, Translation([patient()], gaps=Counter({("0001", code): 2})), desk.ack)
        desk.store.write([desk.receive(envelope), settle])
        desk.store.write([settle])
    found = [(gap.sender, gap.table, gap.code, gap.count) for gap in desk.store.gaps("default")]
    assert found == [("his", "0001", "X", 4), ("his", "0001", "Y", 2), ("lis", "0001", "X", 2)]
    assert desk.store.gaps("other") == []
