"""Look-ups that must not read a ledger or the deliveries through, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.store import Desk, Entry, Store, Transact, direct, open_store
from gateway.store.deliveries import Receiver, Settled

SERIAL = "CQP00001"
READS: dict[str, Callable[[Store, Receiver], object]] = {
    "entries of a serial": lambda store, _: store.ledger.of_serial("default", SERIAL),
    "entries about a resource": lambda store, _: store.ledger.about("default", "RequestGroup", "g1"),
    "first entries of serials": lambda store, _: store.reconciliation.first_entries("default", [SERIAL]),
    "serials of local numbers": lambda store, _: store.reconciliation.serials(
        "default", "prescription", ["1"]
    ),
    "what is due": lambda store, to: store.deliveries.due("default", to, to.upto, 1, 50),
    "dead letters": lambda store, to: store.deliveries.find("default", to, ("refused", "held")),
    "exceptions": lambda store, to: store.deliveries.exceptions(to),
}
MODULES = (
    "deliveries.owed",
    "deliveries.sending",
    "deliveries.standing",
    "reconciliation",
    "ledger.rows",
    "ledger.ledger",
)
THROUGH = ("PRIMARY KEY (tenant=?)", "PRIMARY KEY (receiver=?)", "PRIMARY KEY (receiver=? AND n<?)",
           "PRIMARY KEY (receiver=? AND n>?)", "INDEX serial_document (tenant=?)")  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as opened:
        yield opened


@pytest.fixture
def owed(store: Store) -> Receiver:
    """A receiver with one refused, one acknowledged and one waiting entry."""

    def act(inside: Desk) -> object:
        for n in (1, 2, 3):
            about = inside.write({"resourceType": "RequestGroup", "id": f"g{n}"})
            inside.append(Entry("prescription", "submitted", about, (), f"CQP0000{n}"))
        return None

    store.write([Transact("default", "t", [], act=act)])
    receiver = store.deliveries.enrol("default", "province")
    assert receiver is not None and store.deliveries.fill(receiver) == 3
    store.deliveries.settle(receiver, [Settled(1, "refused"), Settled(2, "acknowledged")], 1)
    return receiver


@pytest.mark.parametrize("what", READS)
def test_a_look_up_goes_by_an_index(
    store: Store, owed: Receiver, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []
    for module in MODULES:
        monkeypatch.setattr(f"gateway.store.{module}.execute", _noting(asked))
    assert READS[what](store, owed) is not None
    assert asked
    with store._session.reading() as connection:
        for sql, values in asked:
            plan = [row[3] for row in direct.execute(connection, f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [step for step in plan if _reads_through(step)], plan


def test_states_are_counted_whole(store: Store, owed: Receiver) -> None:
    found = {state: n for state, n in store.deliveries.counts(owed).items() if n}
    assert found == {"waiting": 1, "acknowledged": 1, "refused": 1}


def _reads_through(step: str) -> bool:
    """Tell of a step of a plan; ``o`` is what a subquery has found."""
    return step in ("SCAN ledger", "SCAN delivery", "SCAN serial") or any(one in step for one in THROUGH)


def _noting(asked: list[tuple[str, Any]]) -> Callable[..., Any]:
    def noting(connection: Any, sql: str, values: Any = ()) -> Any:
        asked.append((sql, values))
        return direct.execute(connection, sql, values)

    return noting
