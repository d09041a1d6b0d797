"""The write-ahead log stays bounded, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.store.direct import execute

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Make = Callable[..., Draft]


def test_a_log_in_use_has_a_size_and_a_checkpoint_restarts_it(desk: Any, patient: Make) -> None:
    checkpointer = desk.store._checkpointer
    for n in range(20):
        desk.stored(patient(f"p{n}", mrn=str(n), text={"div": "x" * 4000}))
    before = checkpointer.size()
    assert before > 20 * 4096
    connection = desk.store._session.connect()
    checkpointer._checkpoint(connection)
    desk.stored(patient("last", mrn="last"))
    assert 0 < checkpointer.size() < before
    assert len(desk.store.search("default", "Patient", []).matches) == 21


def test_a_reader_that_stays_long_stops_nobody(desk: Any, patient: Make) -> None:
    desk.stored(patient())
    connection = desk.store._session.connect()
    with desk.store._session.snapshot() as reader:
        assert execute(reader, "SELECT COUNT(*) FROM version").fetchone() == (1,)
        desk.stored(patient(gender="male"))
        execute(connection, "PRAGMA busy_timeout = 1")
        desk.store._checkpointer._checkpoint(connection)
        assert execute(reader, "SELECT COUNT(*) FROM version").fetchone() == (1,)
        desk.stored(patient(gender="female"))
    assert desk.store.read("default", "Patient", "p1").ver == 3
