"""Interaction: what the API wants written, on its way through the engine, beside the messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.errors import Retry
from gateway.store import Transact, Transacted

_CHANGE_BYTES = 2048
"""What a change counts where nobody says how large the request was."""


@dataclass(slots=True, eq=False)
class Interaction:
    """One Transact between its request and its answer; event loop and writer hand it over, never share it.

    Attributes:
        answered: gets what became of it once that is committed, or that nothing was.
    """

    transact: Transact
    answered: asyncio.Future[Transacted | Retry]

    @property
    def size(self) -> int:
        """Bytes that it counts while it is under way."""
        return self.transact.size or _CHANGE_BYTES * len(self.transact.changes)

    @property
    def weight(self) -> int:
        """How many messages it is as much work as, about."""
        return max(1, len(self.transact.changes) // 4)


@dataclass(slots=True)
class Told:
    """What the writer tells the event loop about an interaction."""

    interaction: Interaction
    answer: Transacted | Retry
