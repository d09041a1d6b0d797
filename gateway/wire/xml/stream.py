"""Stream: the records of an XML file of any length, one after another in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from gateway.errors import Rejected
from gateway.wire.xml.parse import LIMITS
from gateway.wire.xml.prolog import check_doctype

_BEGIN = 65_536
"""Bytes in which the root element has to begin."""

ANY = "*"
"""In a path: whatever an element is called."""

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
        path: names from the root element on, or :data:`ANY`.
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
    wanted, count = list(path), 0
    try:
        for chunk in _without_doctype(chunks):
            parser.feed(chunk)
            for event, element in parser.read_events():
                if event == "start":
                    open_.append(etree.QName(element).localname)
                    count += 1
                    if count > most:
                        raise Rejected(f"the document has more than {most} elements", code="too-large")
                    continue
                at = len(open_)
                if (
                    at <= len(wanted)
                    and not _fits(open_, wanted[:at])
                    and _fits(open_[:-1], wanted[: at - 1])
                ):
                    if beside is not None:
                        path_ = "/".join(open_)
                        beside[path_ if path_ in beside or len(beside) < _KINDS else "…"] += 1
                    _forget(element)
                    count = 0
                elif _fits(open_, wanted):
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


def _without_doctype(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the file from where it is known to have no document type; nothing is parsed before that."""
    begin, begun = b"", False
    for chunk in chunks:
        if begun:
            yield chunk
            continue
        begin += chunk
        begun = check_doctype(begin[:_BEGIN].decode("utf-8", "replace"))
        if not begun and len(begin) >= _BEGIN:
            raise Rejected("the bytes are no well-formed XML", code="not-xml")
        if begun:
            yield begin
    if not begun:
        yield begin


def _fits(names: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(names) == len(wanted) and all(
        one in (name, ANY) for name, one in zip(names, wanted, strict=True)
    )


def _forget(element: etree._Element) -> None:
    """Let go of an element and of those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
