"""Batches: one transaction, and one bad message that takes nobody with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from gateway.canonical import Draft, Issue, NotUnderstood, Quarantined, Refused, Stored, Translation
from gateway.errors import Rejected, Retry
from gateway.store import Settle, clock, direct, insert, open_store
from gateway.store.engines import postgresql, sqlite

Make = Callable[..., Draft]

only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

FULL = {"sqlite": sqlite3.OperationalError("full"), "postgresql": psycopg.errors.DiskFull("full")}
FULL["sqlite"].sqlite_errorname = "SQLITE_FULL"


def settle(desk: Any, *drafts: Draft) -> list[Any]:
    envelope = desk.envelope()
    return [desk.receive(envelope), Settle(envelope, Translation(list(drafts)), desk.ack)]


def test_one_bad_message_of_many_is_quarantined_alone(desk: Any, patient: Make) -> None:
    batch = [settle(desk, patient(f"p{n}", mrn=str(n))) for n in range(9)]
    batch[4] = settle(desk, patient("p4", mrn="4", name=[{"text": "\ud800"}]))
    written = desk.store.write([item for pair in batch for item in pair])
    outcomes = [each.outcome for each in written[1::2]]
    assert [type(outcome).__name__ for outcome in outcomes].count("Stored") == 8
    assert isinstance(outcomes[4], Quarantined)
    assert outcomes[4].reason == "store-conflict"
    assert written[9].answer == b"MSA|Quarantined"
    assert desk.store.counts("default").inbox == {"stored": 8, "quarantined": 1}


def test_what_sql_refuses_is_found_by_halving(desk: Any, patient: Make) -> None:
    """A key with a NUL or an absurd event is SQL's to refuse, after the batch was gathered."""
    batch = [settle(desk, patient(f"p{n}", mrn=str(n))) for n in range(7)]
    batch[5][1].outcome.event_at = 1 << 70
    written = desk.store.write([item for pair in batch for item in pair])
    outcomes = [each.outcome for each in written if each.outcome is not None]
    assert [isinstance(outcome, Stored) for outcome in outcomes] == [True] * 5 + [False, True]
    assert outcomes[5].reason == "store-conflict"
    assert desk.store.counts("default").resources == {"Patient": 6}
    assert desk.stored(patient("p1", mrn="1")) == [], "the memory was rebuilt"


def test_messages_of_a_batch_see_each_other(desk: Any, patient: Make, observation: Make) -> None:
    batch = [
        *settle(desk, patient("p1", mrn="1", gender="male")),
        *settle(desk, patient("p9", mrn="1", gender="male"), observation(subject="p9")),
        *settle(desk, patient("p1", mrn="1", gender="female")),
    ]
    refs = [each.outcome.refs for each in desk.store.write(batch) if each.outcome]
    assert refs == [["Patient/p1/_history/1"], ["Observation/o1/_history/1"], ["Patient/p1/_history/2"]]


def test_a_settle_that_fails_leaves_no_trace_for_the_next(desk: Any, patient: Make) -> None:
    def broken(_outcome: object) -> bytes:
        raise ValueError

    first, second = desk.envelope(), desk.envelope()
    written = desk.store.write(
        [
            desk.receive(first),
            Settle(first, Translation([patient("a", mrn="1")]), broken),
            desk.receive(second),
            Settle(second, Translation([patient("b", mrn="1")]), desk.ack),
        ]
    )
    assert isinstance(written[1].outcome, Quarantined)
    assert written[1].answer == b""
    assert written[3].outcome.refs == ["Patient/b/_history/1"], "the key was not taken by the one that failed"


def test_the_adapters_own_rejection_becomes_the_reason(desk: Any, patient: Make) -> None:
    calls = []

    def picky(outcome: object) -> bytes:
        calls.append(type(outcome).__name__)
        if isinstance(outcome, Stored):
            raise Rejected("the answer would be too long", code="too-long")
        return b"AE"

    envelope = desk.envelope()
    written = desk.store.write([desk.receive(envelope), Settle(envelope, Translation([patient()]), picky)])[1]
    assert isinstance(written.outcome, Quarantined)
    assert (written.outcome.reason, written.answer, calls) == ("too-long", b"AE", ["Stored", "Quarantined"])


def test_an_envelope_that_is_there_already_is_refused(desk: Any) -> None:
    envelope = desk.envelope()
    desk.store.write([desk.receive(envelope)])
    other = desk.envelope()
    written = desk.store.write([desk.receive(envelope), desk.receive(other)])
    assert isinstance(written[0].outcome, Refused)
    assert written[1].outcome is None
    assert desk.store.counts("default").inbox == {"received": 2}


def test_a_message_that_was_never_received_is_kept_all_the_same(desk: Any, patient: Make) -> None:
    envelope = desk.envelope(raw=b"MSH|kept")
    desk.store.write([Settle(envelope, Translation([patient()]), desk.ack)])
    assert desk.store.inbox_show(envelope.id).envelope.raw == b"MSH|kept"
    assert desk.store.counts("default").inbox == {"stored": 1}


