"""Places: paths in a resource become lines and columns of the XML that it was read from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from gateway.validation.xml.tables import MARK

_step = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_HOLDERS = frozenset(("contained", "resource"))


@dataclass(slots=True)
class _Node:
    """A part of the wanted paths: what is below it, by name and by place among those of the name."""

    paths: list[str] = field(default_factory=list)
    below: dict[str, dict[int, _Node]] = field(default_factory=dict)


def places(data: bytes, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return line and column (from 1) of each path, or of the nearest element above that is there.

    Args:
        data: XML that was read before, without a byte order mark.
    """
    root = _Node()
    found: dict[str, tuple[int, int]] = {}
    for path in paths:
        found[path] = (0, 0)
        _wanted(root, path)
    walk = _Walk(data, root, found)
    walk.run()
    return found


def _wanted(root: _Node, path: str) -> None:
    """Every node on the way knows the path: the last one that is met has the place."""
    node = root
    node.paths.append(path)
    parts = _step.findall(path)
    for number, (name, _) in enumerate(parts):
        if name:
            at = int(parts[number + 1][1]) if parts[number + 1 : number + 2] and parts[number + 1][1] else 0
            node = node.below.setdefault(name.removeprefix("_"), {}).setdefault(at, _Node())
            node.paths.append(path)


class _Walk:
    """One pass over the XML."""

    def __init__(self, data: bytes, root: _Node, found: dict[str, tuple[int, int]]) -> None:
        self._data = data
        self._found = found
        self._root = root
        # Of each open element: the node that it is, how many of each name were in it, its name.
        self._open: list[tuple[_Node | None, dict[str, int], str]] = []
        self._parser = expat.ParserCreate("utf-8", " ")

    def run(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(self._data, True)
        self._parser.StartElementHandler = self._parser.EndElementHandler = None

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.removeprefix(MARK)
        node = self._node(local)
        self._open.append((node, {}, local))
        if node is not None:
            place = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
            for path in node.paths:
                self._found[path] = place

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _node(self, local: str) -> _Node | None:
        if not self._open:
            return self._root
        above, counts, name = self._open[-1]
        if above is None:
            return None
        if name in _HOLDERS and local[:1].isupper():
            return above  # a resource inside: JSON has one step where XML has two
        at = counts[local] = counts.get(local, -1) + 1
        return above.below.get(local, {}).get(at)
