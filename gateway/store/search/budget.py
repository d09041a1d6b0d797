"""How much one search may work: beyond it the searcher is told to ask for less."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import Rejected

MAX_SECONDS = 15.0
MAX_CANDIDATES = 5_000_000
MAX_BODIES = 300_000
CONDITIONS_SECONDS = 1.0
CONDITIONS_BODIES = 5000
QUICK_SECONDS = 0.002
"""So long a condition may take for nothing: several times what an identifier takes."""


class Budget:
    """What is left of the work of one search.

    Attributes:
        indexed: a search may not look through a whole type: postings must narrow it.
    """

    __slots__ = ("_bodies", "_candidates", "_deadline", "indexed")

    def __init__(
        self,
        seconds: float = MAX_SECONDS,
        candidates: int = MAX_CANDIDATES,
        bodies: int = MAX_BODIES,
    ) -> None:
        self._deadline = time.monotonic() + seconds
        self._candidates = candidates
        self._bodies = bodies
        self.indexed = False

    def spend(self, candidates: int, bodies: int = 0) -> None:
        """Count postings that were looked at, and resources that were tested.

        Raises:
            Rejected: it was too much; code ``too-costly``.
        """
        self._candidates -= candidates
        self._bodies -= bodies
        if self._candidates < 0 or self._bodies < 0 or time.monotonic() > self._deadline:
            raise too_costly("must look at too many resources")


class Allowance(Budget):
    """What the conditions of one Transact may work together: while they are searched, nobody else can write.

    A condition that postings answer, an identifier above all, costs none of it: there may be thousands.
    """

    __slots__ = ("_seconds",)

    def __init__(self, seconds: float = CONDITIONS_SECONDS, bodies: int = CONDITIONS_BODIES) -> None:
        super().__init__(seconds, bodies=bodies)
        self._seconds = seconds
        self.indexed = True

    @contextmanager
    def search(self) -> Iterator[None]:
        """Let the clock run while one condition is searched."""
        begun = time.monotonic()
        self._deadline = begun + self._seconds
        try:
            yield
        finally:
            self._seconds -= max(0.0, time.monotonic() - begun - QUICK_SECONDS)


def too_costly(why: str) -> Rejected:
    """Return the error of a search that asks for more work than one search may make."""
    return Rejected(
        f"this search {why}: add a patient, a code, an identifier or a span of _lastUpdated",
        code="too-costly",
    )
