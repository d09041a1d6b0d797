"""Checks: whether an artefact can be used as a terminology, before any of it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gateway.errors import Rejected
from gateway.validation.terminology.concepts import Json
from gateway.validation.terminology.filters import LONGEST
from gateway.validation.terminology.load import relations

OPERATORS = frozenset(
    {"=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists"}
)
DEEPEST = 100
"""Value sets that import each other one after another."""
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def check(artefact: Json, where: str) -> None:
    """Make sure of what the other modules take for granted.

    Raises:
        Rejected: no absolute URL, a code missing or there twice, a hierarchy that runs in a circle, a
            filter that nobody understands; ``where`` begins the place.
    """
    check_url(artefact, where)
    {"CodeSystem": _code_system, "ValueSet": _value_set, "ConceptMap": _concept_map}[
        artefact["resourceType"]
    ](artefact, where)


def check_url(artefact: Json, where: str) -> None:
    """Make sure that an artefact can be named.

    Raises:
        Rejected: its url is not absolute, or has a version inside.
    """
    url = artefact.get("url")
    if not isinstance(url, str) or not _URI.fullmatch(url) or "|" in url:
        raise Rejected("its url must be an absolute URI without a version", code="no-url", where=where)
    if not isinstance(artefact.get("version", ""), str):
        raise Rejected("its version must be a text", code="invalid", where=where)


def _code_system(artefact: Json, where: str) -> None:
    if artefact.get("content") == "supplement":
        raise Rejected("supplements of code systems are not understood", code="not-supported", where=where)
    seen: set[str] = set()
    waiting = list(_objects(artefact.get("concept", []), where))
    if not waiting:
        raise Rejected("has no concepts", code="empty", where=where)
    while waiting:
        concept = waiting.pop()
        code = concept.get("code")
        if not isinstance(code, str) or not code or not isinstance(concept.get("display", ""), str):
            raise Rejected(
                "a concept without a code, or with a display that is no text", code="invalid", where=where
            )
        if code in seen:
            raise Rejected(f"code {code!r} is there twice", code="duplicate", where=where)
        seen.add(code)
        _texts(concept.get("designation", []), ("value",), where)
        _texts(concept.get("property", []), ("code",), where)
        waiting.extend(_objects(concept.get("concept", []), where))
    again = circle(artefact["concept"])
    if again:
        raise Rejected(f"the hierarchy runs in a circle at code {again!r}", code="cycle", where=where)


def circle(concepts: Iterable[Json]) -> str:
    """Return a code that is its own ancestor, ``""`` for none."""
    nodes, _ = relations(concepts)
    done: set[str] = set()
    for start in nodes:
        path: set[str] = set()
        waiting = [(start, False)]
        while waiting:
            code, left = waiting.pop()
            if left:
                path.discard(code)
                done.add(code)
            elif code in path:
                return code
            elif code not in done and code in nodes:
                path.add(code)
                waiting.append((code, True))
                waiting.extend((parent, False) for parent in nodes[code][1])
    return ""


def _value_set(artefact: Json, where: str) -> None:
    compose = artefact.get("compose")
    if compose is None and not isinstance(artefact.get("expansion"), dict):
        raise Rejected("has neither compose nor expansion", code="empty", where=where)
    if compose is None:
        return
    if not isinstance(compose, dict) or not compose.get("include"):
        raise Rejected("includes nothing", code="empty", where=where)
    for part in ("include", "exclude"):
        for one in _objects(compose.get(part, []), where):
            imports = one.get("valueSet", [])
            if not isinstance(imports, list) or not all(isinstance(each, str) for each in imports):
                raise Rejected(f"{part}.valueSet must be a list of URLs", code="invalid", where=where)
            if not isinstance(one.get("system", ""), str) or not ("system" in one or imports):
                raise Rejected(f"{part} needs a system or a valueSet", code="invalid", where=where)
            _texts(one.get("concept", []), ("code",), where)
            for each in _texts(one.get("filter", []), ("property", "op", "value"), where):
                _filter(each, where)


def _filter(filter: Json, where: str) -> None:
    if filter["op"] not in OPERATORS:
        raise Rejected(f"filter.op {filter['op']!r} is not understood", code="not-supported", where=where)
    if filter["op"] == "regex":
        try:
            if len(filter["value"]) > LONGEST:
                raise Rejected("a regular expression that is too long", code="not-supported", where=where)
            re.compile(filter["value"])
        except re.error:
            raise Rejected("a filter whose regular expression is none", code="invalid", where=where) from None


def check_together(artefacts: Sequence[Json], known: Callable[[str], Json | None]) -> None:
    """Make sure that nothing is there twice, and that no value set contains itself.

    Args:
        known: returns the other value sets by canonical URL.

    Raises:
        Rejected: something is, or one does.
    """
    seen: set[tuple[str, str, str]] = set()
    for one in artefacts:
        name = (one["resourceType"], one["url"], one.get("version", ""))
        if name in seen:
            raise Rejected("is there twice in one version", code="duplicate", where=one["url"])
        seen.add(name)
    _check_imports((one for one in artefacts if one["resourceType"] == "ValueSet"), known)


def _check_imports(value_sets: Iterable[Json], known: Callable[[str], Json | None]) -> None:
    given = {one["url"]: one for one in value_sets}
    done: set[str] = set()

    def walk(url: str, path: tuple[str, ...]) -> None:
        if url in done:
            return
        if url in path or len(path) > DEEPEST:
            raise Rejected("the value set contains itself", code="cycle", where=url)
        artefact = given.get(url) or known(url)
        compose = artefact.get("compose", {}) if artefact else {}
        for part in ("include", "exclude"):
            for one in compose.get(part, ()):
                for canonical in one.get("valueSet", ()):
                    walk(canonical.partition("|")[0], (*path, url))
        done.add(url)

    for url in given:
        walk(url, ())


def _concept_map(artefact: Json, where: str) -> None:
    groups = _objects(artefact.get("group", []), where)
    if not groups:
        raise Rejected("has no groups", code="empty", where=where)
    for group in groups:
        for element in _texts(group.get("element", []), ("code",), where):
            _objects(element.get("target", []), where)


def _objects(value: Any, where: str) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Rejected("a list of objects is something else", code="invalid", where=where)
    return value


def _texts(value: Any, names: tuple[str, ...], where: str) -> list[Json]:
    found = _objects(value, where)
    for one in found:
        for name in names:
            if not isinstance(one.get(name), str):
                raise Rejected(f"{name} is missing or no text", code="invalid", where=where)
    return found
