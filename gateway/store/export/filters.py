"""Runs searches on the snapshot of a job, those of ``_typeFilter`` above all; a resource meets one of them.

The matches of all searches of a type are merged by sequence number, so that a resource that meets several is
found once, and the walk goes on at one place for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from gateway.errors import Rejected
from gateway.store.export.asked import Pairs
from gateway.store.model import Version
from gateway.store.search import compartment, query, visible
from gateway.store.search.budget import Budget
from gateway.store.search.filters import Filter, Ids
from gateway.store.search.lately import Lately
from gateway.store.search.parse import Reader
from gateway.store.search.plan import Plan
from gateway.store.search.sight import Sight
from gateway.store.view import ALL, View

CANDIDATES = 500
"""Candidates of each search that are looked at in a step."""

Search = list[Filter]
"""One search of one type: all its filters must hold."""

_RESULT = frozenset((*query.RESULT, "_type", "_containedType", "_score"))


def check(type_: str, pairs: Pairs, zone: str, base: str) -> None:
    """Make sure that a search can be a filter.

    Raises:
        Rejected: an unknown parameter, a value that it cannot take, or one that shapes a result.
    """
    for name, _ in pairs:
        if name.partition(":")[0] in _RESULT:
            raise Rejected(
                "shapes the result of a search and filters nothing", code="not-supported", where=name[:64]
            )
    read(type_, pairs, zone, base)


def read(type_: str, pairs: Pairs, zone: str, base: str) -> Search:
    """Return the filters that a search is; see :func:`check`."""
    return query.read([type_], pairs, Reader(zone, base)).filters[type_]


def of_patients(type_: str, ids: Iterable[str]) -> list[Search]:
    """Return searches that find what may belong to some patients, each one's by its postings."""
    if type_ == "Patient":
        return [[Ids(frozenset(ids))]]
    return [[compartment.belongs("Patient", id_, type_)] for id_ in sorted(ids)]


def matches(
    connection: Connection,
    tenant: int,
    type_: str,
    searches: Sequence[Search],
    snapshot: int,
    below: int,
    view: View = ALL,
    lately: Lately[Any] | None = None,
) -> tuple[list[Version], int]:
    """Return the next versions that meet one of the searches, newest first, and the place to go on below.

    Args:
        view: what the searches may know of.
        lately: keeps what the steps of one walk share.

    Returns:
        The versions, each once, and the lowest sequence number that all searches have been followed to; 0
        where there are no more.
    """
    found: dict[int, Version] = {}
    place = 0
    for search in searches:
        sight = Sight(connection, tenant, snapshot, Budget(math.inf, 1 << 62, 1 << 62), view, lately)
        matching, reached = _next(sight, type_, sight.plan({type_: search})[type_], below)
        found.update((match.seq, match) for match in matching)
        place = max(place, reached)
    return [found[seq] for seq in sorted(found, reverse=True) if seq >= place], place


def _next(sight: Sight, type_: str, plan: Plan, below: int) -> tuple[list[Version], int]:
    """Return the matches among the next candidates, and the last one of those; 0 where there are no more."""
    seqs = list(islice(sight.candidates(type_, plan, below, CANDIDATES), CANDIDATES))
    versions = visible.fetch(sight.connection, seqs, sight.snapshot)
    reached = seqs[-1] if len(seqs) == CANDIDATES else 0
    return [one for one in versions if sight.fulfils(plan, one)], reached
