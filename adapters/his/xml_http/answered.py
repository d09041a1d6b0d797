"""Answered: what is in the answer of a service: documents in XML or SOAP, rows in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from lxml import etree

from adapters.his.xml_http.opened import SOAP, charset_of, text_in
from adapters.his.xml_http.polls import Poll
from gateway.errors import Rejected
from gateway.wire import rows, xml
from gateway.wire.text import decode
from gateway.wire.xml.document import path_of


class Failed(Exception):
    """A service did not answer as it should; asked again later, nothing is lost. No patient data in it.

    Attributes:
        reason: what happened, for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, frozen=True)
class Item:
    """What is delivered by itself."""

    raw: bytes
    content_type: str


class Answered:
    """Reads the answers of one service.

    Args:
        poll: what the operator says of it.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        names = tuple(sorted(poll.namespaces.items()))
        self._items = path_of(poll.items, names) if poll.items else None
        self._good = path_of(poll.good, names) if poll.good else None

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
            document = xml.parse(
                raw, charset=charset_of(content_type), limits=xml.Limits(size=self._poll.most)
            )
            document = _inside(document)
        except Rejected as error:
            raise Failed(f"HTTP {status}" if status != 200 else f"no XML ({error.code})") from None
        if status != 200:
            raise Failed(f"HTTP {status}")
        if etree.QName(document.root).localname.lower() == "html":
            raise Failed("the answer is a web page")
        if self._good is not None and not self._good(document.root):
            raise Failed("the service says that it could not answer (good is not true)")
        found: Any = [document.root] if self._items is None else self._items(document.root)
        nodes = found if isinstance(found, list) else []
        if not all(map(etree.iselement, nodes)):
            raise Failed("items finds no elements")
        made = [etree.tostring(one, encoding="utf-8", with_tail=False) for one in nodes]
        return [Item(bytes(one), "application/xml") for one in made]

    def _rows(self, raw: bytes, charset: str) -> list[Item]:
        try:
            found: Any = orjson.loads(decode(raw, charset).text)
        except (Rejected, orjson.JSONDecodeError):
            raise Failed("no JSON") from None
        for name in self._poll.rows.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Failed(f"no rows at {self._poll.rows}")
        written = [
            rows.written(self._poll.view, self._poll.name, [{"row": {k: _value(v) for k, v in one.items()}}])
            for one in found
        ]
        return [Item(one, rows.CONTENT_TYPE) for one in written]


def _value(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _inside(document: xml.Document) -> xml.Document:
    """Return the answer inside an envelope, as XML or as a text.

    Raises:
        Failed: it is a SOAP fault. Rejected: as ``xml.parse``.
    """
    name = etree.QName(document.root)
    if name.namespace not in SOAP:
        return document
    body = document.root.find(f"{{{name.namespace}}}Body")
    first = None if body is None else next(body.iterchildren(etree.Element), None)
    if first is None:
        raise Failed("the SOAP envelope is empty")
    if etree.QName(first).localname == "Fault":
        code = next((one.text for one in first.iter("faultcode", f"{{{name.namespace}}}Value")), "") or ""
        raise Failed(f"SOAP fault {code[:40]}".strip())
    inner = text_in(first)
    return document if inner is None else xml.parse(inner)
