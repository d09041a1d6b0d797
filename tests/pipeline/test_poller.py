"""Four writers and a poller: every version comes once, deletions among them (R4 §3.1.0.13).

``QIAO_POLL_VERSIONS`` makes it as long as you like.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from contextlib import closing
from typing import Any

import pytest

from gateway.pipeline.engine import Engine
from gateway.store import Change, Store, Transact, open_store

VERSIONS = int(os.environ.get("QIAO_POLL_VERSIONS") or 100_000)
WRITERS = 4
AT_ONCE = 50

Line = tuple[str, int, bool]
"""(id, version, deleted)"""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_poller_sees_every_version_once_while_four_write(
    kind: str, rig: Any, request: pytest.FixtureRequest
) -> None:
    if kind == "postgresql":
        with closing(open_store(request.getfixturevalue("database"))) as store:
            rig.store = type(rig.store)(store)
            seen, answered = asyncio.run(_run(rig))
    else:
        seen, answered = asyncio.run(_run(rig))
    assert len(answered) == VERSIONS // (WRITERS * AT_ONCE) * WRITERS * AT_ONCE
    assert Counter(seen) == Counter(answered)
    assert len(set(answered)) == len(answered)
    assert any(deleted for _, _, deleted in seen)


async def _run(rig: Any) -> tuple[list[Line], list[Line]]:
    """Return what the poller saw, and what the writers were answered."""
    news = threading.Event()
    async with rig.engine() as engine:
        done = asyncio.gather(*(_write(engine, number, news) for number in range(WRITERS)))
        done.add_done_callback(lambda _: news.set())
        seen = await asyncio.to_thread(_poll, rig.store.store, done.done, news)
        return seen, [line for lines in await done for line in lines]


async def _write(engine: Engine, writer: int, news: threading.Event) -> list[Line]:
    """Create, change, delete and revive patients, many at once; after some of them there is news."""
    answered: list[Line] = []
    for turn in range(VERSIONS // (WRITERS * AT_ONCE)):
        sent = (Transact("default", "w", [_change(writer, turn, at)]) for at in range(AT_ONCE))
        for done in await asyncio.gather(*map(engine.write, sent)):
            found = done.results[0].version
            assert found is not None
            answered.append((found.id, found.ver, found.deleted))
        news.set()
    return answered


def _change(writer: int, turn: int, at: int) -> Change:
    id_ = f"w{writer}-{at % 23}"
    if at % 5 == 4 and at > 23:
        return Change("delete", "Patient", id_)
    body = {"resourceType": "Patient", "id": id_, "language": f"x{turn}-{at}"}
    return Change("update", "Patient", id_, body)


def _poll(store: Store, finished: Any, news: threading.Event) -> list[Line]:
    """Poll while the others write; where one has come to the end, there is something new the next time."""
    seen: list[Line] = []
    cursor: str | None = None
    while True:
        news.clear()
        last = finished()
        page = store.history("default", count=500, cursor=cursor, ascending=True)
        seen += [(one.id, one.ver, one.deleted) for one in page.versions]
        cursor = page.cursor
        if last and not page.more:
            return seen
        if not page.versions:
            news.wait()
