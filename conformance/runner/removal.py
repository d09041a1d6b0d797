"""Removes at the end what a run wrote; what a target must keep (a ledger's documents) stays, and is told."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter

from conformance.harness.client import Client, Scribe
from conformance.harness.paths import each
from conformance.harness.session import Session
from conformance.harness.target import Identity
from conformance.harness.verdict import Ended

GONE = ("200", "202", "204", "404", "410")
TOGETHER = 100
"""Deletions in one batch."""
Written = tuple[str, str]
"""``Type/id``, and the identity that wrote it."""


def remove(session: Session, jobs: int, told: Callable[[int, int], None]) -> list[str]:
    """Delete everything the run wrote, and leave nothing that refers to what is gone; returns what stays.

    What nothing refers to goes first. Where the target keeps something, what that refers to is left alone.

    Args:
        told: how many of how many were dealt with so far.
    """
    left = dict(reversed(session.written.items()))
    total, stay = len(left), []
    while left:
        referred = {other for one in left for other in session.refers.get(one, ()) if other != one}
        leading = [one for one in left.items() if one[0] not in referred] or list(left.items())
        kept = _once(session, leading, jobs)
        for name, _ in leading:
            del left[name]
        for name in _held([name for name, _ in kept], session.refers, left):
            del left[name]
            stay.append(name)
        stay += [name for name, _ in kept]
        told(total - len(left), total)
    return stay


def _held(kept: Sequence[str], refers: Mapping[str, Set[str]], left: Container[str]) -> list[str]:
    """Return what is left and must stay, since something that stays leads to it."""
    found: dict[str, None] = {}
    open_ = list(kept)
    while open_:
        for other in sorted(refers.get(open_.pop(), ())):
            if other in left and other not in found:
                found[other] = None
                open_.append(other)
    return list(found)


def _once(session: Session, names: Sequence[Written], jobs: int) -> list[Written]:
    """Delete some, side by side; returns what the target keeps."""
    parts = [
        group[at : at + TOGETHER]
        for _, found in groupby(sorted(names, key=itemgetter(1)), key=itemgetter(1))
        for group in [list(found)]
        for at in range(0, len(group), TOGETHER)
    ]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        return [one for stayed in pool.map(lambda part: _part(session, part), parts) for one in stayed]


def _part(session: Session, part: Sequence[Written]) -> list[Written]:
    """Delete some in one batch (R4 http §3.1.0.11), each by itself where the target takes none."""
    client = Client(session.line, _identity(session, part[0][1]), Scribe("clean-up"))
    entries = [{"request": {"method": "DELETE", "url": name}} for name, _ in part]
    try:
        answer = client.post("", {"resourceType": "Bundle", "type": "batch", "entry": entries})
        codes = [str(one).partition(" ")[0] for one in each(answer.body, "entry.response.status")]
        if not answer.ok or len(codes) != len(part):
            codes = [str(client.delete(name).status) for name, _ in part]
    except Ended:
        return list(part)
    return [one for one, code in zip(part, codes, strict=True) if code not in GONE]


def _identity(session: Session, name: str) -> Identity:
    identities = session.target.identities
    return identities.get(name) or identities.get("operator") or Identity("nobody")
