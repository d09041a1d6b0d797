"""Out maps: what a map that leads out, and a set of them, is once it was read (docs/writeback.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.mapping.outbound.exchanged import Answer, Soap
from gateway.mapping.outbound.rows import BESIDE, Inside, Row
from gateway.mapping.outbound.unsaid import Rules

Form = Literal["hl7v2", "astm", "rows", "json", "xml", "cda"]
FORMS: tuple[Form, ...] = ("hl7v2", "astm", "rows", "json", "xml", "cda")

POSTED: tuple[Form, ...] = ("json", "xml", "cda")
"""Forms that go over HTTP, with an answer that has a body."""


@dataclass(slots=True, frozen=True)
class Segments:
    """A segment and its fields, or a group of them for each of something."""

    name: str = ""
    row: Row | None = None
    inner: tuple[Segments, ...] = ()


@dataclass(slots=True, frozen=True)
class TableRows:
    """Rows of one table of a database.

    Attributes:
        table: its name.
        key: columns that say whether a row is there already.
        row: ``each`` and the columns.
    """

    table: str
    key: tuple[str, ...]
    row: Row

    @property
    def columns(self) -> Mapping[str, tuple[Row, ...]]:
        """Column → its rows, those of an element beside others among them."""
        return _columns(self.row.inside or {})


def _columns(inside: Inside) -> dict[str, tuple[Row, ...]]:
    found: dict[str, tuple[Row, ...]] = {}
    for name, rows in inside.items():
        if not name.startswith(BESIDE):
            found[name] = rows
            continue
        for row in rows:
            for column, within in _columns(row.inside or {}).items():
                found[column] = (*found.get(column, ()), *within)
    return found


@dataclass(slots=True, frozen=True)
class OutMap:
    """One map; see docs/writeback.md.

    Attributes:
        message: of ``hl7v2``: MSH-9, ``("RDE", "O11", "RDE_O11")``; a part may be a fact (``$event``).
        segments: of ``hl7v2``, records of ``astm``.
        tables: of ``rows``.
        body: of ``json``, ``xml`` and ``cda``.
        root: of ``xml`` and ``cda``: name of the root element.
        about: resource type of which there must be one.
        facts: what its rows may name with ``$`` besides.
        labels: code tables of the shapes.
        day: row of the day of the document, from which ages are counted.
        unsaid: what must not be left out of each type and has no place here; empty: it may be (an answer
            that was asked for).
        says: names of those that the map has a place for.
    """

    name: str
    form: Form
    message: tuple[str, ...] = ()
    segments: tuple[Segments, ...] = ()
    tables: tuple[TableRows, ...] = ()
    body: Inside = field(default_factory=dict)
    root: str = ""
    namespace: str = ""
    about: str = ""
    day: Row | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unsaid: Rules = field(default_factory=dict)
    says: frozenset[str] = frozenset()


@dataclass(slots=True, frozen=True)
class Saying:
    """What is said of an event: by which map, with which facts."""

    map: OutMap
    facts: Mapping[str, str]


@dataclass(slots=True, frozen=True)
class OutSet:
    """What a receiver is told: kind → event → how.

    Attributes:
        answer: what its answer means, None: its status says it.
        soap: the operation whose argument a body is, None: the body is all.
    """

    name: str
    form: Form
    kinds: Mapping[str, Mapping[str, Saying]]
    answer: Answer | None = None
    soap: Soap | None = None
