"""Broken: text that was meant to be JSON, and is cut off, too deep, or has a member twice.

Its literals are masked by the names before them.
"""

from __future__ import annotations

import json
import re

from conformance.evidence.opened import Learner, Opened
from conformance.evidence.places import PARTS, belongs, kind_of, part

_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)("|\Z|\\\Z)(\s*+:)?', re.DOTALL)
_NAMES = frozenset(("text", "display"))
_ADDRESS = frozenset(("line", "district", "postalCode"))


def open_broken(text: str, learner: Learner) -> Opened:
    """Take such a text apart. What stands under ``text`` and ``display`` passes for a name."""
    pieces: list[str] = []
    places: list[int] = []
    raws: list[str] = []
    at, name = 0, ""
    for found in _LITERAL.finditer(text):
        start, end = found.span(1)
        pieces.append(text[at:start])
        at = end
        value = _read(found[1])
        if found[3]:
            name = value
        else:
            value = _placed(name, value, learner)
        places.append(len(pieces))
        pieces.append(found[1])
        raws.append(value)
    pieces.append(text[at:])
    rest = list(range(0, len(pieces), 2))

    def close(leaves: list[str]) -> str:
        for place, leaf in zip(places, leaves, strict=False):
            if leaf != _read(pieces[place]):
                pieces[place] = json.dumps(leaf, ensure_ascii=False)[1:-1]
        for place, leaf in zip(rest, leaves[len(places) :], strict=True):
            pieces[place] = leaf
        return "".join(pieces)

    return Opened([*raws, *(pieces[place] for place in rest)], close)


def _read(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw


def _placed(name: str, value: str, learner: Learner) -> str:
    kind = "name" if name in _NAMES else "address" if name in _ADDRESS else kind_of(name)
    if not kind or (kind != "address" and not belongs(kind, value)):
        return value
    if name.lower() in PARTS or name in _NAMES:
        return learner.mark("name" if name in _NAMES else part(name), value)
    return learner.learn(kind, value)
