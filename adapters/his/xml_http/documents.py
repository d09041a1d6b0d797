"""Documents: the clinical document that a message of a repository carries (RCMR_IN000002UV02), as bytes.

It goes into the inbox by itself, beside the message that registers it: so it is mapped like a document that
came through another door, and the bytes of both are kept.
"""

from __future__ import annotations

import base64
import binascii

from lxml import etree

from adapters.his.xml_http.opened import Opened
from adapters.his.xml_http.services import V3

_PLACES = etree.XPath(
    "//h:storageCode/h:originalText/@value | //h:storageCode/h:originalText/text()"
    " | //h:clinicalDocument/h:text[not(*)]/text()",
    namespaces={"h": V3},
)


def document_in(opened: Opened) -> bytes | None:
    """Return the clinical document inside a message, None for none (a PDF stays in it)."""
    root = opened.document.root
    if etree.QName(root).localname != "RCMR_IN000002UV02":
        return None
    inline = next(root.iter(f"{{{V3}}}ClinicalDocument"), None)
    if inline is not None:
        return bytes(etree.tostring(inline, encoding="utf-8", with_tail=False))
    found = _PLACES(root)
    for text in map(str, found if isinstance(found, list) else ()):
        data = _decoded(text)
        if b"ClinicalDocument" in data[:4000].replace(b"\0", b""):
            return data
    return None


def _decoded(text: str) -> bytes:
    text = text.strip()
    if text.startswith("<"):
        return text.encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
