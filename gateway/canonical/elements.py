"""Elements: reading parsed resources that nobody vouches for: whatever is not as expected is not there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from gateway.canonical.resource import Resource


def listed(value: object) -> list[Any]:
    """Return a repeating element as a list, a single one as a list of it, nothing as an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def each(resource: object, path: str) -> list[Any]:
    """Return the values at a dotted path, through lists: ``"dosageInstruction.route.text"``."""
    here = resource if type(resource) is list else (resource,)
    for step in _steps(path):
        following: list[Any] = []
        for one in here:
            if type(one) is dict:
                value = one.get(step)
                if type(value) is list:
                    following += value
                elif value is not None:
                    following.append(value)
        if not following:
            return following
        here = following
    return list(here)


def first(resource: object, path: str, default: Any = None) -> Any:
    """Return the first value at a dotted path, ``default`` where there is none."""
    found = each(resource, path)
    return found[0] if found else default


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def has(resource: object, path: str) -> bool:
    """Tell whether something is at a path (``"a|b"``: one of both); blank text and ``{}`` are nothing."""
    return any(
        value.strip() != "" if isinstance(value, str) else value != {}
        for either in path.split("|")
        for value in each(resource, either)
    )


def reference(element: object) -> str:
    """Return ``"Type/id"`` of a Reference, whatever version it names; ``""`` for none or a foreign one."""
    text = element.get("reference") if isinstance(element, dict) else None
    if not isinstance(text, str):
        return ""
    parts = text.split("/")
    if len(parts) == 4 and parts[2] == "_history":
        parts = parts[:2]
    return "/".join(parts) if len(parts) == 2 and all(parts) else ""


def references(resource: object, path: str) -> list[str]:
    """Return the local references at a path."""
    return [found for one in each(resource, path) if (found := reference(one))]


def references_within(value: object) -> Iterator[str]:
    """Yield every local reference in an element, however deep."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack += reversed(one)
        elif isinstance(one, dict):
            if name := reference(one):
                yield name
            stack += reversed([within for within in one.values() if type(within) in (dict, list)])


def name_of(resource: Resource) -> str:
    """Return ``"Type/id"`` of a resource, its type where it has no id."""
    type_, id_ = resource.get("resourceType", ""), resource.get("id")
    return f"{type_}/{id_}" if id_ else str(type_)


def codes(concept: object, system: str = "") -> set[str]:
    """Return the codes of CodeableConcepts, of one system where one is asked for."""
    return {
        code
        for coding in each(concept, "coding")
        if isinstance(coding, dict) and isinstance(code := coding.get("code"), str)
        if not system or coding.get("system") == system
    }


def texts(concept: object) -> list[str]:
    """Return what CodeableConcepts are called: their texts and the displays of their codings."""
    found = [*each(concept, "text"), *each(concept, "coding.display")]
    return [one for one in found if isinstance(one, str) and one.strip()]


def values_of(resource: object, url: str) -> list[Any]:
    """Return the values of all extensions of a URL, or the extensions themselves where they have parts."""
    return [
        next((value for key, value in one.items() if key.startswith("value")), one)
        for one in each(resource, "extension")
        if isinstance(one, dict) and one.get("url") == url
    ]


def value_of(resource: object, url: str) -> Any:
    """Return what :func:`values_of` returns first, None where there is nothing."""
    found = values_of(resource, url)
    return found[0] if found else None


def patient_of(resource: Resource) -> str:
    """Return ``"Patient/id"`` of whom a document is about, ``""`` for nobody."""
    for path in ("subject", "patient", "for"):
        name = reference(first(resource, path))
        if name.startswith("Patient/"):
            return name
    return ""


def encounter_of(resource: Resource) -> str:
    """Return the id of the Encounter that a resource names, ``""`` for none."""
    for path in ("encounter", "context"):
        name = first(resource, f"{path}.reference")
        if isinstance(name, str) and name.startswith("Encounter/"):
            return name.split("/")[1]
    return ""
