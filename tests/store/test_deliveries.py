"""Deliveries and alerts: what is owed, what may go, what is held, and what is told once."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store import Desk, Entered, Entry, Transact, open_store
from gateway.store.deliveries import EXCEPTIONS, STATES, Settled
from gateway.store.direct import execute


def enter(
    desk: Any,
    id_: str,
    kind: str = "prescription",
    event: str = "submitted",
    serial: str = "",
    back: int = 0,
    type_: str = "Basic",
) -> Entered:
    def act(inside: Desk) -> Entered:
        body = {"resourceType": type_, "id": id_, "code": {"text": str(inside.ts_us)}}
        return inside.append(Entry(kind, event, inside.write(body), (), serial, back))

    (done,) = desk.store.write([Transact("default", "t", [], act=act)])
    assert done.error is None
    found: Entered = done.answer
    return found


def due(desk: Any, receiver: Any, now: int = 1, most: int = 100) -> list[int]:
    return [one.entry.n for one in desk.store.deliveries.due("default", receiver, receiver.upto, now, most)]


def states(desk: Any, receiver: Any) -> list[str]:
    return [one.state for one in desk.store.deliveries.find("default", receiver, STATES)]


@pytest.fixture
def owed(desk: Any) -> Any:
    """A receiver that is owed three entries of document a and one of b."""
    for id_ in ("a", "a", "b", "a"):
        enter(desk, id_, serial=f"S{id_}")
    receiver = desk.store.deliveries.enrol("default", "province")
    assert desk.store.deliveries.fill(receiver) == 4
    return receiver


def test_a_tenant_that_never_wrote_has_no_receiver(desk: Any) -> None:
    assert desk.store.deliveries.enrol("nobody", "province") is None
    assert desk.store.deliveries.receiver("default", "province") is None


def test_the_position_is_kept_and_moves_once(desk: Any, owed: Any) -> None:
    other = desk.store.deliveries.enrol("default", "province")
    assert (other.no, other.upto) == (owed.no, 4)
    owed.upto = 0  # somebody who does not know that it was moved
    assert desk.store.deliveries.fill(owed) == 0 and owed.upto == 4
    assert desk.store.deliveries.counts(owed)["waiting"] == 4


def test_only_the_first_open_entry_of_a_document_is_due(desk: Any, owed: Any) -> None:
    tables = desk.store.deliveries
    assert due(desk, owed) == [1, 3]
    tables.settle(owed, [Settled(1, "sent", next_us=50), Settled(3, "acknowledged", "r3")], 10)
    assert due(desk, owed, 49) == [] and due(desk, owed, 50) == [1]
    tables.settle(owed, [Settled(1, "acknowledged")], 60)
    assert due(desk, owed) == [2]


def test_what_follows_a_refused_one_is_held_and_let_go(desk: Any, owed: Any) -> None:
    tables = desk.store.deliveries
    tables.settle(owed, [Settled(1, "refused", reason="no"), Settled(3, "acknowledged")], 10)
    assert states(desk, owed) == ["refused", "held", "acknowledged", "held"]
    enter(desk, "a", serial="Sa")
    tables.fill(owed)
    assert states(desk, owed)[-1] == "held", "what comes later too"
    assert tables.exceptions(owed) == 4 and due(desk, owed) == []
    assert tables.retry(owed, None, 20) == 1 and due(desk, owed) == [1]
    tables.settle(owed, [Settled(1, "acknowledged")], 30)
    assert states(desk, owed) == ["acknowledged", "waiting", "acknowledged", "waiting", "waiting"]
    assert due(desk, owed) == [2]


def test_documents_of_one_id_stand_each_in_a_lane_of_their_own(desk: Any) -> None:
    enter(desk, "1001", "visit")
    enter(desk, "1001", "record", type_="Observation")
    tables = desk.store.deliveries
    receiver = tables.enrol("default", "province")
    tables.fill(receiver)
    assert due(desk, receiver) == [1, 2]
    tables.settle(receiver, [Settled(1, "refused")], 10)
    assert states(desk, receiver) == ["refused", "waiting"]


def test_a_document_stays_in_its_lane_when_it_gets_a_serial(desk: Any) -> None:
    """One receiver refuses what has no serial yet; the other takes it."""
    tables = desk.store.deliveries
    enter(desk, "g")
    enter(desk, "g", event="numbered", serial="P1", back=1)
    enter(desk, "g", event="effective", serial="P1", back=2)
    enter(desk, "d", "dispense", "effective", "P1", back=3, type_="Observation")
    strict, mild = tables.enrol("default", "strict"), tables.enrol("default", "mild")
    tables.fill(strict)
    tables.fill(mild)
    assert due(desk, strict) == due(desk, mild) == [1]
    tables.settle(strict, [Settled(1, "refused")], 10)
    tables.settle(mild, [Settled(1, "acknowledged")], 10)
    assert states(desk, strict) == ["refused", "held", "held", "held"]
    assert due(desk, strict) == [] and due(desk, mild) == [2]
    tables.drop(strict, [1], "on paper", 20)
    assert due(desk, strict) == [2]


@pytest.mark.parametrize("filled", [1, 2, 1000])
def test_a_lane_is_found_through_what_a_receiver_is_not_owed(
    desk: Any, monkeypatch: pytest.MonkeyPatch, filled: int
) -> None:
    monkeypatch.setattr("gateway.store.deliveries.owed.FILLED", filled)
    tables = desk.store.deliveries
    enter(desk, "g")
    enter(desk, "g", event="numbered", back=1)
    late = tables.enrol("default", "late", from_now=True)
    enter(desk, "g", event="effective", back=2)
    enter(desk, "g", event="corrected", back=3)
    enter(desk, "g", event="redeemed", back=4)
    some = tables.enrol("default", "some")
    while tables.fill(late) + tables.fill(some, events=("numbered", "redeemed")):
        pass
    assert [one.entry.n for one in tables.find("default", late, ["waiting"])] == [3, 4, 5]
    assert [one.entry.n for one in tables.find("default", some, ["waiting"])] == [2, 5]
    assert due(desk, late) == [3] and due(desk, some) == [2]


def test_what_goes_back_to_an_entry_that_was_cut_out_is_owed_all_the_same(desk: Any) -> None:
    enter(desk, "g")
    enter(desk, "g", event="effective", back=1)
    with desk.store._session.transaction() as connection:
        execute(connection, "DELETE FROM ledger WHERE n = 1")
    tables = desk.store.deliveries
    receiver = tables.enrol("default", "province")
    tables.fill(receiver)
    assert due(desk, receiver) == [2]


def test_dropping_lets_the_followers_go_and_can_be_taken_back(desk: Any, owed: Any) -> None:
    tables = desk.store.deliveries
    tables.settle(owed, [Settled(1, "refused")], 10)
    assert tables.drop(owed, [1, 2], "said by telephone", 20) == 2
    assert due(desk, owed) == [3, 4]
    assert tables.drop(owed, [99], "", 20) == 0
    (gone, _) = tables.find("default", owed, ["given-up"])
    assert (gone.entry.n, gone.reason) == (1, "said by telephone")
    assert tables.retry(owed, None, 30) == 0, "given up is decided; all that are refused is not all"
    assert tables.retry(owed, [1], 30) == 1 and due(desk, owed) == [1, 3]


def test_an_answer_that_comes_late_changes_nothing(desk: Any, owed: Any) -> None:
    tables = desk.store.deliveries
    tables.settle(owed, [Settled(3, "acknowledged", "first")], 10)
    tables.settle(owed, [Settled(3, "refused", reason="late")], 20)
    found = tables.delivery("default", owed, 3)
    assert (found.state, found.receipt, found.attempts) == ("acknowledged", "first", 1)


def test_only_what_is_asked_for_is_owed(desk: Any) -> None:
    enter(desk, "a", "visit", "effective")
    enter(desk, "b", "prescription", "submitted")
    enter(desk, "c", "prescription", "effective")
    enter(desk, "d", "exam", "effective")
    tables = desk.store.deliveries
    wanted = {
        "kinds": {"kinds": ("visit", "exam")},
        "events": {"events": ("submitted",)},
        "pairs": {"pairs": (("visit", ""), ("prescription", "effective"))},
        "both": {"kinds": ("prescription",), "pairs": (("visit", ""), ("prescription", "effective"))},
    }
    found = {}
    for name, asked in wanted.items():
        receiver = tables.enrol("default", name)
        tables.fill(receiver, **asked)
        found[name] = [one.entry.n for one in tables.find("default", receiver, STATES)]
    assert found == {"kinds": [1, 4], "events": [2], "pairs": [1, 3], "both": [3]}
    assert tables.of_entry("default", 3) == [("pairs", "waiting", ""), ("both", "waiting", "")]


def test_a_ledger_is_walked_page_by_page(desk: Any, owed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.deliveries.owed.FILLED", 2)
    receiver = desk.store.deliveries.enrol("default", "other")
    assert [desk.store.deliveries.fill(receiver) for _ in range(3)] == [2, 2, 0]
    after = [one.entry.n for one in desk.store.deliveries.find("default", receiver, ["waiting"], 2, 1)]
    assert after == [3]
    assert desk.store.deliveries.last_before(receiver, 2**62) == 4
    assert desk.store.deliveries.last_before(receiver, 1) == 0


def test_it_is_all_there_after_a_restart(desk: Any, owed: Any) -> None:
    owed.failures, owed.error, owed.signed = 3, "HTTP 503", "2026-03-06"
    desk.store.deliveries.save(owed)
    desk.store.deliveries.settle(owed, [Settled(1, "refused", reason="no")], 10)
    desk.reopen()
    again = desk.store.deliveries.receiver("default", "province")
    assert again == owed
    assert states(desk, again)[0] in EXCEPTIONS


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_clears(desk: Any) -> None:
    alerts = desk.store.alerts
    one = ("default", "receiver:province", "unreachable")
    assert [alerts.begin(*one, "3 attempts", at) for at in (10, 20)] == [True, False]
    assert alerts.begin("default", "receiver:city", "unreachable", "", 11)
    assert alerts.is_open(*one)
    assert [alerts.clear(*one, at) for at in (30, 40)] == [True, False]
    assert alerts.begin(*one, "again", 50)
    assert [found.detail for found in alerts.find(tenant="default")] == ["again", ""]
    assert [(found.begun_us, found.cleared_us) for found in alerts.find(now=False)] == [
        (50, 0),
        (11, 0),
        (10, 30),
    ]
    assert alerts.find(tenant="other") == []


def test_two_processes_begin_an_alert_once(desk: Any) -> None:
    other = open_store(desk.url)
    try:
        said = [store.alerts.begin("", "evidence", "expired", "", 1) for store in (desk.store, other)]
    finally:
        other.close()
    assert said == [True, False]
