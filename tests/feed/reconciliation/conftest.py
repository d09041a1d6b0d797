"""A store with a ledger whose days are set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.feed.reconciliation.calendar import begin_us
from gateway.store import Desk, Entered, Entry, Store, Transact, clock, open_store

Enter = Callable[..., Entered]


class Books:
    """A store whose clock stands where it is put."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = store
        self._monkeypatch = monkeypatch
        self.on("2026-03-02")

    def on(self, day: str) -> None:
        """Let it be nine o'clock of a day."""
        at = begin_us(day, self.store.zone) + 9 * 3_600_000_000
        self._monkeypatch.setattr(clock, "now_us", lambda: at)

    def act(self, act: Callable[[Desk], Any]) -> Any:
        (done,) = self.store.write([Transact("default", "client:his", [], act=act)])
        if done.error is not None:
            raise done.error
        return done.answer

    def order(
        self, number: str, event: str = "submitted", kind: str = "prescription", back: int = 0
    ) -> Entered:
        """Enter a document under its local number."""

        def act(desk: Desk) -> Entered:
            identifier = [{"system": "urn:oid:2.16.156.10011.1.20", "value": number}]
            status = "draft" if event == "submitted" else "active"
            body = {"resourceType": "RequestGroup", "id": f"g-{number}", "status": status, "intent": "order"}
            about = desk.write({**body, "identifier": identifier})
            serial = desk.mint(kind, "990101", number).value
            return desk.append(Entry(kind, event, about, (about,), serial, back))

        found: Entered = self.act(act)
        return found

    def follow(self, kind: str, number: str, event: str, of: Entered, type: str) -> Entered:
        """Enter what follows a prescription: with its serial."""

        def act(desk: Desk) -> Entered:
            body = {"resourceType": type, "id": f"f-{number}", "identifier": [{"value": number}]}
            about = desk.write({**body, "status": "completed", "note": [{"text": event}]})
            return desk.append(Entry(kind, event, about, (about,), of.serial, of.n))

        found: Entered = self.act(act)
        return found

    def visit(self, number: str) -> Entered:
        """Enter a visit, which has no serial."""

        def act(desk: Desk) -> Entered:
            body = {"resourceType": "Encounter", "id": f"v-{number}", "status": "in-progress"}
            return desk.append(
                Entry("visit", "effective", desk.write({**body, "identifier": [{"value": number}]}))
            )

        found: Entered = self.act(act)
        return found


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield Books(opened, monkeypatch)
    opened.close()


@pytest.fixture
def monday() -> date:
    return date(2026, 3, 2)
