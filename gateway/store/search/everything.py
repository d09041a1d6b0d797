"""``$everything`` of a Patient or Encounter (R4 operations patient-everything, encounter-everything).

First the resource itself, then its compartment, newest first, then what those refer to outside it
(practitioners, organizations, locations, medications …): each resource once over all pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gateway.canonical.json import glance
from gateway.errors import Rejected
from gateway.store import light, versions
from gateway.store.cursor import Place, Placed
from gateway.store.index import Parameter, parameters, references, values
from gateway.store.model import Version
from gateway.store.search import compartment, date, query, system, visible
from gateway.store.search.budget import too_costly
from gateway.store.search.filters import During, Filter, Updated
from gateway.store.search.include import references_of
from gateway.store.search.others import typed
from gateway.store.search.parse import Reader
from gateway.store.search.query import Query
from gateway.store.search.sight import Sight

OWNERS = ("Patient", "Encounter")
MAX_BESIDE = 20_000
"""Resources outside the compartment that are shown with it."""

_SHAPE = ("_count", "_cursor", "_type", "_format", "_pretty", "_elements", "_summary")
_CARE_DATES = (
    "date", "period", "onset-date", "performed", "authored", "authoredon", "occurrence", "effective",
    "effective-time", "whenhandedover", "event-date", "started", "created", "sent", "collected",
)  # fmt: skip
"""The first of these that a type has tells when the care was given."""
_MEMBER, _BESIDE = "m", "b"


def read(type_: str, id_: str, pairs: Sequence[tuple[str, str]], reader: Reader) -> Query:
    """Return the query for the members of the compartment.

    Raises:
        Rejected: an unknown parameter or a bad value.
    """
    if type_ not in OWNERS:
        raise Rejected(f"$everything is of {' or '.join(OWNERS)}", code="not-supported", where=type_[:64])
    types = system.types(pairs)
    asked = query.read(types, [pair for pair in pairs if pair[0] in _SHAPE], reader)
    told = [pair for pair in pairs if pair[0] not in _SHAPE]
    updated, moments = _times(told, reader.zone)
    for each in types:
        asked.filters[each] = list(updated)
    for each in _member_types(type_).intersection(types):
        asked.filters[each].append(compartment.belongs(type_, id_, each))
        if moments and (care := care_date(each)) is not None and each != type_:
            asked.filters[each].append(During(care, moments))
    asked.used = [pair for pair in pairs if pair[0] != "_cursor"]
    return asked


def _times(told: Sequence[tuple[str, str]], zone: str) -> tuple[list[Filter], tuple[date.Moment, ...]]:
    updated: list[Filter] = []
    moments: list[date.Moment] = []
    for name, value in told:
        if name == "_since":
            updated.append(Updated((date.parse(f"ge{value}", zone, name),)))
        elif name in ("start", "end"):
            moments.append(date.parse(("ge" if name == "start" else "le") + value, zone, name))
        else:
            raise Rejected(
                "is no parameter of $everything: _type, _since, start, end, _count",
                code="not-supported",
                where=name[:64],
            )
    return updated, tuple(moments)


def care_date(type_: str) -> Parameter | None:
    """Return the parameter that tells when care was given, None for a type without one."""
    known = parameters(type_)
    return next((known[name] for name in _CARE_DATES if name in known and known[name].type == "date"), None)


def page(sight: Sight, asked: Query, owner: str, held: Collection[str], place: Place) -> Iterator[Placed]:
    """Yield what follows a place, each with its own place.

    Args:
        owner: ``"Patient/id"``.
        held: the types of which the tenant has anything.

    Raises:
        Rejected: the owner does not exist (``not-found``) or is deleted (``deleted``).
    """
    first = _owner(sight, owner)
    members = {each: filters for each, filters in asked.filters.items() if each in _member_types(first.type)}
    plans = sight.plan(members)
    if (
        not place
        and first.type in members
        and all(each.holds(glance(first.body), None) for each in members[first.type])
    ):
        yield first, (_MEMBER, sight.end())
    if not place or place[0] == _MEMBER:
        position = int(place[1]) if place else sight.end()
        for version in sight.matches(plans, position, asked.count + 1):
            if version.seq != first.seq:
                yield version, (_MEMBER, version.seq)
    after = int(place[1]) if place and place[0] == _BESIDE else sight.end()
    beside = sorted((seq for seq in _beside(sight, first, asked, held) if seq < after), reverse=True)
    for part in light.parts(beside):
        for version in sight.fetch(part):
            yield version, (_BESIDE, version.seq)


def _member_types(owner_type: str) -> set[str]:
    return {owner_type, *compartment.members(owner_type)}


def _owner(sight: Sight, owner: str) -> Version:
    type_, _, id_ = owner.partition("/")
    found = visible.resources(sight.connection, sight.tenant, [(type_, id_)], sight.snapshot)
    if found and sight.sees(found[0]):
        return found[0]
    known = versions.current(sight.connection, sight.tenant, type_, id_)
    if known is not None and known.deleted and type_ not in sight.view:
        raise Rejected("the resource was deleted", code="deleted", where=type_)
    raise Rejected("there is no such resource", code="not-found", where=type_)


def _beside(sight: Sight, first: Version, asked: Query, held: Collection[str]) -> list[int]:
    """Return the versions of what the members refer to outside the compartment, and what that refers to.

    Types of the compartment are left out: such a resource belongs to somebody else.
    """
    inside = _member_types(first.type)
    known: dict[tuple[str, str], None] = {}
    members = {each: [compartment.belongs(first.type, first.id, each)] for each in inside.intersection(held)}
    news: Iterator[Version] = sight.matches(sight.plan(members), sight.end(), 1000)
    found: list[int] = []
    while True:
        fresh: dict[tuple[str, str], None] = {}
        for each in news:
            if each.type not in inside and each.type in asked.filters and _recent(each, asked):
                found.append(each.seq)
            fresh.update((key, None) for key in _named(each) if key[0] not in inside and key not in known)
        if not fresh:
            return found
        if len(known) + len(fresh) > MAX_BESIDE:
            raise too_costly(f"refers to more than {MAX_BESIDE} other resources")
        known.update(fresh)
        news = (each for each in sight.resources(list(fresh)) if sight.sees(each))


def _named(version: Version) -> Iterator[tuple[str, str]]:
    resource = glance(version.body)
    for parameter in references_of(version.type):
        for each in values(parameter, resource):
            for reference in references(*each):
                type_, id_, _ = typed(reference)
                if type_:
                    yield type_, id_


def _recent(version: Version, asked: Query) -> bool:
    since = [each for each in asked.filters[version.type] if isinstance(each, Updated)]
    return not since or all(each.holds(glance(version.body), None) for each in since)
