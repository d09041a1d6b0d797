"""Lines: what the formats make of a file, one after another: values by heading, or a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.his.files.look import Look
from adapters.his.files.pattern import Pattern
from gateway.wire.rows import Faulty
from gateway.wire.rows.objects import Values


@dataclass(slots=True)
class Line:
    """One line of a table, or one record.

    Attributes:
        number: of its line, row or record in the file, from 1.
        values: by heading.
        nested: name → what it holds many times (JSON, XML).
        text: as it stood, for whoever has to mend what it belongs to.
        rounded: headings whose numbers have lost digits; ``values`` says nothing of them.
    """

    number: int
    values: Values
    nested: Mapping[str, Sequence[Values]] = field(default_factory=dict)
    text: str = ""
    rounded: tuple[str, ...] = ()


class Broken(Exception):
    """A file can be read no further."""

    def __init__(self, faulty: Faulty) -> None:
        super().__init__(faulty.reason)
        self.faulty = faulty


@dataclass(slots=True)
class Table:
    """A file that is being read.

    Attributes:
        headings: of a table, in their order; of records none, they name their values themselves.
        lines: what comes; raises :class:`Broken`.
        doubled: headings that were there more than once.
        heading_text: the line of the headings as it stood.
        close: lets go of the file.
        beside: what stands beside the records, and how often; complete once ``lines`` is at its end.
    """

    headings: Sequence[str]
    lines: Iterator[Line | Faulty]
    doubled: tuple[str, ...] = ()
    heading_text: str = ""
    close: Callable[[], None] = lambda: None
    beside: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, frozen=True)
class Bounds:
    """What a file may be.

    Attributes:
        file: bytes.
        line: bytes of a line or record.
        unpacked: bytes of a workbook.
        whole: bytes of a file that can only be read as a whole (JSON, one XML document).
        columns: of a table.
        joined: lines that a cell in quotation marks may go over.
    """

    file: int = 4_000_000_000
    line: int = 1_000_000
    unpacked: int = 1_000_000_000
    whole: int = 64_000_000
    columns: int = 1_000
    joined: int = 50


@dataclass(slots=True, frozen=True)
class Source:
    """What a format reads.

    Attributes:
        path: the claimed file.
        pattern: what it is.
        look: its bytes.
    """

    path: Path
    pattern: Pattern
    look: Look
    bounds: Bounds = field(default_factory=Bounds)


def headed(headings: Sequence[str], limit: int) -> tuple[list[str], tuple[str, ...]]:
    """Return the headings, each once, and those that were there more than once.

    Raises:
        Broken: there are too many.
    """
    if len(headings) > limit:
        raise Broken(Faulty("too-many-columns", 0, {"limit": str(limit)}))
    seen: Counter[str] = Counter()
    made = []
    for at, heading in enumerate(headings, start=1):
        name = heading or f"#{at}"
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return made, tuple(name for name, count in seen.items() if count > 1)
