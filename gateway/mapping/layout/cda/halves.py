"""Halves: the name and the code of one diagnosis in two neighbouring entries → one statement.

They are joined where nothing else is possible: the code has the same name, or all neighbours are pairs in one
order and no code has another name. Where a name stands without its code, the others stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from gateway.canonical.named import spelled
from gateway.mapping.layout.cda.statement import Section, Statement

_KINDS: Final = frozenset({"diagnosis", "relative"})
_CODE_OF: Final = {"DE05.01.025.00": "DE05.01.024.00", "DE05.10.172.00": "DE05.10.130.00"}
"""Data element of a name → of its code (WS 363.10, WS 363.15)."""

_PART: Final = re.compile("(?i)名称|编码|代码|诊断|疾病|ICD-?10")
"""What says in a label that it is of a name or a code, and not of which diagnosis: 出院诊断名称,
出院诊断ICD-10编码; 诊断名称, 疾病编码."""


def half(made: Sequence[Statement]) -> Statement | None:
    """Return what an entry has made where it is no more than the name, or the code, of a diagnosis."""
    if len(made) != 1 or made[0].kind not in _KINDS or made[0].parent is not None:
        return None
    return made[0] if ("name" in made[0].said) != ("code" in made[0].said) else None


def joined(section: Section, halves: Iterable[Statement | None]) -> None:
    """Join the halves of a section.

    Args:
        halves: one for each entry in their order, None where it is something else.
    """
    for there, run in groupby(halves, key=lambda one: one is not None):
        for first, second in _pairs([one for one in run if one is not None]) if there else ():
            for column, text in second.said.items():
                first.said.setdefault(column, text)
            section.statements[:] = [one for one in section.statements if one is not second]


def _pairs(run: Sequence[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """Yield what belongs together of neighbouring halves."""
    pairs = list(zip(run[::2], run[1::2], strict=False))
    ordered = len(run) % 2 == 0 and all("name" in one.said and "code" in other.said for one, other in pairs)
    if ordered and all(_same(one, other) is not False for one, other in pairs):
        yield from pairs
        return
    used: Statement | None = None
    for one, other in pairwise(run):
        if one is not used and _same(one, other):
            yield one, other
            used = other


def _same(one: Statement, other: Statement) -> bool | None:
    """Tell whether a name and a code have one name; None where the code has none, False for two of a kind."""
    if one.kind != other.kind or ("name" in one.said) == ("name" in other.said):
        return False
    if one.said.get("negated") != other.said.get("negated"):
        return False
    named, coded = (one, other) if "name" in one.said else (other, one)
    if _CODE_OF.get(named.of[0]) != coded.of[0] or not _of_one(named.of[1], coded.of[1]):
        return False
    shown = str(coded.said.get("code_name", ""))
    return spelled(shown) == spelled(str(named.said["name"])) if shown else None


def _of_one(label: str, other: str) -> bool:
    """Tell whether two labels name one diagnosis; one may leave out the heading (西医诊断编码)."""
    parts, others = (_PART.sub("", one).strip().split("-") for one in (label, other))
    short = min(len(parts), len(others))
    return parts[-short:] == others[-short:] and (len(parts) == len(others) or parts[-1] != "")
