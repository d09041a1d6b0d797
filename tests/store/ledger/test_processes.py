"""Verification by several processes finds what one finds."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store import Desk, Entry, Transact, direct

COUNT = 2 * 1024 + 5


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_two_processes_find_what_one_finds(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.ledger.verify.BLOCKS_AT_ONCE", 1)

    def act(inside: Desk) -> object:
        version = inside.write({"resourceType": "Basic", "id": "b"})
        for _ in range(COUNT):
            inside.append(Entry("visit", "submitted", version))
        return None

    desk.store.write([Transact("default", "t", [], act=act)])
    told: list[tuple[int, int]] = []
    alone = desk.store.ledger.verify("default")
    both = desk.store.ledger.verify("default", processes=2, progress=lambda *step: told.append(step))
    assert alone == both
    assert (both.ok, both.entries) == (True, COUNT)
    assert told == [(1024, COUNT), (2048, COUNT), (COUNT, COUNT)]
    with desk.store._session.transaction() as connection:
        direct.execute(connection, "UPDATE ledger SET kind = 'x' WHERE n IN (1500, 2050)")
    assert desk.store.ledger.verify("default", processes=2).first_bad == 1500
