"""Shapes: what the rows of one place come to for segments in which the same fields are valued.

Most segments of a sender are alike: they fill the same dozen of fifty fields. Once a place has met a shape a
few times, the rows that could do nothing there are left out of it: conditions are worked out as far as the
shape decides them, the maps are compiled again without the rows of empty fields, and what is left of the
conditions is remembered by the fields that they ask for. A segment with a v2 null, and a message with escape
sequences, take the long way.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from gateway.mapping.acts import LONGEST, MOST, Act, Test, asked_of, function_of
from gateway.mapping.compile import Compiled
from gateway.mapping.conditions import condition
from gateway.mapping.emit import Shape
from gateway.mapping.reads import FieldReads

MET = 8
"""So often a shape must come before it is worth some milliseconds of compiling."""

MOST_SHAPES, MOST_MET = 64, 256
"""Shapes of one place that are compiled, and that are counted: memory stays bounded."""

Valued = tuple[int, ...]
"""Numbers of the valued fields, in their order."""

Choice = tuple[Act, Callable[..., Any] | None, Test | None]
"""A row that may act, its map for this shape, and the part of its condition that asks for other segments."""


@dataclass(slots=True)
class Shaped:
    """What happens at one place for the segments of one shape.

    Attributes:
        always: the rows that may act, None where it depends on what the fields say.
        asks: gives the fields on which it depends.
        tests: conditions on the own fields, None for always, and what they decide about.
        chosen: what the fields say → the rows that may act.
        partly: number, path and reads of the fields of which not everything is read.
        unread: paths of the fields that no row reads.
    """

    always: tuple[Choice, ...] | None
    asks: Callable[[list[str]], Any]
    tests: tuple[tuple[Test | None, Choice], ...]
    partly: tuple[tuple[int, str, FieldReads], ...]
    unread: tuple[str, ...]
    chosen: dict[Any, tuple[Choice, ...]] = field(default_factory=dict)

    def choose(self, f: list[str]) -> tuple[Choice, ...]:
        """Return the rows that may act on a segment, where it depends on its fields."""
        key = self.asks(f)
        found = self.chosen.get(key)
        if found is None:
            nothing: Any = None  # these conditions ask for the own fields only
            found = tuple([one for test, one in self.tests if test is None or test(f, nothing)])
            if max(map(len, (key,) if isinstance(key, str) else key)) <= LONGEST:
                if len(self.chosen) >= MOST:
                    self.chosen.clear()
                self.chosen[key] = found
        return found


class Shapes:
    """The shapes of one place.

    Attributes:
        known: valued fields → what happens, for the shapes that came often enough: of segments without
            repetitions, and of those with some.
    """

    __slots__ = ("_acts", "_compiled", "_met", "_segment", "known")

    def __init__(self, segment: str, acts: tuple[Act, ...], compiled: Compiled) -> None:
        self._segment, self._acts, self._compiled = segment, acts, compiled
        self._met: Counter[tuple[bool, Valued]] = Counter()
        self.known: tuple[dict[Valued, Shaped], dict[Valued, Shaped]] = ({}, {})

    def meet(
        self, valued: Valued, repeats: bool, partly: Mapping[int, FieldReads], read: frozenset[int]
    ) -> Shaped | None:
        """Return what happens for a shape that is not known yet, None while it is a rare one.

        Args:
            partly: fields of which not everything is read.
            read: fields that are read at all.
        """
        key = (repeats, valued)
        if sum(map(len, self.known)) >= MOST_SHAPES or (key not in self._met and len(self._met) >= MOST_MET):
            return None
        self._met[key] += 1
        if self._met[key] < MET:
            return None
        made = self.known[repeats][valued] = self._made(Shape(frozenset(valued), repeats), partly, read)
        return made

    def _made(self, shape: Shape, partly: Mapping[int, FieldReads], read: frozenset[int]) -> Shaped:
        asked: set[int] = set()
        tests = []
        for act in self._acts:
            own, other = self._conditions(act, shape, asked)
            if own != "False":
                name = act.step.map
                call = self._compiled.shaped(name, self._segment, shape) if name else None
                rest = function_of(other) if other else None
                tests.append((function_of(own) if own else None, (act, call, rest)))
        fields = sorted(shape.valued)
        return Shaped(
            always=None if asked else tuple([choice for _, choice in tests]),
            asks=itemgetter(*sorted(asked or {0})),
            tests=tuple(tests),
            partly=tuple([(at, f"{self._segment}-{at}", partly[at]) for at in fields if at in partly]),
            unread=tuple([f"{self._segment}-{at}" for at in fields if at not in read]),
        )

    def _conditions(self, act: Act, shape: Shape, asked: set[int]) -> tuple[str, str]:
        """Return what is left of a condition: on the own fields, and on other segments; ``""`` for nothing.

        Args:
            asked: takes the numbers of the own fields that the first one asks for.
        """
        if not act.step.when:
            return "", ""
        text = shape.fold(
            condition(act.step.when, asked_of(self._segment, act.step.where, shape), act.step.where)
        )
        if text in ("True", "False"):
            return text.removesuffix("True"), ""
        whole = ast.parse(text, mode="eval").body
        several = isinstance(whole, ast.BoolOp) and isinstance(whole.op, ast.And)
        terms = whole.values if isinstance(whole, ast.BoolOp) and several else [whole]
        own: list[str] = []
        other: list[str] = []
        for term in terms:
            numbers = _own_fields(term)
            (other if numbers is None else own).append(f"({ast.unparse(term)})")
            asked |= numbers or set()
        return " and ".join(own), " and ".join(other)


def _own_fields(term: ast.expr) -> set[int] | None:
    """Return the fields of the own segment that a term asks for; None where it asks for others too."""
    names = {one.id for one in ast.walk(term) if isinstance(one, ast.Name)}
    if "run" in names:
        return None
    return {
        one.slice.value
        for one in ast.walk(term)
        if isinstance(one, ast.Subscript)
        and isinstance(one.value, ast.Name)
        and one.value.id == "f"
        and isinstance(one.slice, ast.Constant)
        and isinstance(one.slice.value, int)
    }
