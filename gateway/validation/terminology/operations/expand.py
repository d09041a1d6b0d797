"""$expand: the codes of a value set, filtered and by pages (R4 ValueSet-operation-expand, §4.9.7)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.errors import Rejected
from gateway.validation.terminology.concepts import Concept, Designation, Json
from gateway.validation.terminology.members import Endless, Members
from gateway.validation.terminology.operations.lookup import named

MOST = 10_000
"""Codes in one answer; more are to be asked for by pages."""


@dataclass(slots=True, frozen=True)
class Wish:
    """The in-parameters.

    Attributes:
        filter: words of which each must occur in a code's display, designations or the code itself.
        offset: codes to leave out at the beginning.
        count: codes to answer with, None for all; 0 asks for the total only.
        designations: whether names in other languages are told.
        active: whether inactive codes are left out.
        language: of the displays.
    """

    filter: str = ""
    offset: int = 0
    count: int | None = None
    designations: bool = False
    active: bool = False
    language: str = ""


@dataclass(slots=True, frozen=True)
class Page:
    """Codes of a value set: ``total`` is how many there are in all pages."""

    total: int
    contains: list[tuple[str, Concept]]


def expand(members: Members, wish: Wish) -> Page:
    """Return the codes that are wished for.

    Raises:
        Rejected: ``too-costly``: there is no end of them, or more than 10,000 and no page is asked for;
            ``not-supported``: some code system is not known here.
    """
    total, page = 0, []
    most = MOST if wish.count is None else min(wish.count, MOST)
    try:
        for system, concept in _wanted(members, wish):
            if wish.offset <= total < wish.offset + most:
                page.append((system, concept))
            total += 1
    except Endless as error:
        code = "too-costly" if "cannot be counted" in str(error) else "not-supported"
        raise Rejected(f"the value set cannot be expanded: {error}", code=code) from None
    if wish.count is None and total - wish.offset > MOST:
        told = f"the value set has more than {MOST} codes; ask for pages with count and offset, or filter"
        raise Rejected(told, code="too-costly", where="count")
    return Page(total, page)


def _wanted(members: Members, wish: Wish) -> Iterator[tuple[str, Concept]]:
    words = wish.filter.casefold().split()
    for system, concept in members.each():
        if wish.active and concept.inactive:
            continue
        if words and not _has(concept, words):
            continue
        yield system, concept


def _has(concept: Concept, words: list[str]) -> bool:
    texts = [concept.code, concept.display, *(one.value for one in concept.designations)]
    return any(all(word in text for word in words) for text in map(str.casefold, texts))


def resource(value_set: Json, page: Page, wish: Wish, now: datetime) -> Json:
    """Return the ValueSet with its expansion and without its definition."""
    kept = ("resourceType", "id", "url", "version", "name", "title", "status", "experimental")
    made = {name: value_set[name] for name in kept if name in value_set}
    asked: list[Json] = [{"name": "filter", "valueString": wish.filter}] if wish.filter else []
    asked += [{"name": "count", "valueInteger": wish.count}] if wish.count is not None else []
    asked += [{"name": "offset", "valueInteger": wish.offset}] if wish.offset else []
    asked += [{"name": "activeOnly", "valueBoolean": True}] if wish.active else []
    asked += [{"name": "includeDesignations", "valueBoolean": True}] if wish.designations else []
    asked += [{"name": "displayLanguage", "valueCode": wish.language}] if wish.language else []
    expansion: Json = {
        "identifier": f"urn:uuid:{uuid.uuid4()}",
        "timestamp": now.isoformat(timespec="seconds"),
        "total": page.total,
    }
    if wish.count is not None or wish.offset:
        expansion["offset"] = wish.offset
    if asked:
        expansion["parameter"] = asked
    if page.contains:
        expansion["contains"] = [_entry(system, concept, wish) for system, concept in page.contains]
    return made | {"status": made.get("status", "active"), "expansion": expansion}


def _entry(system: str, concept: Concept, wish: Wish) -> Json:
    made: Json = {"system": system, "code": concept.code}
    if concept.inactive:
        made["inactive"] = True
    display = named(concept, wish.language)
    if display != concept.code or concept.display:
        made["display"] = display
    if wish.designations and concept.designations:
        made["designation"] = [_designation(one) for one in concept.designations]
    return made


def _designation(one: Designation) -> Json:
    made: Json = {"language": one.language} if one.language else {}
    made |= {"use": dict(one.use)} if one.use else {}
    return made | {"value": one.value}
