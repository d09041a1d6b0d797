"""Naming: the rows of a layout say paths of the record; here they become paths of its segments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from gateway.mapping.layout.place import Place

_KNOWN = re.compile(r"[A-Z][A-Z0-9]{2}-\d.*|\$[a-z]+")
"""What is a path of a segment or a fact of the envelope already."""

_BRACED = re.compile(r"\{([^{}]+)\}")
_TOKEN = re.compile(r'\s*("[^"]*"|!=|>=|<=|=|>|<|\(|\)|,|[^\s()",=<>!]+)')


class Naming:
    """Says what the paths at one place become.

    Args:
        around: the places that a path may name: ``head.visit_no`` inside ``items``.
    """

    def __init__(self, place: Place, around: Collection[Place]) -> None:
        self._place = place
        self._around = {one.name: one for one in around}

    def path(self, text: str, where: str) -> str:
        """Return the path of a segment for a path of the record."""
        if _KNOWN.fullmatch(text.strip()):
            return text
        name, dot, rest = text.strip().partition(".")
        place = self._around.get(name) if dot and rest[:1].isalpha() else None
        columns, said = (place.own, rest) if place is not None else (self._place.own, text)
        return f"{columns.segment}-{columns.number(said, where)}"

    def paths(self, value: Any, where: str) -> Any:
        """Return the same for one path or a list of them."""
        if isinstance(value, list):
            return [self.path(str(one), where) for one in value]
        return self.path(str(value), where)

    def condition(self, text: str, where: str) -> str:
        """Return a condition; what stands between braces, or where a path is expected, is a path."""
        text = _BRACED.sub(lambda found: self.path(found[1], where), text)
        return "".join(self._tokens(text, where))

    def _tokens(self, text: str, where: str) -> Iterator[str]:
        expected, at = True, 0
        while found := _TOKEN.match(text, at):
            at, token = found.end(), found[1]
            word = token.lower()
            if word in ("and", "or"):
                expected = True
            elif expected and word not in ("not", "("):
                token, expected = self.path(token, where), False
            yield token if token in ("(", ")", ",") else f" {token}"
        yield text[at:]

    def key(self, value: Any, names: Collection[str], where: str) -> Any:
        """Return a key; names of resources, type codes and constants stay."""
        if isinstance(value, dict):
            if "any" in value:
                return {**value, "any": [self.key(one, names, where) for one in value["any"]]}
            if "datatype" in value:
                return {**value, "datatype": self.key(value["datatype"], names, where)}
            return value
        if isinstance(value, list):
            return [one if str(one) in names else self.path(str(one), where) for one in value]
        return value if value is None or str(value) in names else self.path(str(value), where)


def shown(place: Place, parent: Callable[[Place], str]) -> Iterator[tuple[str, str]]:
    """Yield the path of every field at a place, as the rows have it and as the record has it."""
    for columns in (*place.segments, place.own):
        for number, column in columns.known.items():
            yield f"{columns.segment}-{number}", parent(place) + column.text
