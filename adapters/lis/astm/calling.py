"""Calling: a line that we open, to a serial device or an instrument that listens, and open again."""

from __future__ import annotations

import asyncio
import logging
import ssl
from functools import partial
from pathlib import Path

from adapters.lis.astm.lines import Line
from gateway.errors import Misconfigured, Retry
from gateway.wire.astm import AstmClient, Counters, Handle, Limits, open_serial

_LOG = logging.getLogger("qiao.astm")

FIRST, LONGEST = 1.0, 30.0
"""Seconds before it is opened again; doubled as long as that fails."""


class Calling:
    """One such line.

    Args:
        line: what is called.
        handle: takes its messages.
        limits: of memory and time.

    Raises:
        Misconfigured: the authority's file cannot be read.
    """

    def __init__(self, line: Line, handle: Handle, limits: Limits) -> None:
        self.line = line
        if line.serial:
            opening = partial(open_serial, Path(line.serial), line.speed)
            self._client = AstmClient(
                line.serial, handle=handle, profile=line.profile, limits=limits, opening=opening
            )
        else:
            host, port = line.address
            self._client = AstmClient(
                host, port, handle=handle, profile=line.profile, limits=limits, ssl=_context(line)
            )
        self._why = "not opened"
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        """``open``, or why it is not."""
        return self._why or "open"

    @property
    def counters(self) -> Counters:
        """What it has seen."""
        return self._client.counters

    def start(self) -> None:
        """Open it, and again whenever it ends."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Commit what is under way, close."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._client.close()

    async def _run(self) -> None:
        wait = FIRST
        while True:
            try:
                await self._client.connect()
                self._told("")
                wait = FIRST
                await self._client.ended()
                self._told("closed at the other end")
            except (Retry, Misconfigured) as error:
                self._told(error.reason)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST)

    def _told(self, why: str) -> None:
        """Say once that it is open, or why it is not."""
        if why != self._why:
            self._why = why
            _LOG.warning("line %s: %s", self.line.name, self.state)


def _context(line: Line) -> ssl.SSLContext | None:
    if not line.ca:
        return None
    try:
        return ssl.create_default_context(cafile=line.ca)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca cannot be loaded: {error}", where=line.name) from None
