"""``Observation/$lastn``: the newest Observations of each code (R4 operation-observation-lastn)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.canonical.json import glance
from gateway.errors import Rejected
from gateway.store import light
from gateway.store.dates import EARLIEST
from gateway.store.index import normal, parameters, spans, values
from gateway.store.model import Version
from gateway.store.search.budget import too_costly
from gateway.store.search.filters import Json
from gateway.store.search.plan import Plan
from gateway.store.search.sight import Sight

MAX_OBSERVATIONS = 50_000
MAX_EACH = 1000
MAX_SHOWN = 5000
"""Observations of one answer, which has no pages."""

_Dated = tuple[int, int]
"""(microsecond of the observation, sequence number)"""


def most(pairs: Sequence[tuple[str, str]]) -> tuple[int, list[tuple[str, str]]]:
    """Return ``max`` and the other parameters.

    Raises:
        Rejected: ``max`` is no positive number, code ``value``; pages are asked for, code ``not-supported``.
    """
    limit = 1
    for name, value in pairs:
        if name in ("_count", "_cursor"):
            raise Rejected(
                "is no parameter of $lastn, which answers on one page: max bounds it",
                code="not-supported",
                where=name,
            )
        if name == "max":
            if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
                raise Rejected("is a number above 0", code="value", where="max")
            limit = min(int(value), MAX_EACH)
    return limit, [pair for pair in pairs if pair[0] != "max"]


def newest(sight: Sight, plans: Mapping[str, Plan], limit: int, zone: str) -> list[Version]:
    """Return the newest Observations of each code, at most ``limit`` of one code, newest first.

    Observations that share a coding are of one code; without any coding, those with the same text.

    Raises:
        Rejected: too many Observations match, or would be shown; code ``too-costly``.
    """
    groups: dict[object, list[_Dated]] = {}
    for at, version in enumerate(sight.matches(plans, sight.end(), 1000)):
        if at >= MAX_OBSERVATIONS:
            raise too_costly(f"has more than {MAX_OBSERVATIONS} Observations to choose from")
        resource = glance(version.body)
        dated = _moment(resource, zone), version.seq
        _file(groups, _codes(resource), dated)
    chosen = {each for group in groups.values() for each in sorted(group, reverse=True)[:limit]}
    order = [seq for _, seq in sorted(chosen, reverse=True)]
    if len(order) > MAX_SHOWN:
        raise too_costly(f"shows more than {MAX_SHOWN} Observations, lower max too")
    found: list[Version] = []
    size = 0
    for part in light.parts(order):
        found += sight.fetch(part)
        size += sum(len(each.body) for each in found[-len(part) :])
        if size > light.MAX_BYTES:
            raise too_costly(f"shows more than {light.MAX_BYTES >> 20} MiB, lower max too")
    return found


def _file(groups: dict[object, list[_Dated]], codes: Sequence[object], dated: _Dated) -> None:
    """Put an Observation into the group of its codes; groups that it joins become one."""
    joined: list[_Dated] = []
    for group in {id(groups[code]): groups[code] for code in codes if code in groups}.values():
        if not joined:
            joined = group
        else:
            joined.extend(group)
            for code, other in groups.items():
                if other is group:
                    groups[code] = joined
    joined.append(dated)
    for code in codes:
        groups[code] = joined


def _codes(resource: Json) -> list[object]:
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    found: list[object] = [
        (each.get("system", ""), each.get("code"))
        for each in (codings if isinstance(codings, list) else ())
        if isinstance(each, dict) and each.get("code")
    ]
    return found or [normal(str(code.get("text", ""))) if isinstance(code, dict) else ""]


def _moment(resource: Json, zone: str) -> int:
    date: Any = parameters("Observation")["date"]
    found = [low for kind, value in values(date, resource) for low, _ in spans(kind, value, zone)]
    return max(found, default=EARLIEST)
