"""V3: messages and documents of HL7 V3: their namespace, and the clinical document that a message carries.

A message of a repository (RCMR_IN000002UV02) carries the document that it registers. Whatever door takes the
message puts the document into the inbox beside it: so it is mapped like one that came by itself, and the
bytes of both are kept.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from lxml import etree

from gateway.errors import Rejected
from gateway.wire.xml.document import put_into
from gateway.wire.xml.parse import parse

V3: Final = "urn:hl7-org:v3"

INTERACTION: Final = re.compile(r"[A-Z]{4}_(?:IN|MT)\d{6}[A-Z]{2}\d{0,2}")
"""Name of an HL7 V3 interaction, and so of its root element."""

DOCUMENT: Final = "ClinicalDocument"
"""Name of the root element of a clinical document (CDA R2)."""

REGISTERS: Final = "RCMR_IN000002UV02"
"""The interaction that carries a document."""

_DOCUMENT = DOCUMENT.encode()
_PLACES = etree.XPath(
    "//h:storageCode/h:originalText/@value | //h:storageCode/h:originalText/text()"
    " | //h:clinicalDocument/h:text[not(*)]/text()",
    namespaces={"h": V3},
)


def complete(root: etree._Element) -> None:
    """Put a message or clinical document of HL7 V3 whose sender forgot ``xmlns`` into its namespace."""
    name = etree.QName(root)
    if not name.namespace and (name.localname == DOCUMENT or INTERACTION.fullmatch(name.localname)):
        put_into(root, V3)


def carried(root: etree._Element) -> bytes | None:
    """Return the clinical document that a message carries, None for none (a PDF stays in it).

    Args:
        root: of the message, in its namespace.
    """
    if root.tag != f"{{{V3}}}{REGISTERS}":
        return None
    inline = next(root.iter(f"{{{V3}}}{DOCUMENT}"), None)
    if inline is not None:
        return bytes(etree.tostring(inline, encoding="utf-8", with_tail=False))
    found = _PLACES(root)
    for text in map(str, found if isinstance(found, list) else ()):
        data = _decoded(text)
        if _DOCUMENT in data.replace(b"\0", b""):
            return data
    return None


def document_in(raw: bytes) -> bytes | None:
    """Return the clinical document that some bytes carry, None where they are no message that carries one."""
    if REGISTERS.encode() not in raw.replace(b"\0", b""):
        return None
    try:
        root = parse(raw).root
    except Rejected:
        return None
    complete(root)
    return carried(root)


def _decoded(text: str) -> bytes:
    text = text.strip()
    if text.startswith("<"):
        return text.encode()
    try:
        return base64.b64decode(text + "==", validate=False)  # some leave out what fills it up
    except (binascii.Error, ValueError):
        return b""
