"""$translate: what a ConceptMap says of a code (R4 §4.10, ConceptMap-operation-translate)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.validation.terminology.concepts import Json
from gateway.validation.terminology.operations.coding import Asked

NO_TRANSLATION = frozenset({"unmatched", "disjoint"})
REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


@dataclass(slots=True, frozen=True)
class Match:
    """One translation; the fields are those of the operation's ``match``."""

    equivalence: str
    system: str
    code: str
    display: str
    source: str

    @property
    def translates(self) -> bool:
        """Whether it is a translation, and not the statement that there is none."""
        return self.equivalence not in NO_TRANSLATION


def translate(
    concept_map: Json,
    asked: Asked,
    *,
    target: str = "",
    reverse: bool = False,
    known: Callable[[str], Json | None] = lambda _url: None,
) -> list[Match]:
    """Return the translations of a code by one ConceptMap.

    Args:
        asked: a code without a system is looked for in all groups.
        target: system of the translation, ``""`` for any.
        reverse: find the source codes of a target instead.
        known: returns another ConceptMap by URL, for ``unmapped.mode = other-map``.
    """
    seen = frozenset({concept_map.get("url", "")})
    found = _backwards(concept_map, asked) if reverse else _forwards(concept_map, asked, known, seen)
    return [one for one in dict.fromkeys(found) if not target or one.system == target]


def _forwards(
    concept_map: Json, asked: Asked, known: Callable[[str], Json | None], seen: frozenset[str]
) -> Iterator[Match]:
    url = concept_map.get("url", "")
    for group in concept_map.get("group", ()):
        if asked.system and group.get("source") not in (None, asked.system):
            continue
        elements = [one for one in group.get("element", ()) if one.get("code") == asked.code]
        for element in elements:
            for one in element.get("target", ()):
                close = one.get("equivalence", "relatedto")
                if one.get("code") or close in NO_TRANSLATION:
                    yield Match(
                        close, group.get("target", ""), one.get("code", ""), one.get("display", ""), url
                    )
        if not elements and "unmapped" in group:
            yield from _unmapped(group, asked, url, known, seen)


def _unmapped(
    group: Json, asked: Asked, url: str, known: Callable[[str], Json | None], seen: frozenset[str]
) -> Iterator[Match]:
    """Yield what is said of codes that no element has (ConceptMap.group.unmapped)."""
    unmapped = group["unmapped"]
    match unmapped.get("mode"):
        case "provided":
            yield Match("equal", asked.system or group.get("source", ""), asked.code, asked.display, url)
        case "fixed" if unmapped.get("code"):
            display = unmapped.get("display", "")
            yield Match("inexact", group.get("target", ""), unmapped["code"], display, url)
        case "other-map":
            other = unmapped.get("url", "")
            found = known(other) if other not in seen else None
            if found is not None:
                yield from _forwards(found, asked, known, seen | {other})


def _backwards(concept_map: Json, asked: Asked) -> Iterator[Match]:
    url = concept_map.get("url", "")
    for group in concept_map.get("group", ()):
        if asked.system and group.get("target") not in (None, asked.system):
            continue
        for element in group.get("element", ()):
            for one in element.get("target", ()):
                if one.get("code") == asked.code and element.get("code"):
                    close = one.get("equivalence", "relatedto")
                    system, display = group.get("source", ""), element.get("display", "")
                    yield Match(REVERSED.get(close, close), system, element["code"], display, url)
