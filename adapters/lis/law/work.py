"""Work: what analysers asked for, promised to them; ``bringing`` brings it, ``taking_back`` takes it back.

What is promised (the RSP has said OK) is on disk before, and is brought whatever happens, until it is old.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from adapters.lis.law.addresses import Address, Addresses
from adapters.lis.law.bringing import Bringing
from adapters.lis.law.piece import Kind, Piece, Said, numbers_in, work_for
from adapters.lis.law.recall import Recall
from adapters.lis.law.taking_back import TakingBack
from gateway.canonical import Envelope
from gateway.errors import Retry
from gateway.spec import Deliver
from gateway.wire import er7
from gateway.wire.hl7v2 import Asked

MOST_WAITING = 500
"""Pieces for one analyser; who asks for more hears that it has to ask later."""
MOST_ANALYSERS = 1000


class Work:
    """The work of all analysers at one door.

    Args:
        adapter: id of the door, for errors and envelopes.
        settings: ``work…`` of the door.

    Raises:
        Misconfigured: as ``Addresses``.

    Attributes:
        addresses: where analysers take it.
        bringing: what is on its way; ``taking_back``: what is not to be made any more.
    """

    def __init__(self, adapter: str, settings: Mapping[str, str | int | float | bool]) -> None:
        self.addresses = Addresses(adapter, settings)
        self.bringing = Bringing(adapter, settings, self.addresses.trust)
        self.taking_back = TakingBack(adapter, settings, self.bringing)

    async def start(self, deliver: Deliver) -> None:
        """Bring what was promised before the last stop. Raises ``Misconfigured``: it cannot be read."""
        self.bringing.deliver = deliver
        if self.addresses:
            await self.bringing.start()
            self.taking_back.start()

    async def stop(self) -> None:
        """End; what was not brought is brought after the next start."""
        if self.addresses:
            await self.bringing.stop()

    def asks(self, recall: Recall) -> None:
        """Take what knows which orders are over."""
        self.taking_back.recall = recall

    def status(self) -> Mapping[str, int | str]:
        """Return what became of the pieces, how many wait, and how many tests analysers have."""
        bringing = self.bringing
        told = {f"work_{one}": bringing.counts[one] for one in ("taken", "refused", "given_up", "taken_back")}
        return {**told, "work_waiting": len(bringing.waiting), "work_held": len(bringing.held)}

    async def give(self, envelope: Envelope, asked: Asked, *, everything: bool = False) -> bool:
        """Promise work; False where nobody knows the port of who asks.

        Args:
            everything: it was not asked for one tube: what the analyser has already is not brought again.

        Raises:
            Retry: it cannot be kept, or too much waits for this analyser.
        """
        address, lines = self.addresses.of(envelope, asked.message), self.bringing.lines
        if address is None or (address not in lines and len(lines) >= MOST_ANALYSERS):
            return False
        mine = self._mine(address) if everything else set()
        said = [one for one in asked.said if not everything or not mine.issuperset(numbers_in(asked, one))]
        waiting = sum(one.address == address for one in self.bringing.waiting.values())
        if waiting and waiting + len(said) > MOST_WAITING:
            raise Retry("too much work waits for this analyser")
        name = asked.message.get("MSH-3.1") or ""
        pieces = []
        tubes: list[Said | None] = [*said] or [None]
        for one in tubes:
            control = self.bringing.control(envelope.id)
            raw = work_for(asked, one, control)
            kind: Kind = "nothing" if one is None else "work"
            pieces.append(Piece(control, kind, envelope.tenant, name, envelope.sender, *address, raw,
                                envelope.charset, envelope.received_at))  # fmt: skip
        await self.bringing.promise(pieces)
        return True

    def _mine(self, address: Address) -> set[str]:
        """Return the tests that an analyser has, or will have."""
        mine = {number for (where, number) in self.bringing.held if where == address}
        waiting = [piece for piece in self.bringing.waiting.values() if piece.address == address]
        return mine | {one for piece in waiting for one in piece.numbers}

    async def measured(self, message: er7.Message, numbers: Collection[str]) -> None:
        """Take note of completed tests. Raises ``Retry``: that cannot be kept now."""
        await self.taking_back.measured(message, numbers)
