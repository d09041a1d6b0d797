"""``_include``, ``_revinclude``, ``:iterate``: what matches refer to and are referred by (R4 §3.1.1.5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.canonical.json import glance
from gateway.store import light, versions
from gateway.store.index import Parameter, parameters, references, values
from gateway.store.model import Version
from gateway.store.search import canonical, visible
from gateway.store.search.budget import too_costly
from gateway.store.search.filters import Json, Values
from gateway.store.search.others import typed
from gateway.store.search.query import Include
from gateway.store.search.reference import Target
from gateway.store.search.sight import Sight
from gateway.store.search.uri import Uri
from gateway.store.types import TYPES

MAX_INCLUDED = 5000
"""Included resources of one page."""
MAX_ROUNDS = 20
"""How often ``:iterate`` goes on from what it found."""

Wanted = tuple[str, str, str]
"""(type, id, versionId); versionId ``""``: as the snapshot sees it."""


def follow(sight: Sight, matches: Sequence[Version], includes: Sequence[Include]) -> list[Version]:
    """Return what the matches' includes add: each resource once, none of the matches.

    A cycle ends where it comes back to what is there already.

    Raises:
        Rejected: it would be too many resources, or too large ones; code ``too-costly``.
    """
    shown = {(each.type, each.id) for each in matches}
    found: list[Version] = []
    size = 0
    news, active = list(matches), list(includes)
    for _ in range(MAX_ROUNDS):
        begun = len(found)
        for each in _new(sight, news, active, shown) if news and active else ():
            found.append(each)
            size += len(each.body)
            if len(found) > MAX_INCLUDED or size > light.MAX_BYTES:
                raise too_costly(
                    f"includes more than {MAX_INCLUDED} resources, or {light.MAX_BYTES >> 20} MiB, "
                    "on one page, lower _count too"
                )
        if len(found) == begun:
            break
        news, active = found[begun:], [each for each in includes if each.iterate]
    return found


def _new(
    sight: Sight, news: Sequence[Version], includes: Sequence[Include], shown: set[tuple[str, str]]
) -> Iterator[Version]:
    forward = [each for each in includes if not each.reverse]
    wanted = dict.fromkeys(_forward(news, forward)) if forward else {}
    for version in (
        *_fetch(sight, wanted),
        *_by_url(sight, news, forward),
        *_backward(sight, news, _spelled(sight, news, [each for each in includes if each.reverse])),
    ):
        key = version.type, version.id
        if key not in shown and sight.sees(version):
            shown.add(key)
            yield version


def _forward(news: Iterable[Version], includes: Sequence[Include]) -> Iterator[Wanted]:
    for version in news:
        resource = glance(version.body)
        for include in includes:
            if include.source in ("", version.type):
                for parameter in include.parameters or references_of(version.type):
                    yield from _targets(resource, parameter, include)


def references_of(type_: str) -> list[Parameter]:
    """Return the reference parameters of a type, for the wildcard."""
    return [each for each in parameters(type_).values() if each.type == "reference"]


def _targets(resource: Json, parameter: Parameter, include: Include) -> Iterator[Wanted]:
    for each in values(parameter, resource):
        for reference in references(*each):
            type_, id_, ver = typed(reference)
            if type_ and (type_ == include.target or (not include.target and _may(parameter, type_))):
                yield type_, id_, ver


def _by_url(sight: Sight, news: Sequence[Version], includes: Sequence[Include]) -> Iterator[Version]:
    """Yield what the canonicals of the matches name, all of one type at once."""
    wanted: dict[str, set[str]] = {}
    for version in news:
        for include in includes:
            if include.source in ("", version.type):
                for parameter in filter(canonical.by_url, include.parameters or references_of(version.type)):
                    found = _canonicals(version, parameter)
                    for type_ in canonical.targets(parameter) if found else ():
                        if include.target in ("", type_):
                            wanted.setdefault(type_, set()).update(found)
    for type_, names in wanted.items():
        urls = {canonical.split(name)[0] for name in names}
        by_url = Values(parameters(type_)["url"], tuple(Uri(url, "") for url in sorted(urls)))
        if visible.held(sight.connection, sight.tenant, type_, sight.snapshot):
            some = sight.some(type_, [by_url], MAX_INCLUDED + 1)
            yield from (each for each in some if names & canonical.names(glance(each.body)))


def _canonicals(version: Version, parameter: Parameter) -> list[str]:
    resource = glance(version.body)
    return [
        name
        for kind, value in values(parameter, resource)
        if kind in canonical.KINDS
        for name in references(kind, value)
    ]


def _may(parameter: Parameter, type_: str) -> bool:
    return not parameter.targets or type_ in parameter.targets


def _fetch(sight: Sight, wanted: Iterable[Wanted]) -> Iterator[Version]:
    newest: list[tuple[str, str]] = []
    older: dict[tuple[str, str], list[int]] = {}
    for type_, id_, ver in wanted:
        if not ver:
            newest.append((type_, id_))
        elif ver.isascii() and ver.isdigit() and len(ver) < 10:
            older.setdefault((type_, id_), []).append(int(ver))
    for (type_, id_), vers in older.items():
        sight.budget.spend(
            versions.distance(sight.connection, sight.tenant, type_, id_, min(vers)), len(vers)
        )
        for found in versions.some(sight.connection, sight.tenant, type_, id_, vers):
            if not found.deleted:
                yield found
    yield from sight.resources(newest)


def _spelled(sight: Sight, news: Sequence[Version], includes: Sequence[Include]) -> Iterator[Include]:
    """Yield the includes, and for the wildcard one of each type that is there and may refer to the news."""
    found = {each.type for each in news}
    for include in includes:
        if include.source:
            yield include
            continue
        for type_ in TYPES:
            chosen = tuple(one for one in references_of(type_) if any(_may(one, each) for each in found))
            if chosen and visible.held(sight.connection, sight.tenant, type_, sight.snapshot):
                yield Include(type_, chosen, iterate=include.iterate, reverse=True)


def _backward(sight: Sight, news: Sequence[Version], includes: Iterable[Include]) -> Iterator[Version]:
    for include in includes:
        names = frozenset(f"{each.type}/{each.id}" for each in news if include.target in ("", each.type))
        for parameter in include.parameters if names else ():
            may = frozenset(name for name in names if _may(parameter, name.partition("/")[0]))
            if may:
                called = (
                    _called(news, parameter, include) if canonical.by_url(parameter) else frozenset[str]()
                )
                to_them = Values(parameter, (Target(may, called),))
                yield from sight.some(include.source, [to_them], MAX_INCLUDED + 1)


def _called(news: Sequence[Version], parameter: Parameter, include: Include) -> frozenset[str]:
    """Return the canonicals by which a parameter may name what was found."""
    types = canonical.targets(parameter)
    found = (each for each in news if include.target in ("", each.type) and each.type in types)
    return frozenset(name for each in found for name in canonical.names(glance(each.body)))
