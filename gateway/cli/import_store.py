"""Imports straight into a store, without a server: the same checks and the same writes as $import."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from gateway.api import import_run
from gateway.api.context import Context
from gateway.api.import_lines import lines_of
from gateway.api.import_ndjson import LONGEST
from gateway.api.import_summary import Summary
from gateway.cli.output import notice, read_settings
from gateway.cli.stores import open_or_make, there_is_a_store
from gateway.cli.words import language, say
from gateway.store import Store
from gateway.store.model import Transact, Transacted
from gateway.validation import examine, validator_of


@contextmanager
def sender(options: argparse.Namespace) -> Iterator[Callable[[list[bytes]], dict[str, Any]]]:
    """Open the store, or make it; lend what imports lines into it. Raises ``Misconfigured``."""
    settings = read_settings(options, guarded=False)
    validator, zh = validator_of(settings), language() == "zh" and not options.json
    if not there_is_a_store(settings):
        notice(say("import.made", place=settings.store.place))
    with closing(open_or_make(settings)) as store:
        here = Context(store, examine=lambda data, profiles: examine(validator, data, profiles))

        def send(lines: list[bytes]) -> dict[str, Any]:
            return asyncio.run(_run(here, lines, options.tenant, zh))

        yield send


async def _run(here: Context, lines: list[bytes], tenant: str, zh: bool) -> dict[str, Any]:
    summary = Summary()
    into = import_run.Into(here, Together(here.store).write, tenant, "", "qiao import")

    async def chunks() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    await import_run.run(into, lines_of(chunks(), LONGEST), summary)
    return summary.parameters(zh)


class Together:
    """Commits together what is written at the same time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Transact, asyncio.Future[Transacted]]] = []

    async def write(self, transact: Transact) -> Transacted:
        """Write one line."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._commit)
        done: asyncio.Future[Transacted] = loop.create_future()
        self._waiting.append((transact, done))
        return await done

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            written = self._store.write([transact for transact, _ in waiting])
        except Exception as error:  # noqa: BLE001 -- raised where it is waited for
            for _, done in waiting:
                done.set_exception(error)
            return
        for (_, done), one in zip(waiting, written, strict=True):
            done.set_result(one)
