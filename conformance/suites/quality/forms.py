"""Forms: whether a number, a code or a text can be what it says that it is. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from conformance.simulators.people import check_character

_ICD10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9xX][0-9A-Za-z+*]{0,7})?")
_LOINC = re.compile(r"[0-9]{1,7}-[0-9]|L[PAL][0-9]{4,7}-[0-9]")
_UCUM = re.compile(r"[!-~]+")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_GARBLED = re.compile("\ufffd|锟斤拷|烫烫烫|[\x00-\x08\x0b\x0c\x0e-\x1f]|Ã[\x80-\xbf]|ï»¿")


def icd10(code: str) -> bool:
    """Tell whether it has the form of ICD-10, Chinese clinical edition (``I10.x00``) included."""
    return _ICD10.fullmatch(code) is not None


def loinc(code: str) -> bool:
    """Tell whether it has the form and the check digit of a LOINC code (LOINC Users' Guide, Mod 10)."""
    if not _LOINC.fullmatch(code):
        return False
    number, _, check = code.partition("-")
    digits = [int(one) for one in number if one.isdigit()]
    doubled = int("".join(map(str, digits[::-1][::2]))) * 2
    rest = "".join(map(str, digits[::-1][1::2]))
    total = sum(int(one) for one in f"{rest}{doubled}")
    return (10 - total % 10) % 10 == int(check)


def ucum(code: str) -> bool:
    """Tell whether it can be a UCUM unit: its characters, and that brackets close (UCUM §2)."""
    if not _UCUM.fullmatch(code) or "^" in code:
        return False
    closing = {")": "(", "]": "[", "}": "{"}
    opened: list[str] = []
    for one in code:
        if one in "([{":
            opened.append(one)
        elif one in closing and (not opened or opened.pop() != closing[one]):
            return False
    return not opened


def resident_id(number: str) -> bool:
    """Tell whether it has the form, a date and the check character of a resident ID (GB 11643)."""
    if not re.fullmatch(r"\d{17}[\dX]", number) or born(number) is None:
        return False
    return check_character(number[:17]) == number[17]


def born(number: str) -> date | None:
    """Return the birth date in a resident ID."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def gender(number: str) -> str:
    """Return the sex in a resident ID."""
    return "male" if int(number[16]) % 2 else "female"


def garbled(text: str) -> bool:
    """Tell whether a text was read in a wrong charset, or holds what no text holds."""
    return _GARBLED.search(text) is not None


def moment(said: Any) -> datetime | None:
    """Return an instant that tells its zone, None where it is none."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo is not None and "T" in str(said) else None


def misshapen(value: Any, name: str = "") -> Iterator[str]:
    """Return what breaks the rules that R4 lays on all JSON (json.html §2.6.2, datatypes.html)."""
    if isinstance(value, dict):
        yield from () if value else (f"{name}: empty object",)
        for key, one in value.items():
            yield from misshapen(one, key)
    elif isinstance(value, list):
        yield from () if value else (f"{name}: empty array",)
        for one in value:
            if one is not None:
                yield from misshapen(one, name)
    elif value is None:
        yield f"{name}: null"
    elif isinstance(value, str):
        yield from _misshapen_text(value, name)


def _misshapen_text(value: str, name: str) -> Iterator[str]:
    if not value:
        yield f"{name}: empty text"
    elif name == "id" and not _ID.fullmatch(value):
        yield "id: not an id"
    elif name in ("lastUpdated", "issued", "recorded") and not _INSTANT.fullmatch(value):
        yield f"{name}: not an instant"
    elif name == "birthDate" and not _DATE.fullmatch(value):
        yield "birthDate: not a date"
    elif name in ("code", "system", "status") and value != value.strip():
        yield f"{name}: blanks around it"
