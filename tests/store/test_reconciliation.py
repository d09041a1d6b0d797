"""What is stated is kept once and as a whole; what rules refuse is counted where it is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import Ground, Refusal, Rejected
from gateway.store import Desk, Entry, Transact
from gateway.store.reconciliation import Statement

SAID = Statement("2026-03-06", "exam", "source", "lis", 2, ("E1", "E2"))


def entered(desk: Any, number: str, kind: str = "prescription") -> Any:
    def act(inside: Desk) -> Any:
        about = inside.write({"resourceType": "RequestGroup", "id": f"g{number}", "status": "active"})
        serial = inside.mint("prescription", "990101", number).value
        return inside.append(Entry(kind, "submitted", about, (about,), serial))

    (done,) = desk.store.write([Transact("default", "x", [], act=act)])
    assert done.error is None, done.error
    return done.answer


def refusing(desk: Any, *rules: str) -> None:
    def act(inside: Desk) -> None:
        inside.write({"resourceType": "Basic", "id": "gone"})
        raise Refusal(
            [*(Ground(rule, "no") for rule in rules), Ground("only-warns", "x", severity="warning")]
        )

    (done,) = desk.store.write([Transact("default", "x", [], act=act)])
    assert isinstance(done.error, Refusal)


def test_the_last_statement_of_a_day_kind_and_name_counts(desk: Any) -> None:
    kept = desk.store.reconciliation
    assert kept.stated("default", "2026-03-06", "2026-03-06") == []
    assert kept.state("default", [SAID]) == 1
    bare = Statement("2026-03-06", "exam", "source", "lis", 3)
    other = Statement("2026-03-07", "exam", "platform", "city", 0)
    kept.state("default", [bare, other])
    assert kept.stated("default", "2026-03-06", "2026-03-07") == [bare, other]
    kept.state("default", [SAID])
    assert kept.stated("default", "2026-03-06", "2026-03-06") == [SAID]
    assert kept.stated("second", "2026-03-06", "2026-03-07") == []


def test_statements_are_kept_together_or_not_at_all(desk: Any) -> None:
    wrong = Statement("2026-03-06", "lab", "source", "lis", 5, ("L1",))
    with pytest.raises(Rejected):
        desk.store.reconciliation.state("default", [SAID, wrong])
    assert desk.store.reconciliation.stated("default", "2026-03-06", "2026-03-06") == []


def test_refusals_are_counted_by_rule_though_nothing_else_is_left(desk: Any) -> None:
    refusing(desk, "a", "b")
    refusing(desk, "a", "a")
    found = desk.store.reconciliation.refusals("default", "2000-01-01", "9999-12-31")
    assert [(one.rule, one.door, one.n) for one in found] == [("a", "api", 2), ("b", "api", 1)]
    assert desk.store.read("default", "Basic", "gone") is None


def test_documents_are_found_by_serial_and_by_local_number(desk: Any) -> None:
    first, second = entered(desk, "1"), entered(desk, "2", "finding")
    kept = desk.store.reconciliation
    assert kept.locals("default", [first.serial, "none"]) == {first.serial: "1"}
    assert kept.serials("default", "prescription", ["2", "3"]) == {"2": second.serial}
    assert kept.first_entries("default", [first.serial, "none"]) == {first.serial: (1, first.ts_us)}
    assert [one.n for one in kept.of_kinds("default", ("finding",), 2)] == [2]
    assert [one.n for one in kept.entries("default", 1, 2)] == [2]
    for ts_us, n in ((0, 0), (first.ts_us, 0), (first.ts_us + 1, 1), (second.ts_us + 1, 2)):
        assert kept.last_before("default", ts_us) == n
    assert kept.last_before("never", 1) == 0


def test_how_entries_stand_with_receivers(desk: Any) -> None:
    entry = entered(desk, "1")
    receiver = desk.store.deliveries.enrol("default", "platform")
    desk.store.deliveries.fill(receiver)
    assert desk.store.reconciliation.delivered(receiver.no, 0, 1) == {entry.n: "waiting"}
    assert desk.store.reconciliation.acknowledged_at(receiver.no, 0, 1) == {}
    assert desk.store.reconciliation.pulled("default") == {}
    assert desk.store.reconciliation.messages("default", 0, 2**62) == []
    assert desk.store.reconciliation.senders([1, 2]) == {}


def test_batches_are_told_by_what_came_with_their_messages(desk: Any) -> None:
    told = {"batch": "1", "batch-id": "B7", "batch-said": "3", "batch-in": "2"}
    plain, one, two = desk.envelope(), desk.envelope(), desk.envelope()
    desk.store.write([desk.receive(replace(one, meta=told)), desk.receive(replace(two, meta=told))])
    desk.store.write([desk.receive(plain)])
    (found,) = desk.store.reconciliation.batches(
        "default", plain.received_at - 10**9, plain.received_at + 10**9
    )
    assert (found.sender, found.id, found.said, found.held, found.stored) == ("his", "B7", 3, 2, 0)
    assert not found.agrees
    assert desk.store.reconciliation.batches("default", 0, plain.received_at - 10**9) == []
