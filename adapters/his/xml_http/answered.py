"""Answered: what is in the answer of a service: documents in XML or SOAP, rows in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from adapters.his.xml_http.failed import Failed
from adapters.his.xml_http.inside import documents_in
from adapters.his.xml_http.opened import SOAP, charset_of
from adapters.his.xml_http.polls import Poll
from adapters.his.xml_http.rows import at, is_good, pages, read
from gateway.errors import Rejected
from gateway.wire import xml
from gateway.wire.xml.document import path_of


@dataclass(slots=True, frozen=True)
class Item:
    """What is delivered by itself.

    Attributes:
        control: number of this delivery: what has none of its own is known by it when it comes again.
    """

    raw: bytes
    content_type: str
    control: str = ""


class Answered:
    """Reads the answers of one service.

    Args:
        poll: what the operator says of it.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        names = tuple(sorted(poll.namespaces.items()))
        self._items = path_of(poll.items, names) if poll.items else None
        self._good = path_of(poll.good, names) if poll.good and not poll.rows else None

    def items(self, status: int, content_type: str, raw: bytes) -> list[Item]:
        """Return what an answer holds, each by itself.

        Args:
            status: of HTTP.

        Raises:
            Failed: it is no good answer.
        """
        if self._poll.rows:
            if status != 200:
                raise Failed(f"HTTP {status}")
            return self._rows(raw, charset_of(content_type))
        try:
            limits = xml.Limits(size=self._poll.most)
            documents = _inside(xml.parse(raw, charset=charset_of(content_type), limits=limits))
        except Rejected as error:
            raise Failed(f"HTTP {status}" if status != 200 else f"no XML ({error.code})") from None
        if status != 200:
            raise Failed(f"HTTP {status}")
        return [Item(one, "application/xml") for document in documents for one in self._found(document)]

    def _found(self, document: xml.Document) -> list[bytes]:
        """Return each item of a document. Raises ``Failed``: it is no good answer."""
        if etree.QName(document.root).localname.lower() == "html":
            raise Failed("the answer is a web page")
        if self._good is not None and not self._good(document.root):
            raise Failed("the service says that it could not answer (good is not true)")
        found: Any = [document.root] if self._items is None else self._items(document.root)
        nodes = found if isinstance(found, list) else []
        if not all(map(etree.iselement, nodes)):
            raise Failed("items finds no elements")
        return [bytes(etree.tostring(one, encoding="utf-8", with_tail=False)) for one in nodes]

    def _rows(self, raw: bytes, charset: str) -> list[Item]:
        data, poll = read(raw, charset), self._poll
        if poll.good and not is_good(data, poll.good):
            raise Failed("the service says that it could not answer (good is not true)")
        found = at(data, poll.rows)
        if found is None and not poll.good:
            raise Failed(f"null at {poll.rows}; set good, so that nothing found is told from a failure")
        found = [] if found is None else found
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Failed(f"no rows at {poll.rows}")
        return [Item(made, content_type) for made, content_type in pages(found, poll.view, poll.name)]


def _inside(document: xml.Document) -> list[xml.Document]:
    """Return the answer inside an envelope, as XML, or as the texts in it.

    Raises:
        Failed: it is a SOAP fault. Rejected: as ``xml.parse``.
    """
    name = etree.QName(document.root)
    if name.namespace not in SOAP:
        return [document]
    body = document.root.find(f"{{{name.namespace}}}Body")
    first = None if body is None else next(body.iterchildren(etree.Element), None)
    if first is None:
        raise Failed("the SOAP envelope is empty")
    if etree.QName(first).localname == "Fault":
        code = next((one.text for one in first.iter("faultcode", f"{{{name.namespace}}}Value")), "") or ""
        raise Failed(f"SOAP fault {code[:40]}".strip())
    return list(documents_in(first, xml.LIMITS)) or [document]
