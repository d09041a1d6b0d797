"""Removes at the end what a run wrote; what a target must keep (a ledger's documents) stays, and is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from conformance.evidence.exchange import Book
from conformance.harness.client import Client
from conformance.harness.session import Session
from conformance.harness.verdict import Unanswered

GONE = (200, 202, 204, 404, 410)
ROUNDS = 3
"""A target may let go only of what nothing refers to any more: tried again, while something goes."""


@dataclass(slots=True)
class _Recorder:
    book: Book = field(default_factory=Book)
    doing: str = "clean-up"


def remove(session: Session, jobs: int, told: Callable[[int, int], None]) -> list[str]:
    """Delete everything the run wrote, the last first; returns what the target keeps.

    Args:
        told: how many of how many were tried so far.
    """
    left = list(reversed(session.written.items()))
    for _ in range(ROUNDS):
        kept = _once(session, left, jobs, told)
        if not kept or len(kept) == len(left):
            return [name for name, _ in kept]
        left = kept
    return [name for name, _ in left]


def _once(
    session: Session, names: list[tuple[str, str]], jobs: int, told: Callable[[int, int], None]
) -> list[tuple[str, str]]:
    identities = session.target.identities
    done = 0
    kept: list[tuple[str, str]] = []

    def one(item: tuple[str, str]) -> bool:
        identity = identities.get(item[1]) or identities["operator"]
        try:
            return Client(session.line, identity, _Recorder()).delete(item[0]).status in GONE
        except Unanswered:
            return False

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for item, gone in zip(names, pool.map(one, names), strict=True):
            done += 1
            told(done, len(names))
            if not gone:
                kept.append(item)
    return kept
