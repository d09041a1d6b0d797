"""Moments: dates and times as databases, spreadsheets and people write them → as HL7 v2 does (TS).

What is ambiguous (``03/04/2026``) or no date stays as it is: the row that reads it reports it as malformed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

_NUMERIC = re.compile(
    r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})(?:[-/.月](?P<d>\d{1,2})日?)?月?"
    r"(?:(?:[ T]\s*|(?<=日))(?P<half>上午|下午|AM|PM)?\s*(?P<H>\d{1,2})"
    r"(?:[:时点](?P<M>\d{1,2})?(?:[:分](?P<S>\d{1,2})?(?:\.(?P<f>\d{1,9}))?秒?)?)?分?"
    r"\s*(?P<z>Z|[+-]\d\d(?::?\d\d)?)?|Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_ORACLE = re.compile(
    r"(?P<d>\d{1,2})-(?P<mon>[A-Z]{3}|\d{1,2}月)\s*-(?P<y>\d{2}|\d{4})"
    r"(?: (?P<H>\d{1,2})[.:](?P<M>\d\d)[.:](?P<S>\d\d)(?:\.(?P<f>\d{1,9}))?(?: (?P<half>AM|PM|上午|下午))?)?",
    re.ASCII,
)
_SQL_SERVER = re.compile(
    r"(?P<mon>[A-Z]{3}) +(?P<d>\d{1,2}) (?P<y>\d{4})"
    r"(?: +(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[:.](?P<f>\d{1,9}))?)? ?(?P<half>AM|PM)?)?",
    re.ASCII,
)
_MILLISECONDS = 17
"""Digits of a moment that is written in one, to the thousandth: ``20260307090500123``."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CENTURY = 50
"""Oracle's RR: two digits below it are of this century."""


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """Return a date or time in the form of HL7 v2 (``20260307090000``), as it is where it is no known one."""
    if not text.isascii():
        text = normalize("NFKC", text)  # the digits, the colon and the blank of a Chinese keyboard
    text = text.strip()
    if text.isdigit():
        return f"{text[:14]}.{text[14:]}" if len(text) == _MILLISECONDS else text
    found = _NUMERIC.fullmatch(text)
    if found is not None:
        return _joined(found, found["y"], found["m"], found["d"], found["z"])
    found = _ORACLE.fullmatch(text.upper()) or _SQL_SERVER.fullmatch(text.upper())
    if found is None:
        return text
    month = found["mon"].removesuffix("月")
    number = month if month.isdigit() else str(_MONTHS.index(month) + 1) if month in _MONTHS else ""
    if not number:
        return text
    return _joined(found, _year(found["y"]), number, found["d"], None)


def _year(text: str) -> str:
    if len(text) == 4:
        return text
    return ("20" if int(text) < _CENTURY else "19") + text


def _joined(found: re.Match[str], year: str, month: str, day: str | None, zone: str | None) -> str:
    whole = f"{year}{int(month):02}" + (f"{int(day):02}" if day else "")
    if day is None or found["H"] is None:
        return whole
    hour = int(found["H"])
    if found["half"] in ("下午", "PM") and hour < 12:
        hour += 12
    elif found["half"] in ("上午", "AM") and hour == 12:
        hour = 0
    whole += f"{hour:02}{int(found['M'] or 0):02}{int(found['S'] or 0):02}"
    return whole + (f".{found['f']}" if found["f"] and int(found["f"]) else "") + _zone(zone or "")


def _zone(text: str) -> str:
    """Return a zone as HL7 v2 writes it: ``+08`` (PostgreSQL) is ``+0800``."""
    if text == "Z":
        return "+0000"
    return text + "00" if len(text) == 3 else text.replace(":", "")
