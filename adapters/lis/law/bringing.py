"""Bringing: pieces of work on their way to analysers as OML^O33, each in its turn (IHE PaLM LAW, LAB-28).

A piece is brought until it is heard of, or too old: the analyser is off, falls silent, says that it cannot
now; the gateway stops, or is killed. It is brought with the same control id. What an ORL^O34 says of orders
is delivered like any message.

===========================  ==========================================================================
OK                           the analyser has the test; it is taken back when its order ends
UA                           it has it, if it has said OK before (LAW: an AWOS ID is taken once); else it
                             does not make it, and the answer waits where somebody sees it
CR, UC                       it makes the test no more; it could not be stopped (somebody sees it)
AE or AR with 206, 207       again
other AE, AR                 as UA of all
===========================  ==========================================================================
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from adapters.lis.law.addresses import Address
from adapters.lis.law.journal import Journal
from adapters.lis.law.piece import Heard, Piece, heard
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Rejected, Retry
from gateway.spec import Deliver
from gateway.wire.hl7v2 import CONTENT_TYPE
from gateway.wire.mllp.client import MllpClient

PAUSES = (0.5, 5.0, 30.0)
"""Seconds before each further attempt; the last one again and again."""
MOST_LATE = 20
"""Answers to something else that are read before that to a piece."""
NOTHING_LASTS = 60.0
"""Seconds for which it is worth saying that nothing is to be done."""

_HOUR_US = 3600 * 1_000_000
_LOG = logging.getLogger("qiao.law")


class Bringing:
    """Brings pieces to analysers, to each in its order, over one connection that is kept.

    Args:
        adapter: id of the door, for the log and envelopes.
        settings: ``work…`` of the door.
        trust: for TLS to analysers; None: there is none.

    Attributes:
        deliver: takes what analysers say; set before the start.
        journal: what is promised and what analysers have, on disk.
        waiting: what is to be brought, by its control id.
        held: what analysers have: address and number of a test → the piece that has brought it.
        known: analysers to which something was ever promised.
        counts: what became of the pieces.
    """

    deliver: Deliver

    def __init__(
        self, adapter: str, settings: Mapping[str, str | int | float | bool], trust: ssl.SSLContext | None
    ) -> None:
        self._adapter, self._trust = adapter, trust
        self._timeout = float(settings["work_timeout"])
        self._kept_us = int(float(settings["work_kept"]) * _HOUR_US)
        self.journal = Journal(str(settings["work_state"]), f'[adapters."{adapter}"] work_state')
        self.waiting: dict[str, Piece] = {}
        self.held: dict[tuple[Address, str], Piece] = {}
        self.known: set[Address] = set()
        self.counts: Counter[str] = Counter()
        self._queues: dict[Address, asyncio.Queue[Piece]] = {}
        self._sending: set[str] = set()
        self._silent: set[Address] = set()
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bring what was promised before the last stop. Raises ``Misconfigured``: it cannot be read."""
        await self.journal.open()
        for piece, number in await self.journal.held():
            self.held[piece.address, number] = piece
            self.known.add(piece.address)
        for piece in await self.journal.waiting():
            self._queue(piece)

    async def stop(self) -> None:
        """End; what was not brought is brought after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, self._queues, self.waiting, self.held, self.known = set(), {}, {}, {}, set()
        await self.journal.close()

    def run(self, what: Coroutine[Any, Any, None]) -> None:
        """Do something until the stop."""
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def lines(self) -> Collection[Address]:
        """Analysers to which something is brought, or was since the start."""
        return self._queues.keys()

    def control(self, base: str) -> str:
        """Return a control id of 20 characters that is told once."""
        self._numbers = (self._numbers + 1) % 1000  # more than there are tubes in one answer
        return f"W{base[-16:]}{self._numbers:03d}"

    async def promise(self, pieces: Sequence[Piece]) -> None:
        """Keep pieces, and bring them from now on. Raises ``Retry``: they cannot be kept."""
        await self.journal.put(pieces)
        for piece in pieces:
            self._queue(piece)

    def is_leaving(self, piece: Piece) -> bool:
        """Tell whether a piece is on the line at this moment."""
        return piece.control in self._sending

    async def change(self, piece: Piece) -> None:
        """Bring another piece under the control id of one that waits. Raises ``Retry``: it cannot be kept."""
        self.waiting[piece.control] = piece  # before it is on disk: it may leave meanwhile
        await self.journal.changed(piece)

    async def forget(self, address: Address, number: str) -> None:
        """Forget a test that an analyser has made. Raises ``Retry``: that cannot be kept."""
        await self.journal.ended(self.held[address, number], done=[number])
        self.held.pop((address, number), None)

    async def forget_old(self, before_us: int) -> None:
        """Forget what analysers have taken so long ago. Raises ``Retry``: that cannot be kept."""
        if gone := [key for key, piece in self.held.items() if piece.at_us < before_us]:
            await self.journal.forget(before_us)
            for key in gone:
                self.held.pop(key, None)

    def _queue(self, piece: Piece) -> None:
        self.waiting[piece.control] = piece
        self.known.add(piece.address)
        if piece.address not in self._queues:
            self._queues[piece.address] = asyncio.Queue()
            self.run(self._bring(piece.address))
        self._queues[piece.address].put_nowait(piece)

    async def _bring(self, address: Address) -> None:
        client = MllpClient(*address, ssl=self._trust, timeout=self._timeout)
        queue = self._queues[address]
        try:
            while True:
                control = (await queue.get()).control
                try:
                    await self._brought(client, control)
                except Exception as error:  # noqa: BLE001 -- one piece must not end the line; it is on disk
                    _LOG.error("%s: %s while work was brought", self._adapter, type(error).__name__)
                finally:
                    self._sending.discard(control)
        finally:
            await client.close()

    async def _brought(self, client: MllpClient, control: str) -> None:
        """Bring one piece until it is heard of, or too old."""
        attempt = 0
        while True:
            piece = self.waiting[control]
            if attempt and self._is_old(piece):
                with suppress(Retry):  # it is given up when that can be kept
                    await self._end(piece)
                    self.counts["given_up"] += 1
                    _LOG.warning("%s: work is given up that an analyser does not take", self._adapter)
                    return
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES)) - 1] if attempt and PAUSES else 0.0)
            piece, attempt = self.waiting[control], attempt + 1
            self._sending.add(control)
            said = await self._said(client, piece)
            if said is not None and await self._settled(piece, *said):
                return
            self._sending.discard(control)

    def _is_old(self, piece: Piece) -> bool:
        lasts = NOTHING_LASTS * 1_000_000 if piece.kind == "nothing" else self._kept_us
        return now_us() - piece.at_us > min(lasts, self._kept_us)

    async def _said(self, client: MllpClient, piece: Piece) -> tuple[Heard, bytes] | None:
        """Return what an analyser says to a piece, None where nothing is heard."""
        try:
            await client.connect()
            await self._leaves(piece)
            raw = await client.send(piece.raw)
            for _ in range(MOST_LATE):
                if (said := heard(raw)).about == piece.control:
                    break
                raw = await client.receive()  # that was a late answer to an earlier one
            else:
                await client.close()
                return None
        except (Retry, Rejected) as error:
            if piece.address not in self._silent:  # said once
                self._silent.add(piece.address)
                code = error.code if isinstance(error, Rejected) else type(error.__cause__).__name__
                _LOG.warning("%s: an analyser does not take its work: %s", self._adapter, code)
            await client.close()
            return None
        self._silent.discard(piece.address)
        return None if said.passing else (said, raw)

    async def _leaves(self, piece: Piece) -> None:
        """Keep that a piece may have arrived, before it can. Raises ``Retry``: it must not leave now."""
        if not piece.sent:
            sent = replace(piece, sent=True)
            await self.journal.changed(sent)
            self.waiting[piece.control] = sent

    async def _settled(self, piece: Piece, said: Heard, raw: bytes) -> bool:
        """Keep what was heard; say whether it could be kept: else the piece is brought again."""
        numbers = piece.numbers
        refused = [one for one in numbers if said.word(one)[:1] == "U"]
        before = [one for one in refused if piece.kind == "work" and (piece.address, one) in self.held]
        known = bool(refused) and refused == before
        try:
            if piece.kind != "nothing" and (said.words or not said.well) and not known:
                await self._deliver(piece, raw)
            await self._end(piece, said, refused, before)
        except Retry:
            _LOG.warning("%s: an answer to work could not be kept", self._adapter)
            return False
        return True

    async def _end(
        self,
        piece: Piece,
        said: Heard | None = None,
        refused: Collection[str] = (),
        before: Collection[str] = (),
    ) -> None:
        taken: list[str] = []
        done: list[str] = []
        if said is not None and piece.kind == "work":
            taken = [one for one in piece.numbers if one not in refused or one in before or piece.sent]
        elif said is not None and piece.kind == "back":
            done = piece.numbers
        await self.journal.ended(piece, taken, done)
        self.held |= {(piece.address, one): piece for one in taken}
        for one in done:
            self.held.pop((piece.address, one), None)
        del self.waiting[piece.control]
        if said is not None:
            well = said.well and not set(refused) - set(before)
            self.counts["refused" if not well else "taken_back" if piece.kind == "back" else "taken"] += 1

    async def _deliver(self, piece: Piece, answer: bytes) -> None:
        """Hand on an answer. Raises ``Retry``: it cannot be kept now."""
        moment, meta = now_us(), {"peer": piece.host, "port": str(piece.port)}
        envelope = Envelope(
            new_envelope_id(moment), piece.tenant, self._adapter, "", moment, CONTENT_TYPE, "", answer, meta
        )
        await self.deliver(envelope)
