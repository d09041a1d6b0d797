"""ASTM → segments: the records of an analyser, laid out as a layout says (E1394, LIS2-A2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from hashlib import blake2b

from gateway.errors import Misconfigured
from gateway.mapping.layout.astm_path import Facts, Get, each, path_of, reader
from gateway.mapping.layout.astm_results import told_apart
from gateway.mapping.layout.astm_tree import Node, tree_of
from gateway.mapping.layout.columns import Column, Columns
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.laid import Laid, LaidSegment
from gateway.mapping.layout.lay_rows import escaped
from gateway.mapping.layout.lay_xml import CONTROL, constants_of, filled, form_of
from gateway.mapping.layout.moments import normal
from gateway.mapping.layout.place import Place
from gateway.wire.astm.records import Message, Record
from gateway.wire.astm.records.path import Path

HERE = "."
"""Path of a place that is the record around it once more: for segments that come after others."""

MOST = 1024
"""Headers whose layout is remembered."""

QUESTION = "query"
"""Layout of what asks, and tells nothing: Q without R."""

ORDERS = "orders"
"""Layout of what has no results either."""

_NOT_DONE = "X"
"""In O.26: the order cannot be done, or was cancelled (LIS2-A2 §8.4.26)."""

_NAMED = "astm-"
"""Before the name of the layout in MSH-21: the profile of a sender is found by what H said of it."""

_SENT = 14
"""Field of H: when it was sent, another moment every time that the same is sent."""

_NUMBER = re.compile(r"^([A-Z?])\[\d+\]")
"""Which of the records of a type it is, in a path that is counted."""

_RELATIVE = re.compile(r"\.(\d+)?")

WRITTEN = "written"
"""Behind ``=>``: all of the repeat, and a second component that stands alone is not taken for the first."""

Read = Callable[[Node, Facts], str]


class AstmLayout:
    """Lays out messages of one kind.

    Raises:
        Misconfigured: a path or code table is wrong; names file and place.

    Attributes:
        match: path in H, or the first O → patterns, of which one fits messages of this kind; ``""``: nothing.
    """

    def __init__(self, file: LayoutFile) -> None:
        self._file = file
        self._codes = {
            str(name): {str(code): str(said) for code, said in table.items()}
            for name, table in (file.data.get("codes") or {}).items()
        }
        said = file.data.get("match") or {}
        if not isinstance(said, dict) or not all(str(path)[:2] in ("H.", "O.") for path in said):
            raise Misconfigured(
                "match takes fields of H or O and their patterns: {H.5.1: 'XN-*'}", where=file.where
            )
        self.match = {
            str(path): tuple(map(str, one if isinstance(one, list) else [one])) for path, one in said.items()
        }
        self._ignored: dict[str, list[tuple[Path, str]]] = {}
        for path, why in (file.data.get("ignored") or {}).items():
            if path != "__line__":
                found = path_of(str(path), file.where)
                self._ignored.setdefault(found.record, []).append((found, str(why)))
        self._header = self._reads(file.header)
        self._segments = {
            place.name: [
                (columns, self._reads(columns), constants_of(columns))
                for columns in (*place.segments, place.own)
            ]
            for place in file.root.all()
        }

    def fits(self, message: Message) -> bool:
        """Tell whether a message is of this kind."""
        return all(
            any(fnmatchcase(_said(message, path), one) for one in patterns)
            for path, patterns in self.match.items()
        )

    def lay(self, message: Message, facts: Facts, kind: str = "") -> Laid:
        """Return the message that the records become.

        Args:
            facts: of the delivery, for ``$line`` and ``$peer``.
            kind: of instrument, by which the profile of a sender is found; ``""``: that of this layout.
        """
        root = tree_of(message)
        content = content_of(message)
        segments = [LaidSegment("MSH", self._head(root, content, facts))]
        segments[0].fields[21] = f"{_NAMED}{kind or self._file.name}"
        self._place(self._file.root, root, facts, segments)
        told_apart(segments, message)
        text = "".join([field for one in segments[1:] for field in one.fields])
        made = Laid(message.raw, segments, escaped="\\" in text, control=CONTROL.search(text) is not None)
        made.content = content
        self._pass_over(message)
        made.passed_over = message.passed_over
        for path in message.unread():
            path = _NUMBER.sub(r"\1", path, count=1)
            made.left[path] = made.left.get(path, 0) + 1
        return made

    def _pass_over(self, message: Message) -> None:
        """Pass over what the layout ignores by name."""
        for record in message.records:
            fields = record.fields
            for path, why in self._ignored.get(record.type, ()):
                if not path.field or (path.field <= len(fields) and fields[path.field - 1]):
                    record.pass_over(path, why)

    def _head(self, root: Node, content: bytes, facts: Facts) -> list[str]:
        """Return the fields of MSH; a number of the content tells apart what has one number or none."""
        head = ["MSH", "|", "^~\\&", *[""] * 19]
        for number, read in self._header:
            head[number] = read(root, facts)
        head[7] = normal(head[7])
        digest = blake2b(content, digest_size=8).hexdigest()
        head[10] = f"{head[10]}-{digest}" if head[10] else digest
        head[9], head[11], head[12] = self._file.event, head[11] or "P", "2.5.1"
        return head

    def _place(self, place: Place, node: Node, facts: Facts, segments: list[LaidSegment]) -> None:
        for columns, reads, constants in self._segments[place.name]:
            fields = [columns.segment, *[""] * max(columns.known, default=0)]
            for number, read in reads:
                fields[number] = read(node, facts)
            if any(fields[1:]):
                for number, constant in constants:
                    fields[number] = constant
                made = LaidSegment(columns.segment, fields)
                made.told_by = node.record
                segments.append(made)
        for inside in place.inside:
            for one in _nodes(inside.at, node):
                self._place(inside, one, facts, segments)

    def _reads(self, columns: Columns) -> list[tuple[int, Read]]:
        return [
            (number, self._read(one, f"{self._file.where} {columns.segment}-{number}"))
            for number, one in sorted(columns.known.items())
            if any(one.paths())
        ]

    def _read(self, column: Column, where: str) -> Read:
        if column.each:
            return self._repeated(column, path_of(column.each, where), where)
        return _composed(column, [reader(one, self._codes, where) for one in column.paths()])

    def _repeated(self, column: Column, path: Path, where: str) -> Read:
        """Return what makes a repetition of each repeat of a field: ``O.5 => .4 ^ .5``."""
        form = form_of(column, frozenset(column.paths()))
        numbers = [_component(one, where) for one in column.paths()]
        first = [path._replace(repeat=1, component=number) for number in numbers]
        tell = _as_written if WRITTEN in column.paths() else Record.said

        def read(node: Node, facts: Facts) -> str:
            for record in node.nearest(path.record)[:1]:
                if record.count(path.field) < 2:
                    return filled(form, [escaped(tell(record, one)) for one in first])
                made = [
                    filled(form, [escaped(record.said(one.part(number))) for number in numbers])
                    for one in each(record, path)
                ]
                return "~".join([one for one in made if one])
            return ""

        return read


def _nodes(at: str, node: Node) -> list[Node]:
    """Return what a place finds: in a record, the record once more, or (``P.C``) in the one above it."""
    if at == HERE:
        return [node]
    above, dot, kind = at.partition(".")
    if not dot:
        return node.of(at)
    around = node.above(above)
    return [one for one in around.inside if one.type == kind] if around is not None else []


def _composed(column: Column, gets: list[Get]) -> Read:
    """Return what puts a field together."""
    if column.plain:
        (get,) = gets
        return lambda node, facts: escaped(get(node, facts))
    form = form_of(column, frozenset(column.paths()))
    return lambda node, facts: filled(form, [escaped(get(node, facts)) for get in gets])


def _as_written(record: Record, path: Path) -> str:
    """Return a field, whole where its first component says nothing (``^13``)."""
    said, first = record.said(path), record.said(path.part(1))
    return said if first or not said else record.shown(path)


def _component(text: str, where: str) -> int:
    """Return the number of a component, 0 for the whole repeat."""
    found = _RELATIVE.fullmatch("." if text == WRITTEN else text)
    if found is None:
        said = f"behind => there are components of the repeat, .4, or . for all of it, not {text!r}"
        raise Misconfigured(said, where=where)
    return int(found[1] or 0)


def _said(message: Message, path: str) -> str:
    """Return what stands at a path; nobody has read it for that."""
    return next((one.shown(path_of(path, "match")) for one in message.of(path[:1])[:1]), "")


def content_of(message: Message) -> bytes:
    """Return what a message says, without when it was sent: a repetition says the same."""
    first: Record = message.records[0]
    fields = [*first.fields[: _SENT - 1], *first.fields[_SENT:]]
    head = first.text[1:2].join(fields)
    return "\r".join([head, *(one.text for one in message.records[1:])]).encode("utf-8", "surrogatepass")


class AstmLayouts:
    """All layouts of records.

    Args:
        layouts: by name.
    """

    def __init__(self, layouts: Mapping[str, AstmLayout]) -> None:
        self._layouts = layouts
        told = {path for one in layouts.values() for path in one.match}
        self._fields = sorted({path_of(path, "match").field for path in told if path.startswith("H.")})
        self._others = sorted(path for path in told if not path.startswith("H."))
        self._chosen: dict[tuple[str, ...], str] = {}

    @property
    def names(self) -> frozenset[str]:
        """Names of those for results."""
        return frozenset(self._layouts) - {QUESTION, ORDERS}

    def of(self, message: Message, named: str = "") -> AstmLayout | None:
        """Return the layout of a message: of what has no results, the one named, else that of most patterns.

        Args:
            named: by whom the line was set up, ``""`` for nobody.
        """
        if message.of("Q") and not message.of("R"):
            return self._layouts.get(QUESTION)
        if not message.of("R") and _NOT_DONE not in message.each("O.26"):
            return self._layouts.get(ORDERS)
        return self._layouts.get(self.kind(message, named))

    def kind(self, message: Message, named: str = "") -> str:
        """Return the name of the layout of an instrument's results, whatever it says now; ``""`` for none.

        Args:
            named: as of :meth:`of`.
        """
        if named:
            return named
        key = (
            message.delimiters.component,
            *(message.header(number) for number in self._fields),
            *(_said(message, path) for path in self._others),
        )
        if key not in self._chosen:
            if len(self._chosen) >= MOST:  # senders write the headers
                self._chosen.clear()
            self._chosen[key] = self._fitting(message)
        return self._chosen[key]

    def _fitting(self, message: Message) -> str:
        told = ((name, one) for name, one in self._layouts.items() if name not in (QUESTION, ORDERS))
        found = [(len(one.match), name) for name, one in told if one.fits(message)]
        return max(found)[1] if found else ""
