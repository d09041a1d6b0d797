"""Opened: the message in a request (bare, or in SOAP as XML, as a text, in base64) and its caller's style."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl

from lxml import etree

from adapters.his.xml_http.inside import documents_in, leaves
from adapters.his.xml_http.services import service_named
from gateway.errors import Rejected
from gateway.wire import xml
from gateway.wire.xml.v3 import DOCUMENT, INTERACTION, V3, complete

SOAP = {
    "http://schemas.xmlsoap.org/soap/envelope/": "1.1",
    "http://www.w3.org/2003/05/soap-envelope": "1.2",
}
"""Namespace of an envelope → version of SOAP."""

CALLED = "{urn:qiao:xml}service"
"""Attribute of the root that says which service was called, so that a layout can ask for it."""

ELEMENTS = 100_000
"""Elements of one message; a tree of them takes some 100 MB."""

_STRUCTURAL = frozenset(
    {
        "ITSVersion", "classCode", "moodCode", "typeCode", "determinerCode", "contextConductionInd",
        "contextControlCode", "{http://www.w3.org/2001/XMLSchema-instance}type",
        "{http://www.w3.org/2001/XMLSchema-instance}nil",
        "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation",
    }
)  # fmt: skip
"""Attributes that the model of HL7 v3 fixes: they say nothing about a patient, and nobody has to map them."""

_Found = TypeVar("_Found")


@dataclass(slots=True, frozen=True)
class Style:
    """How the caller wrote, and so how it is answered.

    Attributes:
        soap: ``"1.1"``, ``"1.2"``, ``""`` for bare XML.
        operation: the element around the message, ``""`` where there is none.
        namespace: of that element.
        as_text: the message was a text inside it (CDATA, escaped or base64).
        v3: the message is an interaction of HL7 v3.
    """

    soap: str = ""
    operation: str = ""
    namespace: str = ""
    as_text: bool = False
    v3: bool = False


@dataclass(slots=True)
class Opened:
    """One request.

    Attributes:
        service: the service code that was called, ``""`` where none was named.
    """

    document: xml.Document
    style: Style
    service: str

    def header(self, path: str) -> str:
        """Return what stands at an XPath of the message's header, ``""`` for nothing."""
        found = xml.document.path_of(path)(self.document.root)
        return str(found[0]) if isinstance(found, list) and found else ""


