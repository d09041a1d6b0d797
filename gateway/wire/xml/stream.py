"""Stream: the records of an XML file of any length, one after another in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from gateway.errors import Rejected
from gateway.wire.xml.parse import LIMITS

_BEGIN = 65_536
"""Bytes in which a document type would stand; it comes before the first element."""


_KINDS = 100
"""Kinds of elements that are counted each by itself."""


def records(
    chunks: Iterable[bytes],
    path: Sequence[str],
    most: int = LIMITS.elements,
    beside: Counter[str] | None = None,
) -> Iterator[etree._Element]:
    """Yield each element at a path of local names, whole; it is gone when the next one comes.

    Args:
        chunks: the file in UTF-8, without a declaration that says otherwise.
        path: names from the root element on.
        most: elements of one record.
        beside: counts the elements that stand beside the records or what holds them, by path (``a/b``).

    Raises:
        Rejected: ``not-xml``, ``has-doctype``, ``too-large``: one record has too many elements.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    open_: list[str] = []
    wanted, count, begin = list(path), 0, b""
    try:
        for chunk in chunks:
            if len(begin) < _BEGIN:
                begin += chunk[:_BEGIN]
                if b"<!" in begin and any(one in begin.upper() for one in (b"<!DOCTYPE", b"<!ENTITY")):
                    raise Rejected("a document type or an entity is not taken", code="has-doctype")
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "start":
                    open_.append(etree.QName(element).localname)
                    count += 1
                    if count > most:
                        raise Rejected(f"the document has more than {most} elements", code="too-large")
                    continue
                at = len(open_)
                if at <= len(wanted) and open_[-1] != wanted[at - 1] and open_[:-1] == wanted[: at - 1]:
                    if beside is not None:
                        path_ = "/".join(open_)
                        beside[path_ if path_ in beside or len(beside) < _KINDS else "…"] += 1
                    _forget(element)
                    count = 0
                elif open_ == wanted:
                    yield element
                    _forget(element)
                    count = 0
                elif len(open_) < len(wanted):
                    count = 0
                open_.pop()
        parser.close()
    except etree.XMLSyntaxError as error:
        where = f"line {error.lineno}" if error.lineno else ""
        raise Rejected("the bytes are no well-formed XML", code="not-xml", where=where) from None


def _forget(element: etree._Element) -> None:
    """Let go of an element and of those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
