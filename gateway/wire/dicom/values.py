"""Values: what the bytes of an element say, checked by its VR (PS3.5 section 6.2); malformed is None."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from struct import unpack_from

FORMS = {"US": "<H", "SS": "<h", "UL": "<I", "SL": "<i", "FL": "<f", "FD": "<d", "SV": "<q", "UV": "<Q"}
_SIZES = {"<H": 2, "<h": 2, "<I": 4, "<i": 4, "<f": 4, "<d": 8, "<q": 8, "<Q": 8}
_DS = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_IS = re.compile(r"[+-]?\d{1,12}")
_UI = re.compile(r"\d+(\.\d+)*")
_DA = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")
_TM = re.compile(r"([01]\d|2[0-3])(:?[0-5]\d(:?([0-5]\d|60)(\.\d{1,6})?)?)?")
_CLOCK = r"([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?"
_DT = re.compile(rf"\d{{4}}((0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01])({_CLOCK})?)?)?([+-]\d{{4}})?")
LONGEST_UID = 64
"""PS3.5 section 9.1."""


def _date(text: str) -> str | None:
    found = _DA.fullmatch(text)
    if found is None:
        return None
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return found[1] + found[2] + found[3]


def _time(text: str) -> str | None:
    return text.replace(":", "") if _TM.fullmatch(text) else None


def _moment(text: str) -> str | None:
    if not _DT.fullmatch(text) or (len(text) >= 8 and text[:8].isdigit() and _date(text[:8]) is None):
        return None
    return text


def uid(text: str) -> str | None:
    """Return a UID, None where it is malformed or longer than 64 characters."""
    return text if len(text) <= LONGEST_UID and _UI.fullmatch(text) else None


def _matching(form: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if form.fullmatch(text) else None


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "DA": _date, "TM": _time, "DT": _moment, "UI": uid, "DS": _matching(_DS), "IS": _matching(_IS),
}  # fmt: skip


def checked(text: str, vr: str) -> str | None:
    """Return one value as it is read: without its padding, None where it is not of its VR.

    Args:
        text: between two backslashes.
    """
    plain = text.strip(" \0") if vr not in ("LT", "ST", "UT") else text.rstrip(" \0\r\n")
    check = _CHECKS.get(vr)
    return plain if check is None or not plain else check(plain)


def numbers(value: bytes, vr: str) -> list[str] | None:
    """Return the numbers of a binary VR as text, None of another VR or a length that is none of it."""
    if vr == "AT":
        if len(value) % 4:
            return None
        pairs = (unpack_from("<HH", value, at) for at in range(0, len(value), 4))
        return [f"{group:04X}{element:04X}" for group, element in pairs]
    form = FORMS.get(vr)
    if form is None or len(value) % _SIZES[form]:
        return None
    found = (unpack_from(form, value, at)[0] for at in range(0, len(value), _SIZES[form]))
    return [_shown(one, vr) for one in found]


def _shown(number: float, vr: str) -> str:
    """Return a number as text; one of four bytes with the digits that it has."""
    return f"{number:.9g}" if vr == "FL" else repr(number)
