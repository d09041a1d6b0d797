"""Prolog: what stands before the root element (XML 1.0 §2.8), and only there may a document type stand.

So ``<!DOCTYPE`` in a comment, in CDATA or in a text is a text.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.errors import Rejected

_BEFORE: Final = re.compile(r"(?:[\s\ufeff]+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE: Final = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_ROOT: Final = re.compile(r"<[^!?\s]")


def check_doctype(text: str) -> bool:
    """Pass a beginning of a document that has no document type; return whether its root element has begun.

    Raises:
        Rejected: ``has-doctype``.
    """
    before = _BEFORE.match(text)
    at = before.end() if before else 0
    if _DOCTYPE.match(text, at):
        raise has_doctype()
    return _ROOT.match(text, at) is not None


def has_doctype() -> Rejected:
    """Return what is said of a document that has one."""
    return Rejected("a document type or an entity is not taken", code="has-doctype")
