"""Tree: the records of an XML file, one element each, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lxml import etree

from adapters.his.files.lines import Broken, Line, Source, Table, Values
from adapters.his.files.look import Look
from gateway.errors import Rejected
from gateway.wire import xml
from gateway.wire.rows import Faulty

_CHUNK = 1 << 18
_FAULTS = {"has-doctype": "has-doctype", "too-large": "too-many-rows"}


def read_xml(source: Source) -> Table:
    """Open a file of records; their path is that of the pattern, ``/data/row``, else what the root holds.

    Raises:
        Broken: it is no text.
    """
    if source.look.binary:
        raise Broken(Faulty("not-text"))
    path = [one for one in source.pattern.records.strip("/").split("/") if one]
    return Table((), _lines(source, path or _guessed(source)))


def _lines(source: Source, path: Sequence[str]) -> Iterator[Line | Faulty]:
    number = 0
    try:
        for element in xml.records(_utf8(source), path):
            number += 1
            values, nested = told(element)
            yield Line(number, values, nested, etree.tostring(element, encoding="unicode")[:65_536])
    except Rejected as error:
        said = {"limit": str(xml.LIMITS.elements)}
        fault = error.code if error.code == "undecodable" else _FAULTS.get(error.code, "not-xml")
        raise Broken(Faulty(fault, number, said)) from None
    if not number:
        raise Broken(Faulty("no-records"))


def _guessed(source: Source) -> list[str]:
    """Return the path of what the root holds: the first element in it, whatever it is called."""
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8"
    )
    found: list[str] = []
    try:
        for chunk in _utf8(source):
            parser.feed(chunk)
            for _, element in parser.read_events():
                found.append(etree.QName(element).localname)
                if len(found) == 2:
                    return found
    except (etree.XMLSyntaxError, Rejected):
        raise Broken(Faulty("not-xml")) from None
    raise Broken(Faulty("no-records"))


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


def told(element: Any) -> tuple[dict[str, str | None], Mapping[str, Sequence[Values]]]:
    """Return the values of a record and what it holds many times.

    Attributes and child elements are called by their local names, those inside by a path (``patient.name``).
    Elements that come twice are what belongs to it, also inside an element around them (``items/item``).
    """
    values: dict[str, str | None] = {
        etree.QName(name).localname: text.strip() or None for name, text in element.attrib.items()
    }
    nested: dict[str, list[Values]] = {}
    children = [one for one in element if isinstance(one.tag, str)]
    names = Counter(etree.QName(one).localname for one in children)
    for one in children:
        name = etree.QName(one).localname
        if len(one) == 0 and not one.attrib:
            text = (one.text or "").strip() or None
            before = values.get(name) if names[name] > 1 else None
            values[name] = "; ".join(filter(None, (before, text))) or None
        elif names[name] > 1:
            nested.setdefault(name, []).append(told(one)[0])
        elif _holds_rows(one):
            nested[name] = [told(row)[0] for row in one if isinstance(row.tag, str)]
        else:
            inner, lists = told(one)
            values |= {f"{name}.{key}": value for key, value in inner.items()}
            nested |= {key: list(rows) for key, rows in lists.items()}
    return values, nested


def _holds_rows(element: Any) -> bool:
    """Tell whether all that an element holds is called alike and has something in it."""
    names = {one.tag for one in element if isinstance(one.tag, str)}
    return len(names) == 1 and not element.attrib and all(len(one) or one.attrib for one in element)
