"""Statements → segments: what the body of a clinical document states, laid out by kinds (``layout.cda``).

Statements of one kind mostly have the same columns: which fields they can say something in, and which of
their columns nothing reads, is worked out once for those columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from gateway.mapping.layout.cda import Left, Statement, count
from gateway.mapping.layout.columns import Column, Columns
from gateway.mapping.layout.laid import LaidSegment
from gateway.mapping.layout.lay_rows import escaped
from gateway.mapping.layout.lay_xml import constants_of, filled, first_of, form_of
from gateway.mapping.layout.place import Place
from gateway.wire.xml import Document

MOST: Final = 512
"""Sets of columns that are remembered of one kind."""

_COLUMN: Final = re.compile(r"[a-z][a-z_]*")
_OWN: Final = frozenset(
    {"number", "label", "section", "drug_alone", "drug_label", "rate", "rate_unit", "form_label", "mood"}
    | {"rank", "dated", "outcome"}  # said by a statement of its own too
    | {"value", "value_type", "value_unit", "form", "range_low", "range_high", "range_unit", "range_text"}
)
"""Columns that another one is made of, or that say how it is to be read."""

_SHOWN: Final = (
    *("value_", "result", "judged_type", "shown_type"),
    *("code_type", "name_type", "total_type", "item_type", "unit_"),
)
"""Beginnings of columns of a statement that was put together: others show what they say."""

_REPEATED: Final = "people"
"""The column that is no text: it repeats."""

_OWN_OF_PEOPLE: Final = frozenset({"role"})


class Answers(dict[etree.XPath, str]):
    """What one document says at the XPaths of its statements, in the form of a field; each is asked once."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document

    def __missing__(self, path: etree.XPath) -> str:
        text = self[path] = first_of(self._document, self._document.root, path)
        return text


Read = Callable[[Mapping[str, Any], Answers], str]


@dataclass(slots=True, frozen=True)
class _Shape:
    """What becomes of statements with the same columns.

    Attributes:
        segments: name and number of fields, the fields that may say something, and the constants.
        unread: columns of which something may be left.
    """

    segments: list[tuple[str, int, list[tuple[int, Read]], list[tuple[int, str]]]]
    unread: list[str]


class StatementLayout:
    """Lays out the statements of one kind.

    Args:
        kind: theirs.
        place: what the layout says of them.
        compiled: compiles an XPath of the layout.

    Raises:
        Misconfigured: a path is no XPath; names file and path.
    """

    def __init__(self, kind: str, place: Place, compiled: Callable[[str], etree.XPath]) -> None:
        self._kind = kind
        self._laid: list[Columns] = [*place.segments, place.own]
        fields = [one for columns in self._laid for one in columns.known.values()]
        paths = {path for one in fields for path in one.paths()}
        self._xpaths = {path: compiled(path) for path in paths if not _COLUMN.fullmatch(path)}
        self._read = (paths - self._xpaths.keys()) | {f"{one.each}." for one in fields if one.each}
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def lay(self, statement: Statement, answers: Answers, segments: list[LaidSegment]) -> None:
        """Write the segments of a statement."""
        said = statement.said
        for name, width, reads, constants in self._shape(tuple(said)).segments:
            fields, valued = [name, *[""] * width], False
            for number, read in reads:
                if text := read(said, answers):
                    fields[number], valued = text, True
            if valued:
                for number, constant in constants:
                    fields[number] = constant
                statement.segments.append(len(segments))
                segments.append(LaidSegment(name, fields))

    def count_unread(self, statement: Statement, place: str, left: Left) -> None:
        """Count what a statement says in columns that no field and no row of the layout reads."""
        said = statement.said
        for name in self._shape(tuple(said)).unread:
            value = said[name]
            if isinstance(value, list):
                if f"{name}." not in self._read:
                    count(left, f"{place}.{name}")
                    continue
                for key in sorted({key for one in value for key in one} - _OWN_OF_PEOPLE - self._read):
                    count(left, f"{place}.{name}.{key}")
            elif name == "value_unit":
                if value != said.get("unit"):
                    count(left, f"{place}.{name}")
            elif value:
                count(left, f"{place}.{name}")

    def _shape(self, names: tuple[str, ...]) -> _Shape:
        """Return what becomes of statements with some columns."""
        found = self._shapes.get(names)
        if found is None:
            if len(self._shapes) >= MOST:
                self._shapes.clear()
            found = self._shapes[names] = _Shape(
                [
                    (one.segment, max(one.known, default=0), reads, constants_of(one))
                    for one in self._laid
                    if (reads := self._reads(one, names))
                ],
                [name for name in names if self._is_left(name)],
            )
        return found

    def _is_left(self, name: str) -> bool:
        """Tell whether something of a column may be read by nothing."""
        if name == _REPEATED or (name == "value_unit" and self._kind == "result"):
            return True
        return name not in self._read and name not in _OWN and not name.startswith(_SHOWN)

    def _reads(self, columns: Columns, names: Collection[str]) -> list[tuple[int, Read]]:
        """Return the fields of a segment in which a statement with some columns may say something."""
        found = [(number, self._field(one, names)) for number, one in sorted(columns.known.items())]
        return [(number, read) for number, read in found if read is not None]

    def _field(self, column: Column, names: Collection[str]) -> Read | None:
        """Return what reads one field, None where a statement with some columns says nothing in it."""
        if column.each:
            return self._repeated(column) if column.each in names else None
        paths = [path for path in column.paths() if path in names or path in self._xpaths]
        if not paths:
            return None
        return self._part(paths[0]) if column.plain else self._composition(column, paths)

    def _repeated(self, column: Column) -> Read:
        compose, each = self._composition(column, list(column.paths())), column.each

        def repeated(said: Mapping[str, Any], answers: Answers) -> str:
            made = [compose(one, answers) for one in said[each] if isinstance(one, dict)]
            return "~".join([one for one in made if one])

        return repeated

    def _composition(self, column: Column, paths: Collection[str]) -> Read:
        form, reads = form_of(column, paths), [self._part(path) for path in paths]

        def compose(said: Mapping[str, Any], answers: Answers) -> str:
            return filled(form, [read(said, answers) for read in reads])

        return compose

    def _part(self, path: str) -> Read:
        xpath = self._xpaths.get(path)
        if xpath is None:
            return lambda said, answers: _text(said.get(path))
        return lambda said, answers: answers[xpath]


def _text(value: object) -> str:
    return escaped(value) if isinstance(value, str) else ""
