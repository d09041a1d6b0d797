"""Dress: an answer in the style of its caller: HL7 v3 acknowledgement, SOAP 1.1 or 1.2, plain XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from lxml import etree

from adapters.his.xml_http.answer import BUSY, Said
from adapters.his.xml_http.answering import act
from adapters.his.xml_http.exchange import Response
from adapters.his.xml_http.opened import Opened, Style
from gateway.canonical import new_envelope_id, now_us
from gateway.errors import Misconfigured
from gateway.spec import Answer
from gateway.wire.xml.v3 import V3

ACKNOWLEDGEMENT = "MCCI_IN000002UV01"
MESSAGES = "2.16.156.10011.2.5.1.1"
"""Root of the ids of messages (WS/T 790)."""

_SPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_TYPES = {
    "": "application/xml; charset=utf-8",
    "1.1": "text/xml; charset=utf-8",
    "1.2": "application/soap+xml; charset=utf-8",
}
_CHINA = timezone(timedelta(hours=8))


REPLY = """\
<response><code>{code}</code><inbox>{inbox}</inbox><reason>{reason}</reason><text>{text}</text></response>"""
"""Answer to what is no HL7 v3, where the hospital has no form of its own."""


def read_reply(file: str) -> str:
    """Return the form of the answers to a vendor's own XML.

    Args:
        file: XML with ``{number}`` (0 accepted, 1 not), ``{code} {inbox} {reason} {text}``; ``""``: ours.

    Raises:
        Misconfigured: it cannot be read, or is no XML.
    """
    try:
        form = Path(file).read_text("utf-8") if file else REPLY
        etree.fromstring(form.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, UnicodeError, etree.XMLSyntaxError) as error:
        raise Misconfigured(f"reply is no XML file in UTF-8 ({type(error).__name__})", where=file) from None
    return form


def dressed(
    said: Said, opened: Opened, status: int = 200, reply: str = REPLY, answer: Answer | None = None
) -> Response:
    """Return the answer to a message that could be opened.

    Args:
        reply: form of an answer that is no HL7 v3.
        answer: what was found, of a query.
    """
    style = opened.style
    inner = _acknowledgement(said, opened, answer) if style.v3 else _filled(reply, said)
    if not style.soap:
        return _response(inner, style, status)
    if style.operation:
        space = f"{{{style.namespace}}}" if style.namespace else ""
        names = {None: style.namespace} if style.namespace else {}
        around = etree.Element(f"{space}{style.operation}Response", nsmap=names)
        result = etree.SubElement(around, f"{space}{style.operation}Result")
        if style.as_text:
            result.text = etree.tostring(inner, encoding="unicode")
        else:
            result.append(inner)
        inner = around
    return _response(_enveloped(inner, style.soap), style, status)


def fault(said: Said, style: Style, status: int, reply: str = REPLY) -> Response:
    """Return the answer to what is no message: a SOAP Fault where SOAP was spoken, else plain XML.

    Args:
        status: of HTTP where SOAP does not say which: 500 with 1.1 (§6.2), 400 for the sender's faults with
            1.2 (part 2, §7.5.2.2), 503 where it is to be sent again.
    """
    if not style.soap:
        return _response(_filled(reply, said), style, status)
    ours = said.reason == BUSY
    space = _SPACES[style.soap]
    made = etree.Element(f"{{{space}}}Fault", nsmap={"soap": space})
    if style.soap == "1.1":
        etree.SubElement(made, "faultcode").text = "soap:Server" if ours else "soap:Client"
        etree.SubElement(made, "faultstring").text = said.text
        etree.SubElement(etree.SubElement(made, "detail"), "code").text = said.reason
    else:
        code = etree.SubElement(made, f"{{{space}}}Code")
        etree.SubElement(code, f"{{{space}}}Value").text = "soap:Receiver" if ours else "soap:Sender"
        reason = etree.SubElement(made, f"{{{space}}}Reason")
        text = etree.SubElement(reason, f"{{{space}}}Text")
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "zh")
        text.text = said.text
        detail = etree.SubElement(made, f"{{{space}}}Detail")
        etree.SubElement(detail, "code").text = said.reason
    with_soap = status if ours else 500 if style.soap == "1.1" else 400
    return _response(_enveloped(made, style.soap), style, with_soap)


def _filled(reply: str, said: Said) -> etree._Element:
    """Return a form with what there is to say; an element that says nothing is left out of the usual form."""
    values = {name: getattr(said, name) for name in ("code", "inbox", "reason", "text")}
    root = etree.fromstring(reply.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    for one in list(root.iter(etree.Element)):
        for name, value in one.attrib.items():
            one.set(name, _put(value, values))
        one.text = _put(one.text or "", values) or None
        parent = one.getparent()
        if reply == REPLY and parent is not None and not one.text:
            parent.remove(one)
    return root


_PLACE = re.compile(r"\{(number|code|inbox|reason|text)\}")


def _put(text: str, values: Mapping[str, str]) -> str:
    known = {**values, "number": "0" if values["code"] == "AA" else "1"}
    return _PLACE.sub(lambda found: known[found[1]], text)


def _response(root: etree._Element, style: Style, status: int) -> Response:
    headers = {"Retry-After": "5"} if status == 503 else {}
    body = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    return Response(status, body, _TYPES[style.soap], headers)


def _enveloped(inner: etree._Element, version: str) -> etree._Element:
    space = _SPACES[version]
    envelope = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space})
    etree.SubElement(envelope, f"{{{space}}}Body").append(inner)
    return envelope


def _acknowledgement(said: Said, opened: Opened, answer: Answer | None = None) -> etree._Element:
    """Return the accept acknowledgement of an interaction; the same message has the same one.

    That of a query has what was found in it, and an id of its own each time.
    """
    own = new_envelope_id(now_us()) if answer is not None or not said.inbox else said.inbox
    form = ACKNOWLEDGEMENT if answer is None else answer.form
    moment = datetime.fromtimestamp((int(own[:12], 16)) / 1000, UTC).astimezone(_CHINA)
    root = etree.Element(f"{{{V3}}}{form}", nsmap={None: V3})
    root.set("ITSVersion", "XML_1.0")
    _id(root, MESSAGES, f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:]}")
    _add(root, "creationTime", value=moment.strftime("%Y%m%d%H%M%S"))
    _id(root, "2.16.840.1.113883.1.6", form, "interactionId")
    _add(root, "processingCode", code=opened.header("hl7:processingCode/@code") or "P")
    _add(root, "processingModeCode")
    _add(root, "acceptAckCode", code="NE")
    _device(root, "receiver", "RCV", opened, "sender")
    _device(root, "sender", "SND", opened, "receiver")
    given = _add(root, "acknowledgement", typeCode=said.code)
    target = _add(given, "targetMessage")
    _id(target, opened.header("hl7:id/@root") or MESSAGES, opened.header("hl7:id/@extension"))
    detail = _add(given, "acknowledgementDetail")
    if said.reason:
        _add(detail, "code", code=said.reason)
    _add(detail, "text", value=said.text)
    if answer is not None:
        root.append(act(answer, opened))
    return root


def _device(root: etree._Element, name: str, kind: str, opened: Opened, other: str) -> None:
    """Add sender or receiver: the receiver of the answer is who sent the message."""
    device = _add(_add(root, name, typeCode=kind), "device", classCode="DEV", determinerCode="INSTANCE")
    path = f"hl7:{other}/hl7:device/hl7:id"
    said = [
        opened.header(f"({path}/hl7:item | {path}[@extension])[1]/@{one}") for one in ("root", "extension")
    ]
    _id(_add(device, "id"), said[0], said[1], "item")


def _id(root: etree._Element, base: str, extension: str, name: str = "id") -> None:
    made = _add(root, name)
    if base:
        made.set("root", base)
    made.set("extension", extension)


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{V3}}}{name}", attributes)
