"""Lines: where one record ends and the next begins (LIS2-A2 §5, and what senders really end with).

CR, LF and CRLF all end a record. In a message that uses CR at all, LF alone ends one only before another
record; otherwise somebody typed it into a text, and it stays there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import AnyStr


def split_lines(text: AnyStr, field: str) -> list[AnyStr]:
    """Return records and what ends them, by turns; of bytes the same as of their text."""
    if isinstance(text, str):
        return re.split(_ends(field, "\r" in text), text)
    return re.split(_ends(field, b"\r" in text).encode("ascii", "ignore"), text)


@lru_cache(maxsize=64)
def _ends(field: str, typed: bool) -> str:
    return rf"(\r[\r\n]*|\n(?=[ \t]*[A-Za-z][ \t]*{re.escape(field)}|\Z))" if typed else r"(\n)"
