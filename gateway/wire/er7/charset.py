"""Charset: which codec the bytes of a message are in (MSH-18, HL7 table 0211, and real senders).

Order of belief: the sender profile's override, a byte order mark, MSH-18, detection. Decoding comes
before splitting, because a GBK trail byte may be ``\\ ^ | ~``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gateway.errors import Misconfigured, Rejected

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_LEADING = re.compile(rb"[\x00\t\n\x0b\x0c\r\x1c ]*")
_CR, _LF = b"\r", b"\n"
_SAMPLE = 1 << 16
_WIDE = re.compile("[\u0800-\ufffc\U00010000-\U0010ffff]+")  # three or four bytes in UTF-8

# What table 0211 and the senders call it, letters and digits only → codec to write with.
_NAMES = {
    "ASCII": "ascii", "USASCII": "ascii", "ISO646": "ascii",
    "UNICODE": "utf-8", "UNICODEUTF8": "utf-8", "UTF8": "utf-8", "UTF8SIG": "utf-8",
    "UNICODEUTF16": "utf-16", "UTF16": "utf-16", "UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be",
    "UNICODEUTF16LE": "utf-16-le", "UNICODEUTF16BE": "utf-16-be",
    "GB18030": "gb18030", "GB180302000": "gb18030", "GB180302005": "gb18030", "GB180302022": "gb18030",
    "GBK": "gbk", "CP936": "gbk", "MS936": "gbk", "WINDOWS936": "gbk",
    "GB2312": "gb2312", "GB23121980": "gb2312", "EUCCN": "gb2312",
    "BIG5": "big5", "KSX1001": "euc_kr", "ISOIR87": "iso2022_jp", "SHIFTJIS": "shift_jis",
    "WINDOWS1252": "cp1252", "CP1252": "cp1252", "LATIN1": "iso8859-1",
}  # fmt: skip
for _part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15):
    for _prefix in ("8859", "ISO8859"):
        _NAMES[f"{_prefix}{_part}"] = f"iso8859-{_part}"

# Bytes declared GB2312 or GBK are read as their superset: senders store more than they declare.
_READ_AS = {"gbk": "gb18030", "gb2312": "gb18030"}


class Decoded(NamedTuple):
    """The text of a message and how it was won.

    Attributes:
        text: without byte order mark.
        charset: the Python codec that decoded it.
        start: bytes before the text (leading blanks and the byte order mark).
        repaired: True where the bytes contradicted what had been declared.
    """

    text: str
    charset: str
    start: int
    repaired: bool


@lru_cache(maxsize=256)
def codec_of(name: str) -> str:
    """Return the Python codec that MSH-18 ``name`` stands for (its first repetition), else ``""``."""
    return _NAMES.get("".join(c for c in name.split("~", 1)[0].upper() if c.isalnum()), "")


def writing_codec(declared: str, charset: str) -> str:
    """Return the codec in which an answer goes to a sender.

    Args:
        declared: MSH-18 as written.
        charset: the codec that decoded the message; it wins where it is no superset of the declared one.
    """
    codec = codec_of(declared)
    return codec if codec and _READ_AS.get(codec, codec) == charset else charset


def decode(raw: bytes, override: str = "") -> Decoded:
    """Return the text of one message.

    Args:
        raw: the bytes, without transport framing (a stray VT in front is tolerated).
        override: charset of the sender profile, by an MSH-18 or Python name; ``""`` for none.

    Raises:
        Rejected: code ``"undecodable"``, where no candidate decodes every byte.
        Misconfigured: ``override`` is not a known name.
    """
    if raw.isascii() and not override and raw.startswith(b"MSH") and b"\x00" not in raw[:8]:
        codec = codec_of(_declared(raw, 0))
        readable = "ascii" if not codec or codec.startswith("utf-16") else _READ_AS.get(codec, codec)
        if readable != "iso2022_jp":
            return Decoded(raw.decode("ascii"), readable, 0, codec.startswith("utf-16"))
    bom, start = "", 0
    if not raw.startswith(b"MSH"):
        leading = _LEADING.match(raw)
        bom, start = _bom(raw, leading.end() if leading else 0)
        if not bom:
            bom, start = _utf16(raw, start)
    told = _override(override)
    wide = bom.startswith("utf-16")
    declared = "" if told or bom else _declared(raw, start)
    codec = bom if wide else told or bom or codec_of(declared)
    if codec.startswith("utf-16") and not wide:
        codec = ""  # a header that can be read byte by byte is not UTF-16, whatever was said
    return _decode(raw[start:] if start else raw, start, codec, bool(told or bom or declared))


def _decode(body: bytes, start: int, wanted: str, declared: bool) -> Decoded:
    codec = _READ_AS.get(wanted, wanted)
    text = _strict(body, codec) if codec else None
    if text is not None:
        return Decoded(text, codec, start, False)
    text, codec = detect(body)
    return Decoded(text, codec, start, declared)


def detect(body: bytes) -> tuple[str, str]:
    """Return text and codec of bytes whose charset nobody declared: ASCII, strict UTF-8, GB18030.

    Raises:
        Rejected: code ``"undecodable"``. Damaged UTF-8 counts as undecodable although GB18030 would
            swallow it: a mojibake name is worse than a refusal.
    """
    if body.isascii():
        return body.decode("ascii"), "ascii"
    text = _strict(body, "utf-8")
    if text is not None:
        return text, "utf-8"
    text = None if _damaged_utf8(body) else _strict(body, "gb18030")
    if text is None:
        raise Rejected("the bytes are text in no known charset", code="undecodable")
    return text, "gb18030"


def _damaged_utf8(body: bytes) -> bool:
    loose = body[:_SAMPLE].decode("utf-8", "replace")
    bad = loose.count("\ufffd")
    return sum(map(len, _WIDE.findall(loose))) > bad


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeError:
        return None


def _bom(raw: bytes, start: int) -> tuple[str, int]:
    for mark, codec in _BOMS:
        if raw.startswith(mark, start):
            return codec, start + len(mark)
    return "", start


def _override(name: str) -> str:
    if not name:
        return ""
    codec = codec_of(name)
    if not codec:
        raise Misconfigured(f"unknown charset {name!r}: use a name of HL7 table 0211", code="unknown-charset")
    return "utf-16-le" if codec == "utf-16" else codec


def _utf16(raw: bytes, start: int) -> tuple[str, int]:
    """Return codec and start of UTF-16 without a mark, recognised by the zeros in ``MSH``."""
    found = raw.find(b"M\x00S\x00H", start, start + 8)
    if found < 0:
        return "", start
    if found % 2 and raw[found - 1] == 0:
        return "utf-16-be", found - 1
    return "utf-16-le", found


def _declared(raw: bytes, start: int) -> str:
    """Return MSH-18 from the undecoded header, ``""`` where it has none that we know."""
    end = min((i for i in (raw.find(_CR, start), raw.find(_LF, start)) if i >= 0), default=len(raw))
    header = raw[start:end]
    separator = header[3:4]
    if not header.startswith(b"MSH") or not separator:
        return ""
    if header.isascii():
        return _field18(header.decode("ascii"), separator.decode("ascii"))
    return next(_readings(header, separator), "")


def _readings(header: bytes, separator: bytes) -> Iterator[str]:
    # A Chinese MSH-3 may hold the separator's byte inside a character: believe the first reading
    # under which MSH-18 is a charset name at all.
    for codec in ("utf-8", "gb18030", "iso8859-1"):
        text = _strict(header, codec)
        if text and separator.isascii():
            name = _field18(text, separator.decode("ascii"))
            if codec_of(name):
                yield name


def _field18(header: str, separator: str) -> str:
    fields = header.split(separator, 18)
    return fields[17] if len(fields) > 17 else ""
