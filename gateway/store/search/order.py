"""``_sort``: several keys, missing values last, ties newest first (R4 §3.1.1.5.1).

Of several values of one resource the one that comes first in the asked order counts. A period is sorted by
its beginning, a token by its code.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gateway.canonical.json import glance
from gateway.store import light
from gateway.store.cursor import Place
from gateway.store.index import Parameter, quantities, references, spans, strings, tokens, values
from gateway.store.index.normal import filed_strings
from gateway.store.model import Version
from gateway.store.search.budget import too_costly
from gateway.store.search.filters import Json
from gateway.store.search.plan import Plan
from gateway.store.search.query import Order
from gateway.store.search.sight import Sight

MAX_SORTED = 100_000
"""Matches that are sorted in memory."""

Key = Any
"""What two resources are compared by: of one kind for all values of a parameter; None: missing."""


def is_native(orders: Sequence[Order]) -> bool:
    """Tell whether commit order is the order asked for: no two resources have one ``lastUpdated``."""
    return not orders or orders[0].name == "_lastUpdated"


def page(sight: Sight, seqs: array[int], place: Place, wanted: int) -> Iterator[Version]:
    """Yield those of the sorted matches that follow a place, at most ``wanted``; it is (sequence number,)."""
    start = 0
    if place and int(place[0]) in seqs:
        start = seqs.index(int(place[0])) + 1
    for part in light.parts(seqs[start : start + wanted].tolist()):
        yield from sight.fetch(part)


def in_order(sight: Sight, plans: Mapping[str, Plan], orders: Sequence[Order], zone: str) -> array[int]:
    """Return the sequence numbers of all matches, sorted.

    Raises:
        Rejected: there are too many to be sorted; code ``too-costly``.
    """
    rows: list[tuple[int, list[Key]]] = []
    for version in sight.matches(plans, sight.end(), 1000):
        rows.append((version.seq, _keys(version, orders, zone)))
        if len(rows) > MAX_SORTED:
            raise too_costly(f"finds more than {MAX_SORTED} resources, too many to be sorted")
    for at, order in reversed(list(enumerate(orders))):
        rows = _sorted(rows, at, descending=order.descending)
    return array("q", [seq for seq, _ in rows])


def _sorted(rows: list[tuple[int, list[Key]]], at: int, *, descending: bool) -> list[tuple[int, list[Key]]]:
    """Sort by one key, stably; what has no value comes last in both directions."""
    valued = [row for row in rows if row[1][at] is not None]
    valued.sort(key=lambda row: row[1][at], reverse=descending)
    return valued + [row for row in rows if row[1][at] is None]


def _keys(version: Version, orders: Sequence[Order], zone: str) -> list[Key]:
    resource = glance(version.body)
    return [_key(version, resource, order, zone) for order in orders]


def _key(version: Version, resource: Json, order: Order, zone: str) -> Key:
    if order.name == "_id":
        return version.id
    if order.name == "_lastUpdated":
        return version.ts_us
    parameter = order.parameters[version.type]
    selected = values(parameter, resource)
    found: list[Key]
    if parameter.type == "string":  # as they stand in the index, which another page may be read from
        found = filed_strings(text for each in selected for text in strings(*each))
    else:
        found = [key for each in selected for key in KEYS[parameter.type](parameter, *each, zone)]
    if not found:
        return None
    return max(found) if order.descending else min(found)


def _numbers(_parameter: Parameter, kind: str, value: Any, _zone: str) -> list[Key]:
    return [each.low for each in quantities(kind, value) if each.low is not None]


KEYS: dict[str, Callable[[Parameter, str, Any, str], list[Key]]] = {
    "token": lambda parameter, kind, value, _: [
        (code.casefold(), system) for system, code in tokens(parameter, kind, value)
    ],
    "date": lambda _parameter, kind, value, zone: [low for low, _ in spans(kind, value, zone)],
    "reference": lambda _parameter, kind, value, _zone: references(kind, value),
    "uri": lambda _parameter, kind, value, _zone: references(kind, value),
    "number": _numbers,
    "quantity": _numbers,
}
"""Parameter type → the keys of one value; of strings all are looked at together."""
