"""Path: where a value of a platform's record stands in a document; a closed, small language (docs/feed.md).

``Patient.name.text``: of the first Patient; ``RequestGroup.author/name.text``: of the resource that is
referred to; ``Patient.identifier[system=urn:oid:2.16.156.10011.1.3].value``: of those with this system;
``[0]``: of the first one; ``.dose.value``: of the element at hand; ``ledger.serial``: of the entry. A number,
name, telephone or address of ``use: old`` is in force no more and not told, unless a path asks for a ``use``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from gateway.canonical.elements import reference
from gateway.errors import Misconfigured
from gateway.feed.document import Document
from gateway.store.clock import instant

_TOKEN = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<index>\d+)\]|\[(?P<key>\w+)=(?P<value>[^\]]*)\]"
    r"|(?P<dot>\.)|(?P<follow>/)"
)
_TYPE = re.compile(r"[A-Z][A-Za-z]+\Z")

Step = Callable[[list[Any], Document], list[Any]]

_REPLACED = frozenset(("address", "identifier", "name", "telecom"))
"""Elements whose ``use`` may be ``old``."""

_LEDGER: dict[str, Callable[[Document], Any]] = {
    "n": lambda document: document.entry.n,
    "key": lambda document: document.key,
    "kind": lambda document: document.entry.kind,
    "event": lambda document: document.entry.event,
    "serial": lambda document: document.entry.serial or None,
    "time": lambda document: instant(document.entry.ts_us),
    "hash": lambda document: document.entry.hash.hex(),
    "sha": lambda document: document.entry.sha.hex(),
    "tenant": lambda document: document.entry.tenant,
    "id": lambda document: document.entry.id,
    "back": lambda document: document.entry.back or None,
}


class Path:
    """A path that was understood.

    Raises:
        Misconfigured: it was not.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._start, self._steps = _compiled(text)

    def values(self, document: Document, here: Any = None) -> list[Any]:
        """Return the values there, without nulls.

        Args:
            here: the element that a path begins at which begins with a dot.
        """
        found = self._start(document, here)
        for step in self._steps:
            if not found:
                break
            found = step(found, document)
        return found


Start = Callable[[Document, Any], list[Any]]


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[Start, tuple[Step, ...]]:
    tokens = _tokens(text)
    if not tokens:
        raise Misconfigured(f"no path: {text!r}")
    every = any(one["key"] == "use" for one in tokens)
    steps = [_step(one, every) for one in tokens if one.lastgroup != "dot"]
    if tokens[0].lastgroup == "dot":
        return _here, tuple(steps)
    first = tokens[0]["name"] or ""
    rest = tuple(steps[1:])
    if first == "ledger":
        if len(tokens) != 3 or tokens[2]["name"] not in _LEDGER:
            raise Misconfigured(f"of the ledger there is {', '.join(_LEDGER)}, not {text!r}")
        return _of_ledger(_LEDGER[tokens[2]["name"]]), ()
    if not _TYPE.match(first):
        raise Misconfigured(f"a path begins with a type, ledger or a dot, not {text!r}")
    return _of_type(first), rest


def _tokens(text: str) -> list[re.Match[str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Misconfigured(f"no path at character {at + 1} of {text!r}")
        found.append(match)
        at = match.end()
    return found


def _here(document: Document, here: Any) -> list[Any]:
    return [] if here is None else [here]


def _of_type(type_: str) -> Start:
    def start(document: Document, here: Any) -> list[Any]:
        return list(document.of_type(type_))

    return start


def _of_ledger(value: Callable[[Document], Any]) -> Start:
    def start(document: Document, here: Any) -> list[Any]:
        found = value(document)
        return [] if found is None else [found]

    return start


def _step(token: re.Match[str], every: bool) -> Step:
    kind = token.lastgroup
    if kind == "name":
        return _in_force(token["name"]) if token["name"] in _REPLACED and not every else _named(token["name"])
    if kind == "index":
        at = int(token["index"])
        return lambda values, document: values[at : at + 1]
    if kind == "follow":
        return _follow
    return _with(token["key"], token["value"])


def _named(name: str) -> Step:
    def step(values: list[Any], document: Document) -> list[Any]:
        return list(_flat(one.get(name) for one in values if isinstance(one, dict)))

    return step


def _in_force(name: str) -> Step:
    named = _named(name)

    def step(values: list[Any], document: Document) -> list[Any]:
        found = named(values, document)
        return [one for one in found if not isinstance(one, dict) or one.get("use") != "old"]

    return step


def _with(key: str, value: str) -> Step:
    def step(values: list[Any], document: Document) -> list[Any]:
        return [one for one in values if isinstance(one, dict) and str(one.get(key)) == value]

    return step


def _follow(values: list[Any], document: Document) -> list[Any]:
    found = (document.resource(name) for one in values if (name := reference(one)))
    return [one for one in found if one is not None]


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for one in values:
        if isinstance(one, list):
            yield from (each for each in one if each is not None)
        elif one is not None:
            yield one