def charset_of(content_type: str) -> str:
    """Return the charset that a Content-Type names, ``""`` for none."""
    found = re.search(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", content_type, re.IGNORECASE)
    return found[1] if found else ""


def style_of(raw: bytes, content_type: str = "") -> Style:
    """Return the style of a request that cannot be opened, as far as its first bytes and headers show it."""
    head = raw[:2000].replace(b"\0", b"")
    version = next((number for space, number in SOAP.items() if space.encode() in head), "")
    if not version and "soap+xml" in content_type:
        version = "1.2"
    return Style(soap=version)


def open_message(raw: bytes, charset: str = "", action: str = "") -> Opened:
    """Return the message in the body of a request, whose bytes its door has bounded.

    Args:
        charset: that the transport names.
        action: what the transport says of the service (SOAPAction, the last part of the path).

    Raises:
        Rejected: as ``wire.xml.parse``; ``no-message``: an empty envelope; ``soap-fault``: an answer;
            ``several-messages``: more than one as texts in one call.
    """
    limits = xml.Limits(
        size=2 * len(raw), elements=ELEMENTS
    )  # a text inside may grow when its charset changes
    bare, called = _unformed(raw)
    outer = xml.parse(bare, charset=charset, limits=limits)
    version = SOAP.get(etree.QName(outer.root).namespace or "", "")
    if not version or etree.QName(outer.root).localname != "Envelope":
        return _finished(outer, outer.root, Style(), called or service_named(action))
    body = outer.root.find(f"{{{etree.QName(outer.root).namespace}}}Body")
    calls = [] if body is None else list(body.iterchildren(etree.Element))
    if not calls:
        raise Rejected("the SOAP envelope holds no message", code="no-message")
    first = calls[0]
    _refer(first, calls[1:])
    _one(one for one in calls if one.tag == first.tag)
    name = etree.QName(first)
    if name.localname == "Fault" and name.namespace in SOAP:
        raise Rejected("a SOAP fault is no message", code="soap-fault")
    if _is_message(first):
        return _finished(outer, first, Style(soap=version), called or service_named(action))
    style = Style(version, name.localname, name.namespace or "")
    service = _service(first) or called or service_named(name.localname) or service_named(action)
    return _in_call(outer, first, style, service, limits)


def _refer(call: etree._Element, others: list[etree._Element]) -> None:
    """Put the texts that stand beside a call into it (``href``, SOAP 1.1 §5.2.1): Axis 1 writes so."""
    texts = {f"#{one.get('id')}": one.text for one in others if one.get("id") and len(one) == 0}
    for one in call.iter(etree.Element) if texts else ():
        if len(one) == 0 and not one.text and (text := texts.pop(one.get("href"), None)):
            one.text = text


def _in_call(
    outer: xml.Document, call: etree._Element, style: Style, service: str, limits: xml.Limits
) -> Opened:
    """Return the message in a call: as XML, as a text, or the call itself."""
    nested = _one(one for one in call.iter(etree.Element) if _is_message(one) and not _is_inside(one))
    inner = None if nested is not None else _one(documents_in(call, limits))
    if inner is not None:
        return _finished(inner, inner.root, _as_text(style), service)
    if nested is None and service_named(style.operation) and len(call) == 1:
        nested = call[0]
    if nested is None:
        return _finished(outer, call, Style(soap=style.soap), service)
    return _finished(outer, nested, style, service)


def _as_text(style: Style) -> Style:
    return Style(style.soap, style.operation, style.namespace, as_text=True)


def _unformed(raw: bytes) -> tuple[bytes, str]:
    """Return the XML in a form (``action=…&message=%3C…``) and the service that it names, else what came."""
    if raw[:1] == b"<" or b"=" not in raw[:64] or b"%3C" not in raw[:400].upper():
        return raw, ""
    pairs = parse_qsl(raw.decode("latin-1"), encoding="latin-1", max_num_fields=20)
    found = next((value for _, value in pairs if value.lstrip().startswith("<")), None)
    if found is None:
        return raw, ""
    called = (service_named(value) for _, value in pairs if len(value) < 200)
    return found.encode("latin-1"), next(filter(None, called), "")


def _is_message(element: etree._Element) -> bool:
    """Tell whether an element is a message of HL7 v3 or a clinical document, not something around one."""
    name = etree.QName(element)
    return bool(INTERACTION.fullmatch(name.localname)) or (
        name.localname == DOCUMENT and name.namespace in (V3, None)
    )


def _is_inside(element: etree._Element) -> bool:
    """Tell whether a message stands in another one (a document in the message that registers it)."""
    return any(_is_message(one) for one in element.iterancestors())


def _service(element: etree._Element) -> str:
    """Return the service code among the parameters of a call."""
    short = (text for _, text in leaves(element) if len(text) < 200)
    return next((found for text in short if (found := service_named(text))), "")


def _one(found: Iterator[_Found]) -> _Found | None:
    """Return what was found, None where nothing was.

    Raises:
        Rejected: ``several-messages``: one answer cannot be that of all.
    """
    first = next(found, None)
    if next(found, None) is not None:
        said = "the call holds several messages; send each in a call of its own"
        raise Rejected(said, code="several-messages")
    return first


def _finished(document: xml.Document, root: etree._Element, style: Style, service: str) -> Opened:
    """Return the message as a document of its own, with what its identity is made of."""
    moved = root is not document.root
    if moved:
        root = copy.deepcopy(root)
        root.tail = None
    name = etree.QName(root).localname
    v3 = INTERACTION.fullmatch(name) is not None
    complete(root)
    raw = document.raw
    if name != DOCUMENT:
        raw = _same(root)
    elif moved:
        raw = etree.tostring(root, encoding="utf-8")
    made = xml.Document(raw, root, document.charset, document.repaired)
    _mark(made, service)
    return Opened(made, Style(style.soap, style.operation, style.namespace, style.as_text, v3), service)


def _same(root: etree._Element) -> bytes:
    """Return what is equal in two sendings of one message: not its moment, not the order of attributes."""
    moment = root.find(f"{{{V3}}}creationTime")
    said = None if moment is None else moment.attrib.pop("value", None)
    made = etree.tostring(root, method="c14n")
    if moment is not None and said is not None:
        moment.set("value", said)
    return bytes(made)


def _mark(document: xml.Document, service: str) -> None:
    """Say which service was called, and take as read what only the model of HL7 v3 says.

    Of a clinical document nothing is taken so: its layouts know themselves what of it is only form.
    """
    root = document.root
    if service:
        root.set(CALLED, service)
        document.asked.add((root, CALLED))
    if etree.QName(root).localname == DOCUMENT:
        return
    for one in root.iter(etree.Element):
        for name in one.attrib:
            if name in _STRUCTURAL:
                document.asked.add((one, str(name)))
