"""Writes ER7, the vertical-bar encoding of HL7 v2 (HL7 v2.5.1 §2.5 to §2.7): text in, text out.

Only the usual separators ``|^~\\&`` are written. Functions that take *text* escape it; functions
that take *fields* expect ER7 and join it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\"}
)

NULL = '""'
"""The v2 null: delete what the receiver has (§2.5.3)."""


def escape(text: str) -> str:
    """Return ``text`` with the delimiters as escape sequences and line breaks as ``\\.br\\`` (§2.7)."""
    return text.translate(_ESCAPES)


def components(*texts: str) -> str:
    """Return escaped components joined with ``^``, trailing empty ones dropped."""
    return "^".join(escape(text) for text in texts).rstrip("^")


def subcomponents(*texts: str) -> str:
    """Return escaped sub-components joined with ``&``, trailing empty ones dropped."""
    return "&".join(escape(text) for text in texts).rstrip("&")


def repeat(*fields: str) -> str:
    """Return the valued repetitions of a field joined with ``~``."""
    return "~".join(field for field in fields if field)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Return one segment without its terminator.

    Args:
        name: segment id, e.g. ``"PID"``; not MSH, whose first field is the separator itself.
        fields: ER7 by field number as the standard counts them.
    """
    last = max((number for number, value in fields.items() if value), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def stamp(at: datetime) -> str:
    """Return a DTM to the second without a zone, as Chinese systems write it: it means +08:00."""
    return at.strftime("%Y%m%d%H%M%S")


def day(on: date) -> str:
    """Return a DT, ``YYYYMMDD``."""
    return on.strftime("%Y%m%d")
