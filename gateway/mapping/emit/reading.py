"""How a generated function reads: source paths and conditions as Python expressions."""

from __future__ import annotations

from collections import Counter

from gateway.errors import Misconfigured
from gateway.mapping.conditions import condition
from gateway.mapping.emit.shape import Shape
from gateway.mapping.paths import Source, source
from gateway.mapping.rows import MapFile, Row

PER_MESSAGE = frozenset({"control", "received", "id", "bytes", "format", "hash", "size", "map"})
"""Facts of the envelope that no remembered value may hold."""

_TESTS = ("is_han", "is_resident", "is_numeric")


def piece(value: str, separator: str, number: int) -> str:
    """Return the expression of one part of a raw text; the first part needs no function call."""
    if number == 1:
        return f"{value}.partition({separator!r})[0]"
    return f"part({value}, {separator!r}, {number})"


class Reading:
    """The expressions of one map.

    Attributes:
        known: numbers of the own fields that some row reads.
        others: segments that are read besides the own one.
        guard: number of the field (segment map) or component (datatype map) that is known to be there.
        shape: what is known of the own segment, None for nothing.
    """

    def __init__(self, file: MapFile, shape: Shape | None = None) -> None:
        self.file, self.shape = file, shape
        self.is_segment = file.is_segment
        self.known: set[int] = set()
        self.others: set[str] = set()
        self.guard = 0
        self._names: dict[str, str] = {}
        self._asked: Counter[str] = Counter()

    def path(self, text: str, where: str) -> Source:
        """Parse a source path and check that it fits this kind of map.

        Raises:
            Misconfigured: it is none, or one of the other kind; names the place.
        """
        parsed = source(text, where)
        if self.is_segment and not parsed.segment and not parsed.variable:
            raise Misconfigured(f"{text!r} is a datatype path in a segment map", where=where)
        if not self.is_segment and parsed.segment:
            raise Misconfigured(f"{text!r} is a segment path in a datatype map", where=where)
        if self.file.memo and parsed.variable in PER_MESSAGE:
            raise Misconfigured(
                f"{text!r} changes with every message; 'memo' maps cannot read it", where=where
            )
        return parsed

    def number(self, at: Source) -> int:
        """Return what the own segment or datatype must have for the path to be valued; 0 for anything."""
        if at.variable:
            return 0
        if not self.is_segment:
            return at.component
        return at.field if at.segment == self.file.source else 0

    def raw(self, at: Source) -> str:
        """Return the expression of the raw field or component, without repetition and sub-component."""
        value = self._raw(at)
        if value in self._names:
            return self._names[value]
        own = not at.variable and self.number(at)
        if own and own <= self.guard:
            return f"f[{at.field}]" if self.is_segment else f"c[{at.component - 1}]"
        return value

    def _raw(self, at: Source) -> str:
        if at.variable:
            return "v" if at.variable == "this" else f"run.variable({at.variable!r})"
        if not self.is_segment:
            return f"(c[{at.component - 1}] if n >= {at.component} else '')"
        if at.segment != self.file.source:
            self.others.add(at.segment)
            return f"({at.segment}[{at.field}] if len({at.segment}) > {at.field} else '')"
        self.known.add(at.field)
        if self.shape is not None:
            return self.shape.field(at.field)
        return f"(f[{at.field}] if n > {at.field} else '')"

    def narrow(self, value: str, at: Source, *, leaf: bool) -> str:
        """Return the expression that narrows one repetition to the component that the path names."""
        if at.variable:
            return value
        if not self.is_segment:
            return piece(value, "&", at.subcomponent) if at.subcomponent else value
        component = at.component or (1 if leaf else 0)
        if component:
            value = piece(value, "^", component)
        return piece(value, "&", at.subcomponent) if at.subcomponent else value

    def access(self, text: str, whole: bool, where: str) -> str:
        """Return the expression of a path inside a condition (see ``conditions.Access``)."""
        at = self.path(text, where)
        value = self._raw(at)
        if not (at.variable or (whole and self.is_segment and not at.component and not at.repetition)):
            if self.is_segment:
                value = self.repeated(value, at)
            value = self.narrow(value, at, leaf=True)
        if self.shape is not None and at.segment == self.file.source:
            value = self.shape.fold(value)
        self._asked[value] += 1
        return value if self.shape is not None else self._names.get(value, value)

    def repeated(self, value: str, at: Source) -> str:
        """Return the expression of the repetition that a path means: the first one unless it says so."""
        if self.shape is not None and at.segment == self.file.source:
            return self.shape.repetition(value, at.repetition or 1)
        return piece(value, "~", at.repetition or 1)

    def test(self, row: Row) -> str:
        """Return the expression of the row's condition."""
        text = condition(row.when, lambda path, whole: self.access(path, whole, row.where), row.where)
        if self.shape is not None:
            text = self.shape.fold(text)
            for value, name in self._names.items():
                text = text.replace(value, name)
            return text
        for test, name in self._names.items():
            if test.startswith("is_"):
                text = text.replace(test, name)
        return text

    def read_once(self, rows: list[Row]) -> list[str]:
        """Return the lines that read, before everything else, what several conditions ask for."""
        for row in rows:
            if row.when:
                self.test(row)
        if self.shape is not None:
            return self._read_once("\n".join(self.test(row) for row in rows if row.when))
        often = sorted((value for value, times in self._asked.items() if times > 1), key=len)
        head = [self._name(value, f"r{at}") for at, value in enumerate(often)]
        text = "\n".join(self.test(row) for row in rows if row.when)
        for test in _TESTS:
            often = [name for name in self._names.values() if text.count(f"{test}({name})") > 1]
            head += [self._name(f"{test}({name})", f"{name}_{test}") for name in often]
        return head

    def _read_once(self, tests: str) -> list[str]:
        """Return the same lines for the ``tests`` that are left once the shape of the segment is known."""
        head: list[str] = []
        asked = sorted(self._asked, key=len, reverse=True)
        for value in (*(f"{test}({one})" for test in _TESTS for one in asked), *asked):
            if value != "''" and tests.count(value) > 1:
                name = self._names[value] = f"r{len(head)}"
                tests = tests.replace(value, name)
                head.append(f"    {name} = {value}")
        return head

    def _name(self, value: str, name: str) -> str:
        """Give an expression a name and return the line that reads it, by means of shorter ones."""
        text = value
        for known, short in self._names.items():
            if len(known) > 2 and text.startswith(known):
                text = short + text[len(known) :]
        self._names[value] = name
        return f"    {name} = {text}"
