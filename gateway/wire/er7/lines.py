"""Lines: where one segment ends and the next begins (HL7 v2.8 §2.5.2, and what senders really end with).

CR, LF and CRLF all end a segment. In a message that uses CR at all, LF alone ends one only where
the next line looks like a segment (``^[A-Z][A-Z0-9]{2}``, perhaps with blanks or a mark around it, and the
field separator or the end of the line); otherwise it is a line break that somebody typed into a text field,
and stays in the text.
"""

from __future__ import annotations

import re

_ENDS = re.compile(r"([\r\n]+)")


def split_lines(text: str, separator: str) -> list[str]:
    """Return the lines of ``text``, blank ones included, without their ends."""
    if "\n" not in text:
        return text.split("\r")
    if "\r" not in text:
        return text.split("\n")
    if text.count("\n") == text.count("\r\n"):
        return text.replace("\r\n", "\r").split("\r")
    return _mixed(text, separator)


def _mixed(text: str, separator: str) -> list[str]:
    begins = re.compile(rf"[ \t\x00\x0b\ufeff]*[A-Z][A-Z0-9]{{2}}[ \t]*(?:{re.escape(separator)}|\Z)").match
    pieces = _ENDS.split(text)
    parts = [pieces[0]]
    lines: list[str] = []
    for end, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if "\r" in end or not piece or begins(piece):
            lines.append("".join(parts))
            parts = [piece]
        else:
            parts += (end, piece)
    lines.append("".join(parts))
    return lines
