"""Path: where a value stands among FHIR resources; the closed language of rows that lead out.

``Patient.name.text``: of the first Patient; ``.requester/practitioner/name.text``: ``/`` goes to the resource
that is referred to; ``.identifier[system=urn:oid:2.16.156.10011.1.3].value``: of those that have this,
``!=``: of those that have not; ``.coding[0]``: of the first; ``.``: the element at hand; ``$control``: a
fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

from gateway.canonical import Resource
from gateway.canonical.elements import reference
from gateway.errors import Misconfigured

_TOKEN = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<index>\d+)\]"
    r"|\[(?P<key>[\w.]+)(?P<sign>!?=)(?P<value>[^\]]*)\]|(?P<dot>\.)|(?P<follow>/)"
)
_TYPE = re.compile(r"[A-Z][A-Za-z]+\Z")
_CONDITION = re.compile(r"\[[^\]]*\]")
_NUMBER = re.compile(
    r"(?:[A-Z]\w*)?\.?(?:(?:subject|patient)/\.?)?(?:identifier|groupIdentifier|requisition|id)(?:\.value)?"
)
_TO_PATIENT = re.compile(r"(?:subject|patient)/")


class Pool(Protocol):
    """The resources that something is said of."""

    def of_type(self, type_: str) -> Iterable[Resource]:
        """Return the resources of a type, the one that it is about first."""

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"``."""


class Resources:
    """A pool of resources at hand, e.g. those of a Bundle.

    Args:
        urls: ``Bundle.entry.fullUrl`` → resource.
    """

    def __init__(self, resources: Iterable[Resource], urls: Mapping[str, Resource] | None = None) -> None:
        self._all = list(resources)
        self._named = {f"{one['resourceType']}/{one['id']}": one for one in self._all if one.get("id")}
        self._named |= urls or {}

    def of_type(self, type_: str) -> Iterator[Resource]:
        """Yield the resources of a type."""
        return (one for one in self._all if one["resourceType"] == type_)

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"`` or by its ``fullUrl``."""
        return self._named.get(name)


Step = Callable[[list[Any], Pool], list[Any]]


class Path:
    """A path that was understood.

    Attributes:
        fact: that it names, ``""`` where it leads into resources.
        is_key: it leads to a number of the resource at hand, or of its patient, or names a fact.
        leads_apart: it leads to another resource than the patient: the number of that one is its own.

    Raises:
        Misconfigured: it was not.
    """

    __slots__ = ("_steps", "_type", "fact", "is_key", "leads_apart", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._type, self.fact, self._steps = _compiled(text)
        bare = _CONDITION.sub("", text)
        self.is_key = bool(self.fact or _NUMBER.fullmatch(bare))
        self.leads_apart = "/" in _TO_PATIENT.sub("", bare)

    def values(self, pool: Pool, here: Any, facts: Mapping[str, str]) -> list[Any]:
        """Return the values there, without nulls.

        Args:
            here: the element that a path begins at which begins with a dot.
        """
        if self.fact:
            return [facts[self.fact]] if facts.get(self.fact) else []
        found = list(pool.of_type(self._type)) if self._type else [] if here is None else [here]
        for step in self._steps:
            if not found:
                break
            found = step(found, pool)
        return found


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[str, str, tuple[Step, ...]]:
    if text.startswith("$"):
        if not text[1:].isidentifier():
            raise Misconfigured(f"no name of a fact: {text!r}")
        return "", text[1:], ()
    tokens = list(_tokens(text))
    if not tokens:
        raise Misconfigured(f"no path: {text!r}")
    steps = tuple(_step(one) for one in tokens[1:] if one.lastgroup != "dot")
    if tokens[0].lastgroup == "dot":
        return "", "", steps
    if not _TYPE.match(tokens[0]["name"] or ""):
        raise Misconfigured(f"a path begins with a type, a dot or $, not {text!r}")
    return tokens[0]["name"], "", steps


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Misconfigured(f"no path at character {at + 1} of {text!r}")
        yield match
        at = match.end()


def _step(token: re.Match[str]) -> Step:
    if token["name"]:
        return _named(token["name"])
    if token["index"]:
        at = int(token["index"])
        return lambda values, pool: values[at : at + 1]
    if token["key"]:
        return _with(token["key"], token["value"], token["sign"] == "=")
    return _follow


def _named(name: str) -> Step:
    def step(values: list[Any], pool: Pool) -> list[Any]:
        found: list[Any] = []
        for one in values:
            value = one.get(name) if isinstance(one, dict) else None
            if isinstance(value, list):
                found += [within for within in value if within is not None]
            elif value is not None:
                found.append(value)
        return found

    return step


def _with(key: str, wanted: str, has: bool) -> Step:
    steps = [_named(name) for name in key.split(".")]

    def step(values: list[Any], pool: Pool) -> list[Any]:
        return [one for one in values if (wanted in _texts(one, steps, pool)) is has]

    return step


def _texts(value: Any, steps: Iterable[Step], pool: Pool) -> set[str]:
    found = [value]
    for step in steps:
        found = step(found, pool)
    return {one if isinstance(one, str) else str(one) for one in found}


def _follow(values: list[Any], pool: Pool) -> list[Any]:
    named = [pool.resource(_name(one)) for one in values if isinstance(one, dict)]
    return [one for one in named if one is not None]


def _name(value: dict[str, Any]) -> str:
    """Return what a Reference names: ``"Type/id"``, or the URL of an entry of a Bundle."""
    return reference(value) or str(value.get("reference", ""))
