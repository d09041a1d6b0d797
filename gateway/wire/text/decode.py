"""Decode: bytes → text. Declared, else recognised; where both UTF-8 and GB18030 stand in it, piece by piece.

A damaged name is worse than a refusal: what is text in no charset is refused, and what was told wrongly is
said (``repaired``).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from gateway.errors import Rejected

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_GB = frozenset({"gb2312", "gbk", "gb18030", "cp936", "x-gbk", "euc-cn", "hz-gb-2312"})
_HIGH = re.compile(rb"[\x80-\xff]+")
_PAIRS = re.compile(rb"(?:[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39])+")


@dataclass(slots=True, frozen=True)
class Text:
    """A decoded text.

    Attributes:
        text: without byte order mark.
        charset: Python codec; of a mixed text ``"utf-8"``.
        repaired: the bytes contradicted what was declared, or were of two charsets.
    """

    text: str
    charset: str
    repaired: bool = False


def decode(raw: bytes, declared: str = "") -> Text:
    """Return the text of some bytes.

    Args:
        declared: charset that the transport or the document names; ``""`` for none.

    Raises:
        Rejected: ``undecodable``: text in no charset that is known.
    """
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            text = _strict(raw[len(mark) :], codec)
            if text is not None:
                return Text(text, codec, bool(declared) and _codec(declared) not in (codec, "utf-16"))
    wanted = _codec(declared)
    untrue = wanted.startswith(("utf-16", "utf-32")) and b"\0" not in raw  # each ASCII character has one
    if untrue:
        wanted = ""
    if wanted in ("gb18030", "iso8859-1", "cp1252") and _surely_utf8(raw):
        return Text(raw.decode("utf-8"), "utf-8", True)
    for codec in dict.fromkeys(one for one in (wanted, "utf-8", "gb18030") if one):
        text = _strict(raw, codec)
        if text is not None and not (codec == "gb18030" != wanted and _damaged(raw)):
            return Text(text, codec, untrue or (bool(wanted) and codec != wanted))
    mixed = _mixed(raw)
    if mixed is None:
        raise Rejected("the bytes are text in no known charset", code="undecodable")
    return Text(mixed, "utf-8", True)


def _codec(name: str) -> str:
    """Return the Python codec of a charset, ``""`` for none that we read."""
    name = name.strip().strip("\"'").lower()
    if name in _GB:
        return "gb18030"
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        return ""


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _surely_utf8(raw: bytes) -> bool:
    """Tell whether bytes said to be GB18030 are UTF-8: Chinese in three bytes each is no accident."""
    text = None if raw.isascii() else _strict(raw, "utf-8")
    return text is not None and max(text) >= "\u0800"


def _damaged(raw: bytes) -> bool:
    """Tell whether bytes are UTF-8 with a few faults: GB18030 would read them, as somebody else's name."""
    good = bad = 0
    for found in _HIGH.finditer(raw[:65536]):
        if _strict(found[0], "utf-8") is None:
            bad += 1
        else:
            good += 1
    return good > bad


def _halves(run: bytes) -> str | None:
    """Return a run that is one charset up to some byte and the other from there on, None for none such.

    As much of it as can be is UTF-8, two characters at least: that is no accident, and GB18030 reads
    nearly everything, as somebody else's name.
    """
    found: dict[int, str] = {}
    for at in range(2, min(len(run), 4096) - 1):
        for one, other in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
            first, second = _strict(run[:at], one), _strict(run[at:], other)
            if first is not None and second is not None and _common(first + second):
                found[at if one == "utf-8" else len(run) - at] = first + second
    most = max(found, default=0)
    return found[most] if most >= 6 else None


def _common(text: str) -> bool:
    """Tell whether a text is what people write: Chinese of the Basic Multilingual Plane and its signs."""
    return all("\u3000" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef" for sign in text)


def _mixed(raw: bytes) -> str | None:
    """Return a text whose runs of Chinese are each in UTF-8 or in GB18030, None where one is in neither.

    One run may begin in one of them and go on in the other: two programs have written one line.
    """
    parts, end = [], 0
    for found in _HIGH.finditer(raw):
        run = found[0]
        text = _strict(run, "utf-8")
        begin, after = found.span()
        if text is None:  # the second byte of a GB18030 pair may be an ASCII letter
            pairs = _PAIRS.match(raw, begin)
            text, after = (None, 0) if pairs is None else (_strict(pairs[0], "gb18030"), pairs.end())
            if text is None or after < found.end():
                text, after = _halves(run), found.end()
            if text is None:
                return None
        if begin < end:
            if after > end:
                return None
            continue
        if after < found.end():
            return None
        parts += [raw[end:begin].decode("ascii"), text]
        end = after
    return "".join([*parts, raw[end:].decode("ascii", "replace")])