def test_an_undecodable_control_id_is_no_obstacle(desk: Any) -> None:
    envelope = desk.envelope()
    assert desk.store.write([desk.receive(envelope, control_id="\udcff1")])[0].outcome is None
    found = desk.store.find_repeat("default", "his", 1, "\udcff1", b"digest", 0)
    assert found.inbox_id == envelope.id


@pytest.mark.parametrize("at", ["COMMIT", "INSERT INTO version", "UPDATE feed_clock"])
def test_a_database_that_cannot_commit_keeps_nothing_and_says_retry(
    desk: Any, patient: Make, observation: Make, monkeypatch: pytest.MonkeyPatch, engine: str, at: str
) -> None:
    desk.stored(patient("p0", mrn="0"))

    def full(connection: Connection, statement: str, *more: Any) -> Any:
        if statement.startswith(at):
            raise FULL[engine]
        return direct.execute(connection, statement, *more)

    batch = settle(desk, patient("p0", mrn="0", gender="male"), observation(subject="p0"))
    with monkeypatch.context() as patch:
        for module in (sqlite, postgresql, insert, clock):
            patch.setattr(module, "execute", full)
        with pytest.raises(Retry) as raised:
            desk.store.write(batch)
    assert raised.value.after > 0
    assert desk.store.counts("default").inbox == {"stored": 1}
    assert desk.store.read("default", "Observation", "o1") is None
    assert desk.store.write(batch)[1].outcome.refs == ["Patient/p0/_history/2", "Observation/o1/_history/1"]


@only_sqlite
def test_a_locked_database_says_retry(desk: Any, patient: Make) -> None:
    desk.stored(patient())
    other = sqlite3.connect(desk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    direct.execute(desk.store._session.writer, "PRAGMA busy_timeout = 1")
    with pytest.raises(Retry):
        desk.store.write([desk.receive()])
    other.execute("ROLLBACK")
    other.close()
    assert desk.store.write([desk.receive()])[0].outcome is None


@pytest.mark.parametrize(("before", "after"), [(None, "rejected"), (Quarantined("x"), "quarantined")])
def test_what_its_sender_is_rid_of_is_not_given_back(desk: Any, before: Any, after: str) -> None:
    envelope = desk.envelope()
    desk.store.write([desk.receive(envelope)])
    if before:
        desk.store.write([Settle(envelope, before, desk.ack)])
    [written] = desk.store.write([Settle(envelope, NotUnderstood("no-control-id"), desk.ack)])
    [row] = desk.store.inbox_list()
    assert (row.state, row.reason) == (after, "no-control-id")
    assert isinstance(written.outcome, Quarantined if before else NotUnderstood)
    counts = desk.store.counts("default")
    assert counts.inbox == {after: 1}
    assert counts.quarantine == ({"no-control-id": 1} if before else {})


def test_quarantined_and_refused_are_kept_with_their_issues(desk: Any) -> None:
    issue = Issue("error", "value", "PID-3", "pid-3", "no identifier", "缺少标识")
    first, second = desk.envelope(), desk.envelope()
    desk.store.write([desk.receive(first), desk.receive(second)])
    desk.store.write(
        [
            Settle(first, Quarantined("no-patient", [issue]), desk.ack),
            Settle(second, Refused([issue]), desk.ack),
        ]
    )
    assert desk.store.inbox_show(first.id).issues == (issue,)
    assert desk.store.inbox_show(first.id).row.reason == "no-patient"
    assert desk.store.inbox_show(second.id).row.state == "refused"
    assert desk.store.counts("default").inbox == {"quarantined": 1, "refused": 1}


def test_an_empty_batch_is_nothing(desk: Any) -> None:
    assert desk.store.write([]) == []


def test_two_stores_on_one_file_take_turns(desk: Any, patient: Make) -> None:
    """``qiao inbox replay`` beside a running gateway: neither trusts what it remembers."""
    desk.stored(patient("p1", mrn="1", gender="male"))
    with closing(open_store(desk.url)) as other:
        mine = desk.store
        for turn, gender in enumerate(("female", "other", "male", "unknown")):
            desk.store = other if turn % 2 == 0 else mine
            fresh = patient(f"new{turn}", mrn=f"new{turn}")
            assert desk.stored(patient("p1", mrn="1", gender=gender), fresh) == [
                f"Patient/p1/_history/{turn + 2}",
                f"Patient/new{turn}/_history/1",
            ]
        desk.store = mine
    assert mine.counts("default").inbox == {"stored": 5}
    assert mine.vread("default", "Patient", "p1", 1) is not None


@only_sqlite
def test_a_checkpoint_is_not_taken_for_another_writer(desk: Any, patient: Make) -> None:
    desk.stored(patient())
    desk.store._session.changed_by_others()
    desk.store._checkpointer._checkpoint(desk.store._session.connect())
    assert not desk.store._session.changed_by_others()
