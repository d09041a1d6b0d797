"""Columns: the numbers that the paths of one place get as fields of its segment.

``patient_no`` is a field of one component. ``dept_code ^ dept_name ^ 'HIS'`` is one of three: what stands
between quotes is constant. In XML ``PATH => EXPRESSION`` makes a repetition of each node that the path
finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.errors import Misconfigured

MOST = 400
"""Fields of one segment."""


@dataclass(slots=True, frozen=True)
class Part:
    """One sub-component: a path of the record, or a constant (``path`` is ``""``)."""

    path: str
    constant: str = ""


@dataclass(slots=True, frozen=True)
class Column:
    """One field.

    Attributes:
        text: as it is written.
        each: path of the nodes that become repetitions, ``""`` where the field is made once.
        components: its components, each of its sub-components.
    """

    text: str
    each: str
    components: tuple[tuple[Part, ...], ...]

    @property
    def plain(self) -> str:
        """The one path that it is, ``""`` where it is put together."""
        whole = len(self.components) == 1 and len(self.components[0]) == 1 and not self.each
        return self.components[0][0].path if whole else ""

    def paths(self) -> Iterator[str]:
        """Yield every path that it reads."""
        for component in self.components:
            yield from (part.path for part in component if part.path)


def column(text: str, where: str) -> Column:
    """Return the field that an expression is.

    Raises:
        Misconfigured: it is empty, or a quote is not closed; names the place.
    """
    each, arrow, rest = text.partition("=>")
    if not arrow:
        each, rest = "", text
    components = tuple(
        tuple(_part(part, where) for part in split(component, "&", where))
        for component in split(rest, "^", where)
    )
    made = Column(text.strip(), each.strip(), components)
    if not any(part.path or part.constant for component in components for part in component):
        raise Misconfigured(f"{text!r} reads nothing", where=where)
    return made


def _part(text: str, where: str) -> Part:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return Part("", text[1:-1])
    return Part(text)


def split(text: str, separator: str, where: str) -> list[str]:
    """Split outside of quotes and brackets: a predicate may hold both.

    Raises:
        Misconfigured: one of them is not closed; names the place.
    """
    parts, depth, quote, begin = [], 0, "", 0
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign == separator and not depth:
            parts.append(text[begin:at])
            begin = at + 1
    if quote or depth:
        raise Misconfigured(f"a quote or bracket of {text!r} is not closed", where=where)
    return [*parts, text[begin:]]


@dataclass(slots=True)
class Columns:
    """The fields of one segment at one place.

    Attributes:
        segment: its name.
        known: field number → column.
    """

    segment: str
    known: dict[int, Column] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def fixed(self, number: int, text: str, where: str) -> None:
        """Give a field that has a number (``PID: {5: name}``) its column."""
        if not 0 < number <= MOST or number in self.known:
            raise Misconfigured(f"{self.segment}-{number} is no free field", where=where)
        self.known[number] = column(text, where)
        self._numbers.setdefault(text.strip(), number)

    def number(self, text: str, where: str) -> int:
        """Return the number of a column, a new one where it is new.

        Raises:
            Misconfigured: it is none, or there are too many; names the place.
        """
        text = text.strip()
        found = self._numbers.get(text)
        if found is None:
            found = max(self.known, default=0) + 1
            if found > MOST:
                raise Misconfigured(f"a place has at most {MOST} columns", where=where)
            self.known[found] = column(text, where)
            self._numbers[text] = found
        return found
