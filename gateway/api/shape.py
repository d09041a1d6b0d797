"""Shape: how much of a resource an answer has (R4 search.html#summary, #elements)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.api.summary_elements import table
from gateway.canonical import Resource
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.mapping.elements import element, is_resource, names
from gateway.store import Version

PARAMETERS = ("_summary", "_elements")
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_SUMMARIES = ("true", "text", "data", "count", "false")
_ALWAYS = frozenset(("resourceType", "id", "meta"))


@dataclass(slots=True, frozen=True)
class Shape:
    """What is asked for.

    Attributes:
        summary: a value of ``_summary``, ``""`` for all there is.
        elements: names of elements of any type, or with the type in front (``"Patient.name"``).
    """

    summary: str = ""
    elements: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the stored bytes are what is asked for."""
        return not self.summary and not self.elements

    def of(self, version: Version, matched: bool = True) -> bytes:
        """Return a version as it is answered; elements are chosen of what was searched for only."""
        if not version.body or not (self.summary or (self.elements and matched)):
            return version.body
        return dumps(self.cut(loads(version.body)))

    def cut(self, resource: Resource) -> Resource:
        """Return what is asked for of a resource."""
        return resource if self.whole else _tagged(self._cut(resource["resourceType"], resource))

    def _cut(self, type_: str, resource: Resource) -> Resource:
        if self.elements:
            chosen = {one.removeprefix(f"{type_}.") for one in self.elements}
            return _only(resource, _expanded(type_, frozenset(chosen)) | _mandatory(type_))
        if self.summary == "text":
            return _only(resource, _mandatory(type_) | {"text"})
        if self.summary == "data":
            return {name: value for name, value in resource.items() if name != "text"}
        return _summary(resource, type_)


WHOLE = Shape()


def shape(pairs: Sequence[tuple[str, str]], type_: str = "", lenient: bool = False) -> Shape:
    """Return what a query asks for.

    Args:
        type_: what is searched for, ``""`` for several types.
        lenient: leave out elements that are not known.

    Raises:
        Rejected: an unknown kind of summary or element, or both at once.
    """
    summary, listed = "", list[str]()
    for name, value in pairs:
        if name == "_summary":
            summary = _kind(value)
        elif name == "_elements":
            listed += [one for one in value.split(",") if one]
            if not listed:
                raise Rejected("names at least one element", code="value", where=name)
    if summary and listed:
        raise Rejected("goes without _summary", code="value", where="_elements")
    known = {one for one in listed if not type_ or _is_element(one, type_)}
    if len(known) < len(set(listed)) and not lenient:
        wrong = next(one for one in listed if one not in known)
        raise Rejected(f"{type_} has no element of this name: {wrong[:64]}", code="value", where="_elements")
    return Shape("" if summary == "false" else summary, tuple(sorted(known)))


def _kind(value: str) -> str:
    if value not in _SUMMARIES:
        raise Rejected(f"is one of {', '.join(_SUMMARIES)}", code="value", where="_summary")
    return value


def _is_element(name: str, type_: str) -> bool:
    of, _, bare = name.rpartition(".")
    if of and of != type_:
        return is_resource(of)
    return bare in _ALWAYS or bool(_expanded(type_, frozenset((bare,))) & frozenset(names(type_)))


def _tagged(resource: Resource) -> Resource:
    """Return the resource with the mark that it is not all there."""
    meta = dict(resource.get("meta") or {})
    meta["tag"] = [*meta.get("tag", []), SUBSETTED]
    head = {name: value for name, value in resource.items() if name in ("resourceType", "id")}
    return head | {"meta": meta} | {name: value for name, value in resource.items() if name not in _ALWAYS}


def _only(resource: Resource, wanted: frozenset[str]) -> Resource:
    keep = wanted | _ALWAYS
    return {name: value for name, value in resource.items() if name.removeprefix("_") in keep}


def _summary(value: Resource, path: str) -> Resource:
    """Return the elements of a summary; of a backbone element those that it has in one."""
    wanted = _in_summary(path) | _ALWAYS if is_resource(path) else _in_summary(path) | {"id", "extension"}
    found: dict[str, Any] = {}
    for name, one in value.items():
        bare = name.removeprefix("_")
        if bare in wanted:
            of = element(path, bare)
            below = of.type if of is not None and of.type in table() and "." in of.type else ""
            found[name] = _below(one, below) if below else one
    return found


def _below(value: Any, path: str) -> Any:
    return [_summary(one, path) for one in value] if type(value) is list else _summary(value, path)


@cache
def _in_summary(path: str) -> frozenset[str]:
    summary, needed = table().get(path, (frozenset(), frozenset()))
    return _expanded(path, summary | needed)


@cache
def _mandatory(path: str) -> frozenset[str]:
    return _expanded(path, table().get(path, (frozenset(), frozenset()))[1])


def _expanded(path: str, bare: frozenset[str]) -> frozenset[str]:
    """Return the names with those of choices spelt out: ``value`` is ``valueQuantity`` and others."""
    found = set(bare)
    for name in names(path):
        found.update(name for one in bare if name.startswith(one) and name[len(one) : len(one) + 1].isupper())
    return frozenset(found)
