"""Code files in FHIR's own form: R4 ConceptMap and CodeSystem resources as code tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.code_files import TableFile, entry, named
from gateway.mapping.codes import Entry

SEVERAL = "urn:qiao:mapping:several"
"""Extension (valueBoolean) of a ConceptMap whose targets are all meant: the tests of a panel."""

EXTENDS = "urn:qiao:mapping:extends"
"""Extension (valueString) of a ConceptMap or CodeSystem that adds its codes to another table."""

_CLOSE = ("equal", "equivalent")


def _at(where: str, element: Mapping[str, Any]) -> str:
    return f"{where}:{element['__line__']}" if "__line__" in element else where


def _list(element: Mapping[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    found = element.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Misconfigured(f"{name} is a list of objects", where=_at(where, element))
    return found


def _name(where: str, data: Mapping[str, Any]) -> tuple[str, bool]:
    extends = [one.get("valueString") for one in _list(data, "extension", where) if one.get("url") == EXTENDS]
    return named(
        where, "" if extends else str(data.get("id") or ""), str(extends[0] or "") if extends else ""
    ), bool(extends)


def concept_map(where: str, data: Mapping[str, Any]) -> TableFile:
    """Return a ConceptMap as a table; its name is its id, else that of its file.

    Raises:
        Misconfigured: a code twice, two targets that fit equally well, or a part whose meaning would be lost:
            ``dependsOn``, ``product``, ``unmapped.mode`` other than ``provided``.
    """
    name, extends = _name(where, data)
    several = any(
        one.get("url") == SEVERAL and one.get("valueBoolean") in (True, "true")
        for one in _list(data, "extension", where)
    )
    groups = _list(data, "group", where)
    entries: dict[str, Entry] = {}
    lines: dict[str, int] = {}
    for group in groups:
        mode = (group.get("unmapped") or {}).get("mode", "provided")
        if mode != "provided":
            said = f"unmapped.mode {mode!r}: a code without a map keeps its original coding"
            raise Misconfigured(said, where=_at(where, group))
        for element in _list(group, "element", where):
            code = str(element.get("code") or "")
            if not code or code in entries:
                said = f"duplicate code {code!r}" if code else "an element without a code"
                raise Misconfigured(said, where=_at(where, element))
            found = _target(where, element, str(group.get("target") or ""), several)
            if found is not None:
                entries[code], lines[code] = found, element.get("__line__", 0)
    sources = tuple(dict.fromkeys(str(group["source"]) for group in groups if group.get("source")))
    targets = tuple(dict.fromkeys(str(group["target"]) for group in groups if group.get("target")))
    return TableFile(
        where, name, entries, extends=extends, target=targets[0] if len(targets) == 1 else "", exact=False,
        source_system=sources[0] if len(sources) == 1 else "", source_systems=sources,
        url=str(data.get("url") or ""), lines=lines,
    )  # fmt: skip


def _target(where: str, element: Mapping[str, Any], system: str, several: bool) -> Entry | None:
    """Return the target of one element, None where it says that there is none."""
    usable = [
        one
        for one in _list(element, "target", where)
        if one.get("code") and one.get("equivalence") not in ("unmatched", "disjoint")
    ]
    for one in usable:
        if one.get("dependsOn") or one.get("product"):
            raise Misconfigured("dependsOn and product are not understood", where=_at(where, one))
    if not usable:
        return None
    if several:
        first, *rest = (_entry(where, one, system) for one in usable)
        return replace(first, also=tuple(rest))
    ranked = sorted(usable, key=_rank)
    if len(ranked) > 1 and _rank(ranked[0]) == _rank(ranked[1]):
        raise Misconfigured("two targets fit equally well; keep the right one", where=_at(where, ranked[1]))
    return _entry(where, ranked[0], system)


def _entry(where: str, target: Mapping[str, Any], system: str) -> Entry:
    value = {name: target.get(name) for name in ("code", "display", "equivalence")}
    return entry(value, system, lambda: _at(where, target))


def _rank(target: Mapping[str, Any]) -> int:
    close = target.get("equivalence")
    return _CLOSE.index(close) if close in _CLOSE else len(_CLOSE)


def code_system(where: str, data: Mapping[str, Any]) -> TableFile:
    """Return a CodeSystem as the table that finds its codes: by code, display or designation.

    A name that two concepts share finds neither.

    Raises:
        Misconfigured: a code twice, or no url.
    """
    name, extends = _name(where, data)
    system = str(data.get("url") or "")
    if not system:
        raise Misconfigured("a CodeSystem needs its url", where=where)
    entries: dict[str, Entry] = {}
    lines: dict[str, int] = {}
    aliases: list[tuple[str, Entry, int]] = []
    for concept in _concepts(where, data):
        code, display = str(concept.get("code") or ""), concept.get("display")
        if not code or code in entries:
            said = f"duplicate code {code!r}" if code else "a concept without a code"
            raise Misconfigured(said, where=_at(where, concept))
        line = concept.get("__line__", 0)
        value = {"code": code, "display": display, "equivalence": "equal"}
        entries[code] = entry(value, system, lambda one=concept: _at(where, one))  # type: ignore[misc]
        lines[code] = line
        names = {
            str(display or ""),
            *(str(one.get("value") or "") for one in _list(concept, "designation", where)),
        }
        made = entry({**value, "equivalence": "equivalent"}, system, lambda: where)
        aliases += [(one, made, line) for one in names - {""}]
    shared = Counter(alias for alias, _, _ in aliases)
    for alias, made, line in aliases:
        if shared[alias] == 1 and alias not in entries:
            entries[alias], lines[alias] = made, line
    return TableFile(
        where, name, entries, extends=extends, target=system,
        exact=data.get("caseSensitive") in (True, "true"),
        source_system=system, source_systems=(system,), lines=lines,
    )  # fmt: skip


def _concepts(where: str, parent: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for concept in _list(parent, "concept", where):
        yield concept
        yield from _concepts(where, concept)


READERS: dict[str, Callable[[str, Mapping[str, Any]], TableFile]] = {
    "ConceptMap": concept_map,
    "CodeSystem": code_system,
}
