"""Batches of messages: what their trailers say, what was in them, and what is stored."""

from __future__ import annotations

from datetime import date
from typing import Any

from gateway.canonical import Draft, Envelope, Issue, Quarantined, Translation, new_envelope_id
from gateway.feed.calendar import begin_us
from gateway.feed.reconciliation import reconcile
from gateway.store import Receive, Settle

DAY = date(2026, 3, 2)


def come(
    books: Any, batch: str, said: int | None, held: int, states: str, hour: int = 9, **more: str
) -> None:
    """Let the messages of a batch come; ``states``: s for stored, q for quarantined."""
    at = begin_us("2026-03-02", books.store.zone) + hour * 3_600_000_000
    meta = {"batch": new_envelope_id(at), "batch-id": batch, "batch-in": str(held), **more}
    meta |= {} if said is None else {"batch-said": str(said)}
    for n, state in enumerate(states):
        envelope = Envelope(
            new_envelope_id(at + n), "default", "his/hl7v2", "his", at + n, "x", "", b"MSH|", meta
        )
        patient = Draft(
            "Patient", f"p{batch}{hour}{n}", {"resourceType": "Patient", "id": f"p{batch}{hour}{n}"}
        )
        outcome = (
            Translation([patient]) if state == "s" else Quarantined("x", [Issue("error", "x", "", "", "x")])
        )
        books.store.write([Receive(envelope, str(n), b"d", n), Settle(envelope, outcome, lambda _: b"")])


def found(books: Any) -> list[tuple[str, str]]:
    day = reconcile(books.store, "default", DAY, DAY).days[0]
    assert all(one.kind == "message" for one in day.differences)
    return sorted((one.number, one.also) for one in day.differences if one.what == "batch")


def test_what_a_batch_says_is_compared_with_what_was_in_it_and_stored(books: Any) -> None:
    come(books, "B1", 2, 2, "ss")
    come(books, "B2", None, 1, "s")
    assert found(books) == []
    come(books, "B3", 5, 2, "ss")
    come(books, "B4", 3, 3, "ssq")
    assert found(books) == [("B3", "5 / 2 / 2"), ("B4", "3 / 3 / 2")]
    (day,) = reconcile(books.store, "default", DAY, DAY).row()["days"]
    assert {"sender": "his", "batch": "B3", "said": 5, "in": 2, "stored": 2} in day["batches"]
    (before,) = reconcile(books.store, "default", date(2026, 3, 1), date(2026, 3, 1)).days
    assert before.batches == []


def test_a_batch_that_came_again_is_one(books: Any) -> None:
    come(books, "B1", 3, 3, "ss")
    assert found(books) == [("B1", "3 / 3 / 2")]
    come(books, "B1", 3, 3, "s", hour=10)
    assert found(books) == []


def test_a_file_that_lost_a_batch(books: Any) -> None:
    come(books, "B1", 1, 1, "s", **{"batches-said": "2", "batches-in": "1"})
    assert found(books) == [("B1", "1 / 1 / 1; 2 / 1")]
