"""How much one search may work: beyond it the searcher is told to ask for less."""

from __future__ import annotations

import time

from gateway.errors import Rejected

MAX_SECONDS = 15.0
MAX_CANDIDATES = 5_000_000
MAX_BODIES = 300_000


class Budget:
    """What is left of the work of one search."""

    __slots__ = ("_bodies", "_candidates", "_deadline")

    def __init__(
        self,
        seconds: float = MAX_SECONDS,
        candidates: int = MAX_CANDIDATES,
        bodies: int = MAX_BODIES,
    ) -> None:
        self._deadline = time.monotonic() + seconds
        self._candidates = candidates
        self._bodies = bodies

    def spend(self, candidates: int, bodies: int = 0) -> None:
        """Count postings and resources that were looked at.

        Raises:
            Rejected: it was too much; code ``too-costly``.
        """
        self._candidates -= candidates
        self._bodies -= bodies
        if self._candidates < 0 or self._bodies < 0 or time.monotonic() > self._deadline:
            raise too_costly("must look at too many resources")


def too_costly(why: str) -> Rejected:
    """Return the error of a search that asks for more work than one search may make."""
    return Rejected(
        f"this search {why}: add a patient, a code, an identifier or a span of _lastUpdated",
        code="too-costly",
    )
