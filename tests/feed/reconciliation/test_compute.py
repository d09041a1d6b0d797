"""A day's reconciliation: who says what, what the ledger and the receivers have, and what does not agree."""

from __future__ import annotations

from datetime import date
from typing import Any

from gateway.feed.calendar import begin_us
from gateway.feed.reconciliation import Reconciliation, of_json, reconcile
from gateway.feed.reconciliation.table import as_csv
from gateway.store.deliveries import Settled

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
AFTER = begin_us("2026-03-05", "+08:00")


def state(books: Any, **said: Any) -> None:
    given = {"day": "2026-03-02", "kind": "prescription", **said}
    books.store.reconciliation.state("default", of_json([given]))


def found(books: Any, first: date = MONDAY, last: date = MONDAY, **more: Any) -> Reconciliation:
    return reconcile(books.store, "default", first, last, at_us=AFTER, **more)


def told(reconciliation: Reconciliation) -> list[tuple[str, str, str]]:
    days = reconciliation.days
    return [(one.what, one.name, one.number) for day in days for one in day.differences]


def test_what_nobody_has_stated_is_not_a_zero(books: Any) -> None:
    books.order("RX1")
    (line,) = found(books).days[0].lines
    assert (line.total, line.documents, line.row()["stated"]) == (None, 1, None)
    assert line.origins == {"": 1}
    assert found(books).ok
    assert ",prescription,,1,1," in as_csv(found(books))


def test_a_count_alone_says_that_something_is_missing_but_not_what(books: Any) -> None:
    books.order("RX1")
    state(books, source="his", count=2)
    assert told(found(books)) == [("count", "his", "")]
    assert found(books).days[0].differences[0].also == "2 / 1"
    state(books, source="his", count=1)
    assert found(books).ok, "the last statement counts"


def test_a_list_names_what_is_missing_and_what_nobody_stated(books: Any) -> None:
    first, _ = books.order("RX1"), books.order("RX2")
    state(books, source="his", numbers=[first.serial, "RX3"])
    assert told(found(books)) == [("missing", "his", "RX3"), ("unstated", "", "RX2")]
    assert not found(books).ok


def test_what_is_on_file_and_was_never_submitted_is_said(books: Any) -> None:
    def draft(desk: Any) -> None:
        body = {"resourceType": "RequestGroup", "id": "g9", "status": "draft", "intent": "order"}
        desk.write({**body, "identifier": [{"value": "RX9"}]})

    books.order("RX1")
    books.act(draft)
    state(books, source="his", numbers=["RX1", "RX9"])
    (one,) = found(books).days[0].differences
    assert (one.what, one.number, one.also) == ("missing", "RX9", "on file, not submitted")


def test_what_was_entered_after_midnight_is_explained(books: Any) -> None:
    books.order("RX1")
    books.on("2026-03-03")
    books.order("RX2")
    state(books, source="his", numbers=["RX1", "RX2"])
    monday = found(books)
    assert told(monday) == [("other-day", "his", "RX2")]
    assert monday.days[0].differences[0].also == "2026-03-03"
    assert monday.ok


def test_several_sources_are_one_sum_and_one_list(books: Any) -> None:
    books.order("RX1")
    books.order("RX2")
    state(books, source="his-a", numbers=["RX1"])
    state(books, source="his-b", count=1)
    assert found(books).ok
    state(books, source="his-b", numbers=["RX2"])
    assert found(books).ok


def test_kinds_without_a_serial_go_by_their_identifiers(books: Any) -> None:
    books.visit("V1")
    state(books, kind="visit", source="his", numbers=["V1", "V2"])
    assert told(found(books)) == [("missing", "his", "V2")]


def test_what_follows_a_prescription_with_its_serial_is_a_document_of_its_own(books: Any) -> None:
    order = books.order("RX1")
    review = books.follow("review", "R1", "effective", order, "Task")
    effective = books.order("RX1", "effective", back=review.n)
    for number in ("D1", "D2"):
        given = books.follow("dispense", number, "effective", effective, "MedicationDispense")
    books.follow("dispense", "D2", "corrected", given, "MedicationDispense")
    state(books, kind="review", source="his", count=1)
    state(books, kind="dispense", source="pharmacy", numbers=["D1", "D2", "D3"])
    assert told(found(books)) == [("missing", "pharmacy", "D3")]
    lines = {line.kind: (line.documents, line.entries) for line in found(books).days[0].lines}
    assert lines == {"prescription": (1, 2), "review": (1, 1), "dispense": (2, 3)}


def test_a_document_belongs_to_the_day_of_its_first_entry(books: Any) -> None:
    first = books.order("RX1")
    books.on("2026-03-03")
    books.order("RX1", "effective", back=first.n)
    lines = [day.lines for day in found(books, MONDAY, TUESDAY).days]
    assert [(line.documents, line.entries) for (line,) in lines] == [(1, 1), (0, 1)]


def test_produced_is_acknowledged_and_exceptions(books: Any) -> None:
    entries = [books.order(f"RX{n}") for n in range(4)]
    deliveries = books.store.deliveries
    receiver = deliveries.enrol("default", "platform")
    while deliveries.fill(receiver):
        pass
    said = [Settled(entries[0].n, "acknowledged"), Settled(entries[1].n, "refused", reason="no")]
    deliveries.settle(receiver, said, AFTER)
    standing = found(books).days[0].lines[0].receivers["platform"]
    row = standing.row()
    assert (row["owed"], row["acknowledged"], row["refused"], row["open"]) == (4, 1, 1, 2)
    assert row["owed"] == row["acknowledged"] + row["refused"] + row["held"] + row["given-up"] + row["open"]
    whats = [one.what for one in found(books).days[0].differences]
    assert whats == ["refused", "open", "open"]
    assert found(books).days[0].differences[0].serial == entries[1].serial


def test_of_today_what_is_open_is_no_difference(books: Any) -> None:
    books.order("RX1")
    books.store.deliveries.enrol("default", "platform")
    today = reconcile(books.store, "default", MONDAY, MONDAY, at_us=begin_us("2026-03-02", "+08:00"))
    assert (today.ok, today.days[0].lines[0].receivers["platform"].row()["open"]) == (True, 1)
    assert [one.what for one in found(books).days[0].differences] == ["open"]


def test_what_the_platform_counts_is_held_against_what_it_acknowledged(books: Any) -> None:
    entries = [books.order("RX1"), books.order("RX2")]
    deliveries = books.store.deliveries
    receiver = deliveries.enrol("default", "platform")
    deliveries.fill(receiver)
    deliveries.settle(receiver, [Settled(one.n, "acknowledged") for one in entries], AFTER)
    assert found(books).days[0].lines[0].receivers["platform"].platform is None
    state(books, receiver="platform", count=1)
    assert told(found(books)) == [("platform-count", "platform", "")]
    state(books, receiver="platform", numbers=[entries[0].serial, "X"])
    assert told(found(books)) == [
        ("platform-missing", "platform", "RX2"),
        ("platform-unknown", "platform", "X"),
    ]
    assert told(found(books, receiver="other")) == []


def test_a_day_without_anything_has_no_lines(books: Any) -> None:
    (day,) = found(books, TUESDAY, TUESDAY).days
    assert (day.lines, day.first, day.last) == ([], 0, 0)
