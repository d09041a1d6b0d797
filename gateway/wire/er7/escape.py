r"""Escape sequences: ``\F\ \S\ \T\ \R\ \E\ \P\ \X..\ \.br\`` (HL7 v2.8 §2.7).

An escape sequence that we do not know stays as it is written: nothing of the sender's text is lost.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.wire.er7.separators import DEFAULT, Separators

_FORMATTING = re.compile(r"\.(br|sp|fi|nf|in|ti|sk|ce)\s*([+-]?\d{0,3})\Z", re.IGNORECASE)
_MAX_BLANKS = 100


def unescape(text: str, separators: Separators = DEFAULT, charset: str = "utf-8") -> str:
    r"""Return ``text`` with its escape sequences resolved.

    Args:
        text: a field, component or subcomponent as it stands in the message.
        separators: of the message.
        charset: the message's codec, for ``\X..\``: ``\XE5BCA0\`` is 张 in UTF-8.
    """
    mark = separators.escape
    if mark not in text:
        return text
    return _sequences(mark).sub(lambda found: _resolve(found, separators, charset), text)


def escape(text: str, separators: Separators = DEFAULT) -> str:
    r"""Return data as it may stand in a leaf: separators escaped, line ends and framing as ``\X..\``."""
    return text.translate(_escapes(separators))


@lru_cache(maxsize=64)
def _sequences(mark: str) -> re.Pattern[str]:
    e = re.escape(mark)
    # Adjacent \X..\ belong together: some senders write one byte of a character in each.
    return re.compile(rf"((?:{e}[Xx](?:[0-9A-Fa-f]{{2}})+{e})+)|{e}([A-Za-z.][^{e}\r\n]{{0,64}}){e}")


@lru_cache(maxsize=64)
def _escapes(separators: Separators) -> dict[int, str]:
    e = separators.escape
    table = {
        ord(c): f"{e}{letter}{e}" for c, letter in zip(separators[:5], ("F", "S", "R", "E", "T"), strict=True)
    }
    if separators.truncation:
        table[ord(separators.truncation)] = f"{e}P{e}"
    table |= {code: f"{e}X{code:02X}{e}" for code in (0x0B, 0x0D, 0x1C)}
    table[0x0A] = f"{e}.br{e}"
    return table


def _resolve(found: re.Match[str], separators: Separators, charset: str) -> str:
    written, hexadecimal, body = found.group(0), found.group(1), found.group(2)
    if hexadecimal:
        data = bytes.fromhex("".join(c for c in hexadecimal if c in "0123456789abcdefABCDEF"))
        return _decode_hex(data, charset, written)
    if len(body) == 1:
        return _letter(body, separators, written)
    layout = _FORMATTING.match(body)
    return written if layout is None else _layout(layout.group(1).lower(), layout.group(2))


def _letter(body: str, separators: Separators, written: str) -> str:
    match body:
        case "F":
            return separators.field
        case "S":
            return separators.component
        case "T":
            return separators.subcomponent
        case "R":
            return separators.repetition
        case "E":
            return separators.escape
        case "P":
            return separators.truncation or written
        case "H" | "N":
            return ""  # highlighting is not content
    return written


def _layout(command: str, count: str) -> str:
    if command in ("br", "ce"):
        return "\n"
    if command == "sp":
        return "\n" * _bounded(count)
    return " " * _bounded(count) if command == "sk" else ""


def _bounded(count: str) -> int:
    return min(abs(int(count)), _MAX_BLANKS) if count.strip("+-") else 1


def _decode_hex(data: bytes, charset: str, written: str) -> str:
    # \X0D\ means a carriage return even where the message itself is UTF-16.
    candidates = ("utf-8", charset) if charset.startswith("utf-16") else (charset, "utf-8", "gb18030")
    for codec in candidates:
        try:
            return data.decode(codec)
        except UnicodeError:
            continue
    return written
