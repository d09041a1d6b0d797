"""Moments: dates and times as databases, spreadsheets and people write them → as HL7 v2 does (TS).

What is ambiguous (``03/04/2026``) or no date stays as it is: the row that reads it reports it as malformed.
So does a count of milliseconds: by its digits it may be a moment of which one was lost.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from unicodedata import normalize

_PLAIN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T]((?:0\d|1\d|2[0-3])):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?", re.ASCII
)
"""What nearly all databases write; ``_NUMERIC`` reads it, too, in four times the time."""

_NUMERIC = re.compile(
    r"(?P<y>\d{4})[-/.年](?P<m>\d{1,2})(?:[-/.月](?P<d>\d{1,2})日?)?月?"
    r"(?:(?:[ T]\s*|(?<=日))(?P<half>上午|下午|AM|PM)?\s*(?P<H>\d{1,2})"
    r"(?:[:时点](?P<M>\d{1,2})?(?:[:分](?P<S>\d{1,2})?(?:\.(?P<f>\d{1,9}))?秒?)?)?分?"
    r"(?:\s*(?P<late>AM|PM|上午|下午))?\s*(?P<z>Z|[+-]\d\d(?::?\d\d)?)?|Z|[+-]\d\d:?\d\d)?",
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
_COUNTED = re.compile(r"\\?/DATE\((?P<ms>-?\d{1,14})(?P<z>[+-]\d{4})?\)\\?/", re.ASCII)
"""What .NET writes in JSON: milliseconds since 1970, and the zone that the moment is read in."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHINA = "+0800"
"""Where a moment without a zone is read: what was midnight there must not be the day before."""

_MILLISECONDS = 17
"""Digits of a moment that is written in one, to the thousandth: ``20260307090500123``."""

_MONTH = 6
"""Digits of a month, or of a day whose century is left out."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CENTURY = 50
"""Oracle's RR: two digits below it are of this century."""


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """Return a date or time in the form of HL7 v2 (``20260307090000``), as it is where it is no known one."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        fraction = plain[7]
        whole = "".join(plain.group(1, 2, 3) if plain[4] is None else plain.group(1, 2, 3, 4, 5, 6))
        return f"{whole}.{fraction}" if fraction and int(fraction) else whole
    if not text.isascii():
        text = normalize("NFKC", text)  # the digits, the colon and the blank of a Chinese keyboard
    text = text.strip()
    if text.isdigit():
        return f"{text[:14]}.{text[14:]}" if len(text) == _MILLISECONDS else text
    upper = text.upper()
    found = _NUMERIC.fullmatch(upper)
    if found is not None:
        return text if found["half"] and found["late"] else _joined(found, found["m"], found["z"])
    found = _COUNTED.fullmatch(upper)
    if found is not None:
        return _counted(int(found["ms"]), found["z"] or _CHINA) or text
    found = _ORACLE.fullmatch(upper) or _SQL_SERVER.fullmatch(upper)
    if found is None:
        return text
    month = found["mon"].removesuffix("月")
    number = month if month.isdigit() else str(_MONTHS.index(month) + 1) if month in _MONTHS else ""
    if not number:
        return text
    return _joined(found, number, None)


@lru_cache(maxsize=65536)
def of_column(text: str) -> str | None:
    """Return what a column of moments says in the form of HL7 v2; None where it cannot be told.

    Six digits are a month only where they can be no day: ``198005``. ``800506`` is one in no year, and
    ``200506`` a day of 2020 or a month of 2005.
    """
    made = normal(text)
    if len(made) == _MONTH and made.isdigit() and text.strip().isdigit():
        month, day = int(made[2:4]), int(made[4:])
        sure = made[:2] in ("19", "20") and 1 <= day <= len(_MONTHS) and not 1 <= month <= len(_MONTHS)
        return made if sure else None
    return made


def _counted(milliseconds: int, zone: str) -> str:
    """Return a count of milliseconds as a moment in a zone, ``""`` where there is no such moment."""
    hours, minutes = int(zone[1:3]), int(zone[3:])
    ahead = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds) + ahead
    except OverflowError:
        return ""
    part = f".{moment.microsecond // 1000:03}" if moment.microsecond else ""
    return f"{moment.year:04}{moment:%m%d%H%M%S}{part}{zone}"


def _year(text: str) -> str:
    if len(text) == 4:
        return text
    return ("20" if int(text) < _CENTURY else "19") + text


def _joined(found: re.Match[str], month: str, zone: str | None) -> str:
    day = found["d"]
    whole = f"{_year(found['y'])}{int(month):02}" + (f"{int(day):02}" if day else "")
    if day is None or found["H"] is None:
        return whole
    hour, said = int(found["H"]), found.groupdict()
    half = said.get("half") or said.get("late")
    if half in ("下午", "PM") and hour < 12:
        hour += 12
    elif half in ("上午", "AM") and hour == 12:
        hour = 0
    whole += f"{hour:02}{int(found['M'] or 0):02}{int(found['S'] or 0):02}"
    return whole + (f".{found['f']}" if found["f"] and int(found["f"]) else "") + _zone(zone or "")


def _zone(text: str) -> str:
    """Return a zone as HL7 v2 writes it: ``+08`` (PostgreSQL) is ``+0800``."""
    if text == "Z":
        return "+0000"
    return text + "00" if len(text) == 3 else text.replace(":", "")
