"""Tree: the records of an XML file, one element each, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from adapters.his.files.lines import Broken, Line, Source, Table
from adapters.his.files.look import Look
from gateway.errors import Rejected
from gateway.wire import xml
from gateway.wire.rows import Faulty
from gateway.wire.rows.objects import Inside, Twice, Values, joined, put

_CHUNK = 1 << 18
_FAULTS = {"has-doctype": "has-doctype", "too-large": "too-many-rows"}
_MARKUP = "{http://www.w3.org/2001/XMLSchema-instance}"
"""Attributes of it (``nil``, ``type``) say how the file is to be read."""
_SHOWN = 5
"""Kinds of elements in a sentence."""
_KINDS = 100
"""Kinds of elements from which on it is plain that they are no records of one kind."""


def read_xml(source: Source) -> Table:
    """Open a file of records; their path is that of the pattern, ``/data/row``, else what the root holds.

    Raises:
        Broken: it is no text; ``several-kinds``: nothing says which of its elements are records.
    """
    if source.look.binary:
        raise Broken(Faulty("not-text"))
    path = [one for one in source.pattern.records.strip("/").split("/") if one]
    beside = Counter[str]()
    return Table((), _lines(source, path or _guessed(source), beside), beside=beside)


def _lines(source: Source, path: Sequence[str], beside: Counter[str]) -> Iterator[Line | Faulty]:
    number = 0
    try:
        for element in xml.records(_utf8(source), path, beside=beside):
            number += 1
            yield _line(number, element)
    except Rejected as error:
        raise _broken(error, number) from None
    if not number:
        raise Broken(Faulty("no-records"))


def _broken(error: Rejected, number: int) -> Broken:
    said = {"limit": str(xml.LIMITS.elements)}
    fault = error.code if error.code == "undecodable" else _FAULTS.get(error.code, "not-xml")
    return Broken(Faulty(fault, number, said))


def _line(number: int, element: Any) -> Line | Faulty:
    text = etree.tostring(element, encoding="unicode", with_tail=False)[:65_536]
    try:
        values, nested = told(element)
    except Twice as twice:
        return Faulty("duplicate-name", number, {"name": twice.name}, text)
    return Line(number, values, nested, text)


def _guessed(source: Source) -> list[str]:
    """Return the path of what the root holds, whatever it is called, if all of it is called alike.

    An element that comes once and is a text (``<count>2</count>``) is no kind: the report counts it.

    Raises:
        Broken: ``several-kinds``: it is not; ``no-records``: there is nothing; it cannot be read.
    """
    root, counts, held = "", Counter[str](), set[str]()
    try:
        for element in xml.records(_utf8(source), (xml.ANY, xml.ANY)):
            root, name = _name(element.getparent()), _name(element)
            counts[name] += 1
            if not _is_plain(element):
                held.add(name)
            if len(counts) > _KINDS:
                break
    except Rejected as error:
        if not counts:
            raise _broken(error, 0) from None  # else it is told when it is read
    kinds = [name for name, times in counts.items() if times > 1 or name in held] or [*counts]
    if not kinds:
        raise Broken(Faulty("no-records"))
    if len(kinds) > 1:
        found = ", ".join(f"/{root}/{name} ({times})" for name, times in counts.most_common(_SHOWN))
        raise Broken(Faulty("several-kinds", 0, {"found": found}))
    return [root, *kinds]


def _utf8(source: Source) -> Iterator[bytes]:
    """Yield the file as UTF-8 without its declaration, whole lines or characters at a time."""
    look, first = source.look, True
    rest = b""
    with source.path.open("rb") as file:
        if look.charset == "utf-8-sig":
            file.seek(3)
        if look.charset == "utf-16":
            raise Rejected("the bytes are text in no known charset", code="undecodable")
        while True:
            raw = file.read(_CHUNK)
            whole, rest = _cut(rest + raw, look) if raw else (rest, b"")
            text = look.text(whole) if whole else ""
            if first and text:
                text, first = _undeclared(text.lstrip()), False
            if text:
                yield text.encode()
            if not raw:
                return


def _cut(raw: bytes, look: Look) -> tuple[bytes, bytes]:
    """Part bytes after the last ``>``: no character of either charset has it as a byte of its own."""
    at = raw.rfind(b">") + 1
    return (raw[:at], raw[at:]) if at and look.charset else (raw, b"")


def _undeclared(text: str) -> str:
    if text.startswith("<?xml"):
        return text.partition("?>")[2]
    return text


def told(element: Any) -> Inside:
    """Return the values of a record and what it holds many times.

    Attributes and child elements are called by their local names, those inside by a path (``patient.name``,
    ``dose.unit`` of ``<dose unit="g">0.5</dose>``, whose text is ``dose``). Elements that come twice are what
    belongs to it, also inside an element around them (``items/item``).

    Raises:
        Twice: it says two things by one name.
    """
    values, nested = _inside(element)
    if text := _text(element):
        put(values, _name(element), text)
    return values, nested


def _inside(element: Any) -> Inside:
    values = _attributes(element)
    nested: dict[str, list[Values]] = {}
    texts: dict[str, list[str]] = {}
    children = [one for one in element if isinstance(one.tag, str)]
    names = Counter(map(_name, children))
    lists = {_name(one) for one in children if names[_name(one)] > 1 and not _is_plain(one)}
    for one in children:
        name, text, plain = _name(one), _text(one), _is_plain(one)
        if name in lists:
            nested.setdefault(name, []).append(_row(one))
            continue
        if names[name] > 1:
            texts.setdefault(name, []).extend([text] if text else [])
            continue
        if plain or text:
            put(values, name, text or None)
        if _holds_rows(one):
            nested.setdefault(name, []).extend(_row(row) for row in one)
        elif not plain:
            _take(values, nested, name, _inside(one))
    for name, said in texts.items():
        put(values, name, "; ".join(said) or None)
    return values, nested


def _take(values: dict[str, str | None], nested: dict[str, list[Values]], name: str, inside: Inside) -> None:
    """Say what an element holds under its name."""
    for key, text in inside[0].items():
        put(values, f"{name}.{key}", text)
    for key, rows in inside[1].items():
        nested.setdefault(f"{name}.{key}", []).extend(rows)


def _row(element: Any) -> Values:
    """Return what belongs to a record; what it holds many times itself stands in columns of its own."""
    values, nested = told(element)
    for name, rows in nested.items():
        for key, text in joined(name, rows).items():
            put(values, key, text)
    return values


def _holds_rows(element: Any) -> bool:
    """Tell whether all that an element holds is called alike and has something in it."""
    names = {one.tag for one in element}
    return len(names) == 1 and not element.attrib and all(len(one) or one.attrib for one in element)


def _is_plain(element: Any) -> bool:
    """Tell whether an element is its text alone."""
    return not len(element) and not _attributes(element)


def _attributes(element: Any) -> dict[str, str | None]:
    made: dict[str, str | None] = {}
    for name, text in element.attrib.items():
        if not name.startswith(_MARKUP):
            put(made, etree.QName(name).localname, text.strip() or None)
    return made


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _text(element: Any) -> str:
    """Return the text that stands in an element itself, also between those inside it."""
    parts = [element.text or "", *(one.tail or "" for one in element)]
    return " ".join(part for one in parts if (part := one.strip()))
