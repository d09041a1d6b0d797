"""Removes at the end what a run wrote; what a target must keep (a ledger's documents) stays, and is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from conformance.evidence.exchange import Book
from conformance.harness.client import Client
from conformance.harness.paths import each
from conformance.harness.session import Session
from conformance.harness.target import Identity
from conformance.harness.verdict import Unanswered

GONE = ("200", "202", "204", "404", "410")
ROUNDS = 3
"""A target may let go only of what nothing refers to any more: tried again, while something goes."""
TOGETHER = 100
"""Deletions in one batch."""
Written = tuple[str, str]
"""``Type/id``, and the identity that wrote it."""


@dataclass(slots=True)
class _Recorder:
    book: Book = field(default_factory=Book)
    doing: str = "clean-up"


def remove(session: Session, jobs: int, told: Callable[[int, int], None]) -> list[str]:
    """Delete everything the run wrote, the last first; returns what the target keeps.

    Args:
        told: how many of how many were tried so far.
    """
    left: list[Written] = list(reversed(session.written.items()))
    for _ in range(ROUNDS):
        kept = _once(session, left, jobs, told)
        if not kept or len(kept) == len(left):
            return [name for name, _ in kept]
        left = kept
    return [name for name, _ in left]


def _once(
    session: Session, names: Sequence[Written], jobs: int, told: Callable[[int, int], None]
) -> list[Written]:
    parts = [
        group[at : at + TOGETHER]
        for _, found in groupby(names, key=lambda one: one[1])
        for group in [list(found)]
        for at in range(0, len(group), TOGETHER)
    ]
    kept: list[Written] = []
    done = 0
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for part, stayed in zip(parts, pool.map(lambda part: _part(session, part), parts), strict=True):
            done += len(part)
            told(done, len(names))
            kept.extend(stayed)
    return kept


def _part(session: Session, part: Sequence[Written]) -> list[Written]:
    """Delete some in one batch (R4 http §3.1.0.11), each by itself where the target takes none."""
    client = Client(session.line, _identity(session, part[0][1]), _Recorder())
    entries = [{"request": {"method": "DELETE", "url": name}} for name, _ in part]
    try:
        answer = client.post("", {"resourceType": "Bundle", "type": "batch", "entry": entries})
        codes = [str(one).partition(" ")[0] for one in each(answer.body, "entry.response.status")]
        if not answer.ok or len(codes) != len(part):
            codes = [str(client.delete(name).status) for name, _ in part]
    except Unanswered:
        return list(part)
    return [one for one, code in zip(part, codes, strict=True) if code not in GONE]


def _identity(session: Session, name: str) -> Identity:
    identities = session.target.identities
    return identities.get(name) or identities.get("operator") or Identity("nobody")
