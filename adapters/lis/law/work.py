"""Work: what analysers asked for, brought to them as OML^O33, and taken back when it is cancelled (LAB-28).

What is promised (the RSP has said OK) is on disk before, and is brought whatever happens, until it is too
old: the analyser is off, falls silent, says that it cannot now; the gateway stops, or is killed. It is
brought with the same control id. What an ORL^O34 says of the orders is delivered like any message.

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
from collections import Counter
from collections.abc import Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.lis.law.addresses import Address, Addresses
from adapters.lis.law.journal import Journal
from adapters.lis.law.piece import (
    Heard,
    Kind,
    Piece,
    Said,
    back,
    heard,
    numbers_in,
    order_of,
    tubes_of,
    without,
    work_for,
)
from adapters.lis.law.recall import Recall
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Rejected, Retry
from gateway.spec import Deliver
from gateway.wire import er7
from gateway.wire.hl7v2 import CONTENT_TYPE, Asked
from gateway.wire.mllp.client import MllpClient

PAUSES = (0.5, 5.0, 30.0)
"""Seconds before each further attempt; the last one again and again."""
MOST_WAITING = 500
"""Pieces for one analyser; who asks for more hears that it has to ask later."""
MOST_ANALYSERS = 1000
MOST_LATE = 20
"""Answers to something else that are read before that to a piece."""
NOTHING_LASTS = 60.0
"""Seconds for which it is worth saying that nothing is to be done."""

_HOUR_US = 3600 * 1_000_000
_LOG = logging.getLogger("qiao.law")


class Work:
    """Brings work to analysers, to each in its order, over one connection that is kept.

    Args:
        adapter: id of the door, for errors and envelopes.
        settings: ``work…`` of the door.

    Raises:
        Misconfigured: as ``Addresses``.
    """

    deliver: Deliver

    def __init__(self, adapter: str, settings: Mapping[str, str | int | float | bool]) -> None:
        self._adapter, self._counts = adapter, Counter[str]()
        self.addresses = Addresses(adapter, settings)
        self._timeout, self._every = float(settings["work_timeout"]), float(settings["work_look"])
        self._kept_us = int(float(settings["work_kept"]) * _HOUR_US)
        self._held_us = int(float(settings["work_held"]) * _HOUR_US)
        self._journal = Journal(str(settings["work_state"]), f'[adapters."{adapter}"] work_state')
        self.recall: Recall | None = None
        self._queues: dict[Address, asyncio.Queue[Piece]] = {}
        self._waiting: dict[str, Piece] = {}
        self._sending: set[str] = set()
        self._held: dict[tuple[Address, str], Piece] = {}
        self._ended: set[str] = set()
        self._known: set[Address] = set()
        self._silent: set[Address] = set()
        self._since = 0
        self._numbers = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bring what was promised before the last stop. Raises ``Misconfigured``: it cannot be read."""
        if not self.addresses:
            return
        await self._journal.open()
        for piece, number in await self._journal.held():
            self._held[piece.address, number] = piece
            self._known.add(piece.address)
        for piece in await self._journal.waiting():
            self._queue(piece)
        every = [*self._held.values(), *self._waiting.values()]
        self._since = min((one.at_us for one in every), default=now_us())
        if self._every:
            self._run(self._look_often())

    async def stop(self) -> None:
        """End; what was not brought is brought after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, self._queues, self._waiting, self._held, self._known = set(), {}, {}, {}, set()
        if self.addresses:
            await self._journal.close()

    def status(self) -> Mapping[str, int | str]:
        """Return what became of the pieces, how many wait, and how many tests analysers have."""
        told = {f"work_{one}": self._counts[one] for one in ("taken", "refused", "given_up", "taken_back")}
        return {**told, "work_waiting": len(self._waiting), "work_held": len(self._held)}

    async def give(self, envelope: Envelope, asked: Asked, *, everything: bool = False) -> bool:
        """Promise work; False where nobody knows the port of who asks.

        Args:
            everything: it was not asked for one tube: what the analyser has already is not brought again.

        Raises:
            Retry: it cannot be kept, or too much waits for this analyser.
        """
        address = self.addresses.of(envelope, asked.message)
        if address is None or (address not in self._queues and len(self._queues) >= MOST_ANALYSERS):
            return False
        mine = self._mine(address) if everything else set()
        said = [one for one in asked.said if not everything or not mine.issuperset(numbers_in(asked, one))]
        waiting = sum(one.address == address for one in self._waiting.values())
        if waiting and waiting + len(said) > MOST_WAITING:
            raise Retry("too much work waits for this analyser")
        name = asked.message.get("MSH-3.1") or ""
        pieces = []
        tubes: list[Said | None] = [*said] or [None]
        for one in tubes:
            control = self._control(envelope.id)
            raw = work_for(asked, one, control)
            kind: Kind = "nothing" if one is None else "work"
            pieces.append(Piece(control, kind, envelope.tenant, name, envelope.sender, *address, raw,
                                envelope.charset, envelope.received_at))  # fmt: skip
        await self._journal.put(pieces)
        for piece in pieces:
            self._queue(piece)
        return True

    def _mine(self, address: Address) -> set[str]:
        """Return the tests that an analyser has, or will have."""
        mine = {number for (where, number) in self._held if where == address}
        return mine | {
            one for piece in self._waiting.values() if piece.address == address for one in piece.numbers
        }

    async def measured(self, message: er7.Message, numbers: Collection[str]) -> None:
        """Take note of completed tests: who has made them is done, others need not make them (LAW-001)."""
        name, tubes = message.get("MSH-3.1") or "", tubes_of(message)
        others: list[tuple[Piece, str]] = []
        wanted = [(address, number) for address in self._known for number in dict.fromkeys(numbers)]
        for address, number in [one for one in wanted if one in self._held]:
            piece = self._held[address, number]
            if tubes and tubes.isdisjoint(piece.barcodes):
                continue  # another order of the same number
            if piece.name == name:
                del self._held[address, number]
                await self._journal.ended(piece, done=[number])
            else:
                others.append((piece, number))
        for piece, number in others:
            await self._take_back(piece, [number])
        orders = {order_of(one).encode() for one in numbers}
        for piece in [one for one in self._waiting.values() if one.kind == "work" and one.name != name]:
            if not any(one in piece.raw for one in orders):
                continue  # to look is cheap, to read is not: hundreds may wait
            over = [one for one in piece.numbers if one in numbers]
            if not over or (tubes and tubes.isdisjoint(piece.barcodes)):
                continue
            if not await self._stopped(piece, over):
                await self._take_back(piece, over)  # right behind it

    async def look(self) -> None:
        """Take back what was cancelled, and forget what is old. Raises ``Retry``: it cannot be known now."""
        old = now_us() - self._held_us
        if gone := [key for key, piece in self._held.items() if piece.at_us < old]:
            await self._journal.forget(old)
            for key in gone:
                del self._held[key]
        if not (self._held or self._waiting) or self.recall is None:
            self._since, self._ended = now_us(), set()
            return
        ended, self._since = await self.recall.ended(self._since)
        self._ended |= ended
        if not self._ended:
            return
        held = [(piece, number) for (_, number), piece in self._held.items()]
        held += [
            (piece, one) for piece in self._waiting.values() if piece.kind == "work" for one in piece.numbers
        ]
        left = set()
        for piece, numbers in await self.recall.over(held, self._ended):
            if not await self._stopped(piece, numbers):
                left |= {one.partition("^")[0] for one in numbers}
        self._ended = left

    async def _stopped(self, piece: Piece, numbers: list[str]) -> bool:
        """Take tests out of what waits, or back; say whether that is possible now."""
        if piece.control in self._sending:
            return False
        if piece.control in self._waiting:
            made = without(piece, numbers, datetime.now(UTC).astimezone())
            self._waiting[piece.control] = made  # before it is on disk: it may leave meanwhile
            await self._journal.changed(made)
            if piece.sent:  # what it was before may have arrived
                await self._take_back(piece, numbers)
            return True
        await self._take_back(piece, numbers)
        return True

    async def _take_back(self, piece: Piece, numbers: list[str]) -> None:
        under_way = {one for other in self._waiting.values() if other.kind == "back"
                     and other.address == piece.address for one in other.numbers}  # fmt: skip
        if wanted := [one for one in numbers if one not in under_way]:
            control = self._control(new_envelope_id(now_us()))
            made = back(piece, wanted, control, datetime.now(UTC).astimezone())
            await self._journal.put([made])
            self._queue(made)

    def _control(self, base: str) -> str:
        """Return a control id of 20 characters that is told once."""
        self._numbers = (self._numbers + 1) % 1000  # more than there are tubes in one answer
        return f"W{base[-16:]}{self._numbers:03d}"

    def _queue(self, piece: Piece) -> None:
        self._waiting[piece.control] = piece
        self._known.add(piece.address)
        if piece.address not in self._queues:
            self._queues[piece.address] = asyncio.Queue()
            self._run(self._bring(piece.address))
        self._queues[piece.address].put_nowait(piece)

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_often(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 -- the next look is due whatever happened
                _LOG.warning(
                    "%s: cancelled work cannot be looked for: %s", self._adapter, type(error).__name__
                )
            await asyncio.sleep(self._every)

    async def _bring(self, address: Address) -> None:
        client = MllpClient(*address, ssl=self.addresses.trust, timeout=self._timeout)
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
            piece = self._waiting[control]
            if attempt and self._is_old(piece):
                with suppress(Retry):  # it is given up when that can be kept
                    await self._end(piece)
                    self._counts["given_up"] += 1
                    _LOG.warning("%s: work is given up that an analyser does not take", self._adapter)
                    return
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES)) - 1] if attempt and PAUSES else 0.0)
            piece, attempt = self._waiting[control], attempt + 1
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
            await self._journal.changed(sent)
            self._waiting[piece.control] = sent

    async def _settled(self, piece: Piece, said: Heard, raw: bytes) -> bool:
        """Keep what was heard; say whether it could be kept: else the piece is brought again."""
        numbers = piece.numbers
        refused = [one for one in numbers if said.word(one)[:1] == "U"]
        before = [one for one in refused if piece.kind == "work" and (piece.address, one) in self._held]
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
        await self._journal.ended(piece, taken, done)
        self._held |= {(piece.address, one): piece for one in taken}
        for one in done:
            self._held.pop((piece.address, one), None)
        del self._waiting[piece.control]
        if said is not None:
            well = said.well and not set(refused) - set(before)
            self._counts["refused" if not well else "taken_back" if piece.kind == "back" else "taken"] += 1

    async def _deliver(self, piece: Piece, answer: bytes) -> None:
        """Hand on an answer. Raises ``Retry``: it cannot be kept now."""
        moment, meta = now_us(), {"peer": piece.host, "port": str(piece.port)}
        envelope = Envelope(
            new_envelope_id(moment), piece.tenant, self._adapter, "", moment, CONTENT_TYPE, "", answer, meta
        )
        await self.deliver(envelope)
