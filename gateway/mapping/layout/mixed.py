"""Mixed: whether what a place of an XML layout reads as one record stands in several elements.

``PID: {3: Report/PatientId}`` at the root is right while there is one ``Report``. Of two it would take the
number of the first, and the results of both. So where elements of one name stand side by side, are read for
the same fields, and give other numbers, the document waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.canonical.placeholders import is_placeholder
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.layout.alone import PATIENTS, VISITS, are_same
from gateway.mapping.layout.columns import Columns, split
from gateway.mapping.layout.rules import NOTHING
from gateway.wire.xml import Document

ORDERS: Final = "several-orders"

Field = tuple[str, int]
"""Segment and number."""

Group = tuple[etree._Element, object]  # noqa: SLF001 -- lxml has no public name for it
"""What elements stand in, and their common name."""

Place = tuple[Field, etree._Element, str]  # noqa: SLF001 -- lxml has no public name for it
"""For which field a text is read, and in which element it stands."""

_KINDS: Final[Sequence[tuple[str, Sequence[Field], str]]] = (
    (PATIENTS, (("PID", 3), ("PID", 19)), "patients"),
    (VISITS, (("PV1", 19),), "visits"),
    (ORDERS, (("ORC", 2), ("ORC", 3), ("OBR", 2), ("OBR", 3)), "orders or reports"),
)
"""Code, the fields whose numbers tell one from another, and what they number."""

_CALL: Final = re.compile(r"(?:q:first|q:all|string|normalize-space|translate|concat)\((.*)\)", re.DOTALL)
_CONSTANT: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[\d.]+")

_NUMBERS: Final = frozenset(one for _, fields, _ in _KINDS for one in fields)


@dataclass(slots=True)
class _Read:
    """What is read of one element.

    Attributes:
        fields: for which fields something in it is read.
        inside: the elements in it that are read.
        numbers: field → the numbers that it gives.
    """

    fields: set[Field] = field(default_factory=set)
    inside: set[etree._Element] = field(default_factory=set)
    numbers: dict[Field, set[str]] = field(default_factory=dict)

    def take(self, name: Field, element: etree._Element, text: str) -> None:
        """Note one text that is read."""
        self.fields.add(name)
        self.inside.add(element)
        if name in _NUMBERS and not is_placeholder(text):
            self.numbers.setdefault(name, set()).add(text)

    def of(self, fields: Sequence[Field]) -> list[set[str]]:
        """Return the numbers of some fields."""
        return [self.numbers.get(one, set()) for one in fields]


class Mixed:
    """The fields of one place that are made once.

    Args:
        segments: of the place.
        path: compiles an XPath.

    Attributes:
        numbers: the fields that tell one record from another, and what they read; none: there is nothing to
            check.
    """

    def __init__(self, segments: Sequence[Columns], path: Callable[[str], etree.XPath]) -> None:
        fields: dict[Field, list[etree.XPath]] = {}
        for columns in segments:
            for number, one in columns.known.items():
                if not one.each:
                    read = fields.setdefault((columns.segment, number), [])
                    read += [path(inner) for outer in one.paths() for inner in _paths(outer)]
        self.numbers = {name: paths for name, paths in fields.items() if name in _NUMBERS and paths}
        self._others = {name: paths for name, paths in fields.items() if name not in _NUMBERS and paths}

    def check(self, document: Document, node: etree._Element) -> None:
        """Pass a node of which all that is read is one record.

        Raises:
            Rejected: ``several-patients``, ``several-visits``, ``several-orders``; says what to do.
        """
        around = {node, *node.iterancestors()}
        numbered = list(_found(self.numbers, document, node))
        groups: dict[Group, dict[etree._Element, _Read]] = {
            (parent, one.tag): {}
            for _, element, _ in numbered
            for one, parent in _up_to(element, around)
            if _is_repeated(one)
        }
        if not groups:
            return
        for name, element, text in (*numbered, *_found(self._others, document, node)):
            for one, parent in _up_to(element, around):
                if (records := groups.get((parent, one.tag))) is not None:
                    records.setdefault(one, _Read()).take(name, element, text)
        for (parent, tag), records in groups.items():
            _check_apart([records[one] for one in parent.iterchildren(tag) if one in records], str(tag))


def _paths(text: str) -> Iterator[str]:
    """Yield the paths that an expression makes its text of: ``q:first(A, B)`` takes it of the first."""
    call = _CALL.fullmatch(text.strip())
    if call is None or not _is_one_call(call[1]):
        yield text
        return
    for one in split(call[1], ",", text):
        if not _CONSTANT.fullmatch(one.strip()):
            yield from _paths(one.strip())


def _is_one_call(inside: str) -> bool:
    """Tell whether what stands between the first and the last bracket closes all that it opens."""
    try:
        return bool(split(inside, ",", ""))
    except Misconfigured:
        return False


def _found(
    fields: dict[Field, list[etree.XPath]], document: Document, node: etree._Element
) -> Iterator[Place]:
    """Yield each text that a field reads, with the element in which it stands."""
    for name, paths in fields.items():
        for path in paths:
            for element, text in document.places(node, path):
                if text not in NOTHING:
                    yield name, element, text


def _up_to(
    element: etree._Element, around: Set[etree._Element]
) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Yield an element and those around it that the node does not stand in, each with what is around it."""
    while element not in around and (parent := element.getparent()) is not None:
        yield element, parent
        element = parent


def _is_repeated(element: etree._Element) -> bool:
    tag = str(element.tag)
    beside = next(element.itersiblings(tag), None)
    return beside is not None or next(element.itersiblings(tag, preceding=True), None) is not None


def _check_apart(records: Iterable[_Read], tag: str) -> None:
    """Pass elements of one name that are no records, of several kinds, or of one number.

    Each is compared with those before it that are read for the same fields. A record is read for several
    fields: what is read for one alone (``id/item``) are its values.
    """
    before: dict[Field, _Read] = {}
    for one in records:
        for other in {id(before[name]): before[name] for name in one.fields if name in before}.values():
            if len(one.fields | other.fields) > 1 and max(len(one.inside), len(other.inside)) > 1:
                _check_same(one, other, tag.rpartition("}")[2])
        before |= dict.fromkeys(one.fields, one)


def _check_same(one: _Read, other: _Read, name: str) -> None:
    for code, fields, what in _KINDS:
        mine, its = one.of(fields), other.of(fields)
        if (any(mine) or any(its)) and not are_same(mine, its):
            raise Rejected(
                f"several {name} are read as one and tell of several {what}; "
                "make each a place of the layout, or let each come in a document of its own",
                code=code,
                where=name,
            )
