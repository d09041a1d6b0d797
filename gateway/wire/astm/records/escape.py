"""Escape sequences: ``&F& &S& &R& &E& &Xhh&`` (LIS2-A2 §5), and ``&.br&`` of some programs.

A sequence that we do not know stays as it is written: nothing of the sender's text is lost.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.wire.astm.records.delimiters import DEFAULT, Delimiters


def unescape(text: str, delimiters: Delimiters = DEFAULT, charset: str = "utf-8") -> str:
    """Return ``text`` with its escape sequences resolved.

    Args:
        text: a field or component as it stands in the record.
        delimiters: of the message.
        charset: the message's codec, for ``&X..&``: ``&XE5BCA0&`` is 张 in UTF-8.
    """
    mark = delimiters.escape
    if mark not in text:
        return text
    return _sequences(mark).sub(lambda found: _resolve(found, delimiters, charset), text)


def escape(text: str, delimiters: Delimiters = DEFAULT) -> str:
    """Return data as it may stand in a component: delimiters escaped, control characters as ``&X..&``."""
    return text.translate(_escapes(delimiters))


@lru_cache(maxsize=64)
def _sequences(mark: str) -> re.Pattern[str]:
    e = re.escape(mark)
    # Adjacent &X..& belong together: some senders write one byte of a character in each.
    return re.compile(rf"((?:{e}[Xx](?:[0-9A-Fa-f]{{2}})+{e})+)|{e}([FSRE]|\.br){e}")


@lru_cache(maxsize=64)
def _escapes(delimiters: Delimiters) -> dict[int, str]:
    field, repeat, component, e = delimiters
    letters = ((field, "F"), (component, "S"), (repeat, "R"), (e, "E"))
    table = {ord(sign): f"{e}{letter}{e}" for sign, letter in letters}
    return table | {code: f"{e}X{code:02X}{e}" for code in (*range(32), 0x7F)}


def _resolve(found: re.Match[str], delimiters: Delimiters, charset: str) -> str:
    written, hexadecimal = found.group(0), found.group(1)
    if hexadecimal:
        digits = hexadecimal.replace(delimiters.escape, "").replace("X", "").replace("x", "")
        return _decoded(bytes.fromhex(digits), charset, written)
    match found.group(2):
        case "F":
            return delimiters.field
        case "S":
            return delimiters.component
        case "R":
            return delimiters.repeat
        case "E":
            return delimiters.escape
    return "\n"


def _decoded(data: bytes, charset: str, written: str) -> str:
    for codec in (charset, "utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except (UnicodeError, LookupError):
            continue
    return written
