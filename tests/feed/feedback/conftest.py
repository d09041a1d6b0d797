"""A store with a prescription that the regulator may ask about, and what a hospital owes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.canonical.actor import Principal
from gateway.feed.feedback import Feedback
from gateway.feed.feedback.deadlines import Duties, duties
from gateway.settings import SupervisionSettings
from gateway.store import Change, Desk, Entry, Store, Transact, open_store

EVIDENCE = {
    "resourceType": "DocumentReference",
    "id": "e1",
    "status": "current",
    "content": [{"attachment": {}}],
}


CLIENT = Principal("x")


class House:
    """A hospital whose acts are run one by one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.duties = duties(SupervisionSettings(owner="Organization/quality"), (), "990101")

    def act(self, act: Callable[..., Any], *given: Any, duties: Duties | None = None) -> Any:
        """Run ``act(desk, duties, *given)``."""

        def run(desk: Desk) -> Any:
            return act(desk, duties or self.duties, *given)

        (done,) = self.store.write([Transact("default", "client:x", [], act=run)])
        if done.error is not None:
            raise done.error
        return done.answer

    def write(self, *bodies: dict[str, Any]) -> None:
        """Write resources as any client does."""
        self.change(*[Change("update", one["resourceType"], one["id"], one) for one in bodies])

    def change(self, *changes: Change, by: Principal | None = CLIENT) -> None:
        """Make changes, one by one; ``by`` nobody: as an import does."""
        for change in changes:
            (done,) = self.store.write([Transact("default", "client:x", [change], caller=by)])
            if done.error is not None:
                raise done.error

    def read(self, name: str) -> dict[str, Any]:
        import orjson

        found = self.store.read("default", *name.split("/"))
        assert found is not None
        body: dict[str, Any] = orjson.loads(found.body)
        return body

    def ledger(self) -> list[tuple[str, str, int]]:
        return [(one.kind, one.event, one.back) for one in self.store.ledger.entries("default")]


@pytest.fixture
def house(url: str) -> Iterator[House]:
    opened = open_store(url)
    made = House(opened)
    opened.govern(Feedback(lambda _tenant: made.duties))
    made.write(EVIDENCE)
    yield made
    opened.close()


@pytest.fixture
def serial(house: House) -> str:
    """The serial of a prescription that the ledger knows."""

    def act(desk: Desk, _duties: Duties) -> str:
        body = {"resourceType": "RequestGroup", "id": "g1", "status": "active", "intent": "order"}
        about = desk.write({**body, "subject": {"reference": "Patient/p1"}})
        found = desk.mint("prescription", "990101", "RX1").value
        desk.append(Entry("prescription", "submitted", about, (about,), found))
        return found

    made: str = house.act(act)
    return made
