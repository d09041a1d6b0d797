"""Canonical URLs: what an element names by ``url`` or ``url|version`` (R4 references.html#canonical).

Without a version it names every resource of that URL, with one those of this very version. One that goes on
with a fragment names what is contained in a resource, which is not searched.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from gateway.store.index import Parameter, parameters
from gateway.store.types import TYPES

KINDS = frozenset(("canonical", "uri"))
"""FHIR types of elements that name a resource by its URL."""

_ADDRESSED = frozenset(("Device",))
"""Their ``url`` is where they are reached, not what they are called."""


@cache
def url_of(type_: str) -> Parameter | None:
    """Return the parameter that finds resources of a type by their canonical URL; None: they have none."""
    found = parameters(type_).get("url")
    return found if found and found.expression == f"{type_}.url" and type_ not in _ADDRESSED else None


@cache
def by_url(parameter: Parameter) -> bool:
    """Tell whether a reference parameter selects canonical URLs."""
    return parameter.type == "reference" and any(path.type in KINDS for path in parameter.paths)


@cache
def targets(parameter: Parameter) -> tuple[str, ...]:
    """Return the types that a reference parameter may name; () for any."""
    if not by_url(parameter):
        return parameter.targets
    return tuple(each for each in parameter.targets or TYPES if url_of(each))


def split(text: str) -> tuple[str, str]:
    """Return (url, version) of a canonical, ``""`` where it has no version."""
    url, _, version = text.partition("|")
    return url, version


def names(resource: dict[str, Any]) -> frozenset[str]:
    """Return the canonicals that name a resource: its URL, and that with its version."""
    type_, url, version = (resource.get(name) for name in ("resourceType", "url", "version"))
    if not isinstance(type_, str) or not isinstance(url, str) or not url or url_of(type_) is None:
        return frozenset()
    return frozenset((url, f"{url}|{version}")) if isinstance(version, str) and version else frozenset((url,))
