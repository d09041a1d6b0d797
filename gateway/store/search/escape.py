"""Separators and escapes in search values: ``\\,`` ``\\$`` ``\\|`` ``\\\\`` (R4 §3.1.1.4.0.1)."""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"\\([,|$\\])")


def split(text: str, separator: str) -> list[str]:
    """Split at ``separator`` where no backslash escapes it; escapes stay."""
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def plain(text: str) -> str:
    """Return a value without its escapes."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
