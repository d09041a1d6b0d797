"""Codings: texts inside texts: percent-encoding, character references, ``\\u`` escapes, base64.

Each piece that is written so is read, masked, and written so again; a piece in which nothing was masked stays
byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import quote, unquote_to_bytes

Mask = Callable[[str], str]
_WORD = re.compile(r"[^\s\"'<>&=?;,\0]+")
_RUN = re.compile(r"[^<>\0]+")
_QUOTED = re.compile(r"[^\"\0]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|\w{2,31});")
_CODE = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{8,}+={0,2}")
_TEXT = re.compile(r"[^\x00-\x08\x0c\x0e-\x1a\x1e\x1f]*")
_MARKED = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DATA_URL = re.compile(r"(data:[\w/+.;=-]{0,100};base64,)([A-Za-z0-9+/]+={0,2})")


def layers(text: str, mask: Mask) -> str:
    """Return a text with what is written in codings masked by ``mask``."""
    if "%" in text:
        text = _WORD.sub(lambda found: _percent(found[0], mask), text)
    if "&" in text:
        text = _RUN.sub(lambda found: _reference(found[0], mask), text)
    if "\\u" in text:
        text = _QUOTED.sub(lambda found: _escapes(found[0], mask), text)
    if ";base64," in text:
        text = _DATA_URL.sub(lambda found: found[1] + masked_base64(found[2], mask), text)
    return text


def masked_base64(piece: str, mask: Mask) -> str:
    """Return base64 with the text in it masked; what is none, or says no text, stays."""
    data = from_base64(piece)
    plain = as_text(data) if data else None
    if plain is None:
        return piece
    masked = mask(plain)
    return piece if masked == plain else to_base64(masked)


def _percent(piece: str, mask: Mask) -> str:
    if "%" not in piece or not _PERCENT.search(piece):
        return piece
    plain = unquoted(piece)
    masked = mask(plain)
    return piece if masked == plain else quoted(masked)


def unquoted(piece: str) -> str:
    """Return what is percent-encoded (RFC 3986 §2.1), of UTF-8 or GB 18030; ``+`` is a space."""
    data = unquote_to_bytes(piece.replace("+", " ").encode("utf-8", "surrogatepass"))
    for name in ("utf-8", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def quoted(text: str) -> str:
    """Return a text percent-encoded, but for what is legible and means nothing in a URL."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="/:*@-._~|,")


def _reference(piece: str, mask: Mask) -> str:
    if "&" not in piece or not _REFERENCE.search(piece):
        return piece
    plain = unescape(piece)
    masked = mask(plain)
    return piece if masked == plain else escape(masked)


def _escapes(piece: str, mask: Mask) -> str:
    if not _CODE.search(piece):
        return piece
    plain = _CODE.sub(lambda found: _decoded(found[0]), piece)
    masked = mask(plain)
    if masked == plain:
        return piece
    return "".join(one if " " <= one < "\x7f" and one != '"' else _encoded(one) for one in masked)


def _decoded(codes: str) -> str:
    units = bytes.fromhex(codes.replace("\\u", ""))
    return units.decode("utf-16-be", "surrogatepass").replace("\\", "\\u005c")


def _encoded(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def looks_like_base64(text: str) -> bool:
    """Tell whether a text has only what base64 is written with."""
    return bool(_BASE64.fullmatch(text.strip()))


def from_base64(text: str) -> bytes | None:
    """Return what a text says in base64 (RFC 4648 §4); None: it is none. What was cut off is let go."""
    if not looks_like_base64(text):
        return None
    plain = "".join(text.split())
    try:
        return base64.b64decode(plain[: len(plain) // 4 * 4], validate=True)
    except binascii.Error:
        return None


def to_base64(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def as_text(data: bytes, charset: str = "", *, damaged: bool = False) -> str | None:
    """Return bytes as text, None where they are none: in the given charset, UTF-8 or GB 18030.

    A telling control character, or what neither encoding can be, makes them binary.

    Args:
        damaged: take for text, too, what has bytes that no encoding knows, if it has no such character.
    """
    marked = next((name for mark, name in _MARKED if data.startswith(mark)), "")
    names = (marked, charset, "utf-8", "gb18030")
    for name, errors in (*((name, "strict") for name in names if name), *([("utf-8", "replace")] * damaged)):
        try:
            text = data.decode(name, errors)
        except (UnicodeDecodeError, LookupError):
            continue
        if _TEXT.fullmatch(text):
            return text
    return None
