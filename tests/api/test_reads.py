"""Reads from a database server: all who wait at once in one round trip, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.api.reads import MOST, Reads
from gateway.errors import Retry
from gateway.store import Version

Key = tuple[str, str, str]


class Server:
    """A store behind a network."""

    local = False

    def __init__(self) -> None:
        self.asked: list[list[Key]] = []
        self.error: Exception | None = None

    def read_many(self, keys: Sequence[Key]) -> list[Version | None]:
        self.asked.append(list(keys))
        if self.error:
            raise self.error
        return [
            None if id_ == "none" else Version(type_, id_, 1, 1, 1, "update", b"{}") for _, type_, id_ in keys
        ]


def read(reads: Reads, *ids: str) -> list[Any]:
    async def run() -> list[Any]:
        asked = (reads.current("default", "Patient", id_) for id_ in ids)
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(run())


def test_who_waits_at_once_is_asked_for_at_once() -> None:
    server = Server()
    found = read(Reads(server), "a", "none", "b")  # type: ignore[arg-type]
    assert [one and one.id for one in found] == ["a", None, "b"]
    assert len(server.asked) == 1


def test_a_round_trip_has_an_end() -> None:
    server = Server()
    ids = [str(number) for number in range(3 * MOST + 1)]
    assert [one.id for one in read(Reads(server), *ids)] == ids  # type: ignore[arg-type]
    assert [len(keys) for keys in server.asked] == [MOST, MOST, MOST, 1]


def test_an_error_is_told_to_all_of_its_round_trip_and_to_no_other() -> None:
    server = Server()
    reads = Reads(server)  # type: ignore[arg-type]
    server.error = Retry("the database is away")
    assert all(isinstance(one, Retry) for one in read(reads, "a", "b"))
    server.error = None
    assert read(reads, "c")[0].id == "c"


def test_who_gives_up_keeps_nobody_else_waiting() -> None:
    reads = Reads(Server())  # type: ignore[arg-type]

    async def run() -> Version | None:
        leaving = asyncio.create_task(reads.current("default", "Patient", "a"))
        staying = asyncio.create_task(reads.current("default", "Patient", "b"))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    found = asyncio.run(run())
    assert found is not None
    assert found.id == "b"
