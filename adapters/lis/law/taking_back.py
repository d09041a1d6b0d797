"""Taking back: tests that analysers have, or will have, and that nobody wants any more (LAB-28, ORC-1 CA).

What is cancelled, on hold or entered in error is looked for in the store; what another analyser has completed
is heard (IHE PaLM LAW, LAW-001). What waits is brought without it; where it may have arrived, it is taken
back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from adapters.lis.law.bringing import Bringing
from adapters.lis.law.piece import Piece, back, order_of, tubes_of, without
from adapters.lis.law.recall import Recall
from gateway.canonical import new_envelope_id, now_us
from gateway.wire import er7

_HOUR_US = 3600 * 1_000_000
_LOG = logging.getLogger("qiao.law")


class TakingBack:
    """Watches what was promised.

    Args:
        adapter: id of the door, for the log.
        settings: ``work…`` of the door.

    Attributes:
        recall: asks the store; None: there is none yet.
    """

    def __init__(
        self, adapter: str, settings: Mapping[str, str | int | float | bool], bringing: Bringing
    ) -> None:
        self._adapter, self._bringing = adapter, bringing
        self._every = float(settings["work_look"])
        self._held_us = int(float(settings["work_held"]) * _HOUR_US)
        self.recall: Recall | None = None
        self._ended: set[str] = set()
        self._since = 0

    def start(self) -> None:
        """Begin to look, at what has happened since the first promise that is still open."""
        every = [*self._bringing.held.values(), *self._bringing.waiting.values()]
        self._since, self._ended = min((one.at_us for one in every), default=now_us()), set()
        if self._every:
            self._bringing.run(self._look_often())

    async def _look_often(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 -- the next look is due whatever happened
                _LOG.warning(
                    "%s: cancelled work cannot be looked for: %s", self._adapter, type(error).__name__
                )
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Take back what was cancelled, and forget what is old. Raises ``Retry``: it cannot be known now."""
        bringing = self._bringing
        await bringing.forget_old(now_us() - self._held_us)
        if not (bringing.held or bringing.waiting) or self.recall is None:
            self._since, self._ended = now_us(), set()
            return
        ended, self._since = await self.recall.ended(self._since)
        self._ended |= ended
        if not self._ended:
            return
        held = [(piece, number) for (_, number), piece in bringing.held.items()]
        held += [(piece, one) for piece in self._work() for one in piece.numbers]
        left = set()
        for piece, numbers in await self.recall.over(held, self._ended):
            if not await self._stopped(piece, numbers):
                left |= {one.partition("^")[0] for one in numbers}
        self._ended = left

    async def measured(self, message: er7.Message, numbers: Collection[str]) -> None:
        """Take note of completed tests: who has made them is done, others need not make them.

        Raises:
            Retry: that cannot be kept now.
        """
        name, tubes, bringing = message.get("MSH-3.1") or "", tubes_of(message), self._bringing
        others: list[tuple[Piece, str]] = []
        wanted = [(address, number) for address in bringing.known for number in dict.fromkeys(numbers)]
        for address, number in [one for one in wanted if one in bringing.held]:
            piece = bringing.held[address, number]
            if tubes and tubes.isdisjoint(piece.barcodes):
                continue  # another order of the same number
            if piece.name == name:
                await bringing.forget(address, number)
            else:
                others.append((piece, number))
        for piece, number in others:
            await self._take_back(piece, [number])
        orders = {order_of(one).encode() for one in numbers}
        for piece in [one for one in self._work() if one.name != name]:
            if not any(one in piece.raw for one in orders):
                continue  # to look is cheap, to read is not: hundreds may wait
            over = [one for one in piece.numbers if one in numbers]
            if not over or (tubes and tubes.isdisjoint(piece.barcodes)):
                continue
            if not await self._stopped(piece, over):
                await self._take_back(piece, over)  # right behind it

    def _work(self) -> list[Piece]:
        """Return the work that waits."""
        return [one for one in self._bringing.waiting.values() if one.kind == "work"]

    async def _stopped(self, piece: Piece, numbers: list[str]) -> bool:
        """Take tests out of what waits, or back; say whether that is possible now."""
        waiting = self._bringing.waiting
        if self._bringing.is_leaving(piece):
            return False
        if piece.control not in waiting or waiting[piece.control].sent:  # it may have arrived
            await self._take_back(piece, numbers)
        left = waiting.get(piece.control)
        if left is not None and not self._bringing.is_leaving(left):
            await self._bringing.change(without(left, numbers, datetime.now(UTC).astimezone()))
        return True

    async def _take_back(self, piece: Piece, numbers: list[str]) -> None:
        """Promise to take tests back, once; whose they are is told again. Raises ``Retry``: not now."""
        bringing = self._bringing
        under_way = {
            one
            for other in bringing.waiting.values()
            if other.kind == "back" and other.address == piece.address
            for one in other.numbers
        }
        if wanted := [one for one in numbers if one not in under_way]:
            if self.recall is not None:
                await self.recall.note(piece)
            control = bringing.control(new_envelope_id(now_us()))
            await bringing.promise([back(piece, wanted, control, datetime.now(UTC).astimezone())])
