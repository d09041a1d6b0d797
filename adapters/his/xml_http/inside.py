"""Inside: the documents that stand as texts in an element (CDATA, escaped, base64): of a call, or its answer.

A value may look like one: ``<0.5`` begins with the same sign, and many a number is base64 of something. So
only what is well-formed counts. A parameter that is plainly meant as a document and is broken is told so.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from lxml import etree

from gateway.errors import Rejected
from gateway.wire import xml

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{16,}={0,2}\s*")
_MARKUP = re.compile(rb"<(?:[?!]|[A-Za-z_\x80-\xff][^\s<>/]*[\s/>])")
_BEFORE = b"\xef\xbb\xbf\xff\xfe \r\n\t\0"
"""What may stand before the first sign: marks of the byte order, blanks."""

_FORMS = frozenset(
    {"a", "b", "br", "div", "font", "html", "i", "p", "span", "sub", "sup", "table", "u", "ul"}
)
"""Elements that a text is marked up with: what begins so is a value, no document."""


def leaves(element: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield each element without others in it, with its text."""
    for one in element.iter(etree.Element):
        if len(one) == 0 and one.text and (text := one.text.strip()):
            yield one, text


def documents_in(element: etree._Element, limits: xml.Limits) -> Iterator[xml.Document]:
    """Yield each document that stands as a text in an element.

    Raises:
        Rejected: as ``wire.xml.parse``: a parameter is a document that cannot be taken.
    """
    for leaf, text in leaves(element):
        data = _bytes_of(text)
        if not data or not _MARKUP.match(data.replace(b"\0", b"").lstrip(_BEFORE)) or b">" not in data:
            continue
        try:
            made = xml.parse(data, limits=limits)
        except Rejected:
            if leaf is element or leaf.getparent() is element:
                raise
            continue
        if etree.QName(made.root).localname.lower() not in _FORMS:
            yield made


def _bytes_of(text: str) -> bytes:
    """Return what a text may be the document of, ``b""`` for nothing."""
    if text.startswith("<"):
        return text.encode()
    if len(text) < 16 or not _BASE64.fullmatch(text):
        return b""
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return b""
