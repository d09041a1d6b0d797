"""Parse: bytes → Document. No entity, DTD or network; size, depth and number of elements are bounded.

What the declaration says of the charset is not believed where the bytes say otherwise (``wire.text``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from lxml import etree

from gateway.errors import Rejected
from gateway.wire.text import decode
from gateway.wire.xml.document import Document
from gateway.wire.xml.prolog import check_doctype, has_doctype

_DECLARATION = re.compile(r"[\s\ufeff]*+<\?xml[^>]*?\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_COUNT = etree.XPath("count(//*)")
_BESIDE = 10_000
"""Comments, instructions and sections that a document may have beside its elements."""


@dataclass(slots=True, frozen=True)
class Limits:
    """What one document may be.

    Attributes:
        size: bytes.
        depth: elements inside each other.
        elements: of one document.
    """

    size: int = 20_000_000
    depth: int = 100
    elements: int = 500_000


LIMITS = Limits()


def parse(raw: bytes, *, charset: str = "", limits: Limits = LIMITS) -> Document:
    """Return the document in some bytes.

    Args:
        charset: that the transport names; it goes before the declaration.

    Raises:
        Rejected: ``too-large``, ``too-deep``, ``undecodable``, ``has-doctype``, ``not-xml``: malformed.
    """
    if len(raw) > limits.size:
        raise Rejected(f"the document is longer than {limits.size} bytes", code="too-large")
    found = _ENCODING.search(raw[:400])
    read = decode(raw, charset or (found[1].decode() if found else ""))
    declared = _DECLARATION.match(read.text)
    text = read.text[declared.end() :] if declared else read.text
    repaired = read.repaired
    if _FORBIDDEN.search(text):
        text, repaired = _FORBIDDEN.sub("", text), True
    check_doctype(text)
    if text.count("<") - text.count("</") > limits.elements + _BESIDE:
        raise _too_many(limits)  # before a tree is made of them, which takes forty times their bytes
    root = _tree(text.strip())
    if root.getroottree().docinfo.doctype:
        raise has_doctype()
    _check(root, limits)
    return Document(raw, root, read.charset, repaired)


def _tree(text: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        if "depth" in str(error):
            raise Rejected("elements are too deep inside each other", code="too-deep") from None
        where = f"line {line}" if line else ""
        raise Rejected("the bytes are no well-formed XML", code="not-xml", where=where) from None


def _check(root: etree._Element, limits: Limits) -> None:
    if _deeper_than(limits.depth)(root):
        raise Rejected(f"elements are more than {limits.depth} deep inside each other", code="too-deep")
    if _COUNT(root) > limits.elements:
        raise _too_many(limits)


@cache
def _deeper_than(depth: int) -> etree.XPath:
    return etree.XPath(f"boolean({'/*' * (depth + 1)})")


def _too_many(limits: Limits) -> Rejected:
    return Rejected(f"the document has more than {limits.elements} elements", code="too-large")
