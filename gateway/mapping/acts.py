"""Acts: the rows of a message map once they are compiled: what they make, fill, find and tie together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from gateway.mapping.conditions import Access
from gateway.mapping.emit import Shape, piece
from gateway.mapping.paths import Source, source
from gateway.mapping.raw import part, repetition
from gateway.mapping.rows import Step
from gateway.mapping.run import Run
from gateway.mapping.texts import EMPTY, count_of, is_han, is_numeric, is_resident


def segment_of(at: str) -> str:
    """Return the segment of a place: ``PID`` of ``PATIENT.PID`` and of ``PID[2]``."""
    return at.rpartition(".")[2].partition("[")[0]


MOST, LONGEST = 2048, 96
"""Answers of one condition that are remembered, and the longest field that is: longer ones are no codes."""

SUBJECTS = ("subject", "patient", "beneficiary")
"""Elements that say whom a resource is about."""

Test = Callable[[list[str], Run], bool]
Value = Callable[[list[str], Run], str]


def field_of(at: Source, segment: str, shape: Shape | None = None) -> str:
    """Return the expression of a raw field; ``f`` is the segment that the row stands at."""
    if at.segment != segment:
        return f"run.other({at.segment!r}, {at.field})"
    return shape.field(at.field) if shape else f"(f[{at.field}] if len(f) > {at.field} else '')"


def reader(at: Source, segment: str, shape: Shape | None = None) -> str:
    """Return the expression that reads one leaf."""
    if at.variable:
        return f"run.variable({at.variable!r})"
    whole, number = field_of(at, segment, shape), at.repetition or 1
    own = shape is not None and at.segment == segment
    value = shape.repetition(whole, number) if shape and own else piece(whole, "~", number)
    value = piece(value, "^", at.component or 1)
    return piece(value, "&", at.subcomponent) if at.subcomponent else value


def asked_of(segment: str, where: str, shape: Shape | None = None) -> Access:
    """Return how a condition of a row that stands at ``segment`` reads its paths."""

    def access(text: str, whole: bool) -> str:
        at = source(text, where)
        whole = whole and not at.component and not at.repetition and not at.variable
        return field_of(at, segment, shape) if whole else reader(at, segment, shape)

    return access


SCOPE: dict[str, Any] = {"part": part, "repetition": repetition, "EMPTY": EMPTY}
SCOPE |= {"count_of": count_of, "is_numeric": is_numeric, "is_han": is_han, "is_resident": is_resident}


@cache
def function_of(expression: str) -> Callable[[list[str], Run], Any]:
    """Return the function of ``f`` and ``run`` that an expression is."""
    made: Callable[[list[str], Run], Any] = eval(f"lambda f, run: {expression}", SCOPE)  # noqa: S307 (checked rows)
    return made


@dataclass(slots=True, frozen=True)
class KeyPart:
    """One part of a composed key: a resource by its name, or a leaf of the message."""

    name: str
    value: Value | None


@dataclass(slots=True, frozen=True)
class Key:
    """One way to an identity: by identifier type codes, or composed; ``fixed`` is a constant.

    ``like_datatype``: composed as the key of a datatype map is, so that both name the same resource.
    """

    identifier: tuple[str, ...] | None = None
    parts: tuple[KeyPart, ...] = ()
    fixed: str = ""
    like_datatype: bool = False


@dataclass(slots=True, frozen=True)
class Tie:
    """A reference between two resources: the way to it, its element, and the name of the other one.

    Attributes:
        plain: it is one Reference at the top of the resource.
        subject: the element that says whom the resource is about.
    """

    way: tuple[tuple[str, bool], ...]
    last: str
    many: bool
    name: str
    plain: bool = field(init=False)
    subject: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", not self.way and not self.many)
        object.__setattr__(self, "subject", not self.many and self.last in SUBJECTS)


@dataclass(slots=True, frozen=True)
class Joining:
    """Two identities that a row joins or links.

    Attributes:
        kind: ``merge``, ``change`` (of a number), ``link`` or ``unlink``.
        type: resource type.
        into: name of the resource that goes on.
        how: the map that makes the identifier of the one that ends (merge and change).
        field: number of that field.
        other: name of the other resource (link and unlink).
    """

    kind: Literal["merge", "change", "link", "unlink"]
    type: str
    into: str
    how: str = ""
    field: int = 0
    other: str = ""


@dataclass(slots=True, frozen=True)
class Search:
    """Another resource of the message that a row means (``find``).

    Attributes:
        name: what this row calls it.
        among: what the row that makes it calls it.
        test: condition at its segment.
        same: what is read there and what is read here; what is valued here must be the same there.
        segment: where all rows stand that make such resources.
        may: whether a segment of that name may be the one, by its own fields; None where they do not tell.
    """

    name: str
    among: str
    test: Test | None
    same: tuple[tuple[Value, Value], ...]
    segment: str = ""
    may: Callable[[list[str]], bool] | None = None


@dataclass(slots=True)
class Act:
    """One compiled row of a message map.

    Attributes:
        links: references from its resource to those that have a name.
        ends: references from its resource to all others.
        appends: name of who refers to its resource, how, and whether to this very one.
    """

    rule: int
    step: Step
    test: Test | None
    call: Callable[..., None] | None
    keys: tuple[Key, ...]
    links: tuple[Tie, ...]
    ends: tuple[Tie, ...]
    appends: tuple[tuple[str, tuple[Tie], bool], ...]
    merge: Joining | None = None
    element: Callable[..., None] | None = None
    search: Search | None = None


def remembered(test: Test, fields: tuple[int, ...]) -> Callable[[list[str]], bool]:
    """Return a test that asks for fields of its own segment only, and remembers its answers."""
    answers: dict[tuple[str, ...], bool] = {}
    nothing: Any = None  # no other segment is asked for

    def answer(f: list[str]) -> bool:
        said = tuple([f[at] if at < len(f) else "" for at in fields])
        known = answers.get(said)
        if known is None:
            known = bool(test(f, nothing))
            if max(map(len, said)) <= LONGEST:
                if len(answers) >= MOST:
                    answers.clear()
                answers[said] = known
        return known

    return answer
