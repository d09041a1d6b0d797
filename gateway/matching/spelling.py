"""Spelling: elements of a Patient as they are compared: case, width, dots and prefixes mean nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import each, listed
from gateway.canonical.placeholders import is_placeholder as is_no_number
from gateway.canonical.placeholders import spelled

_BLANK = re.compile(r"[\s·•‧・．.'’\-,，]+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
_DIGITS = re.compile(r"\D+")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = re.compile(r"1[3-9]\d{9}\Z")
_AREA = re.compile(r"0(?:10|2\d|[3-9]\d\d)(?=\d{7,8}\Z)")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_LEAST_ALIKE = 4
"""From so many on the same character stands for nothing; a small register may well have 7 and 77."""
_LEAST_PHONE = 7
_LEAST_ADDRESS = 6


def plain(text: object) -> str:
    """Return a text without blanks, dots between the parts of a name, case and width (NFKC)."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold() if isinstance(text, str) else ""


def number(text: str) -> str:
    """Return a number of a register without case and width (NFKC): ABC-12 and ABC12 are two numbers."""
    return spelled(text)


def is_placeholder(text: str) -> bool:
    """Tell whether a clerk who had no number typed this: ``-``, ``0``, ``00-0000``, ``9999``, ``无病案号``.

    What has no digit is no number that makes two records certainly one person's.
    """
    found = number(text)
    if is_no_number(found) or not any(one.isdigit() for one in found):
        return True
    bare = [one for one in found if one.isalnum()]
    return len(set(bare)) == 1 and (bare[0] == "0" or len(bare) >= _LEAST_ALIKE)


def number_forms(text: str) -> list[str]:
    """Return how a number may be written: as it is, narrow, wide."""
    narrow = unicodedata.normalize("NFKC", text).strip()
    return list(dict.fromkeys((text, narrow, narrow.translate(_WIDE))))


def phone_forms(digits: str) -> list[str]:
    """Return how a telephone number may be written, the most usual first."""
    if area := _AREA.match(digits):
        code, rest = area[0], digits[area.end() :]
        return [f"{code}-{rest}", digits, f"{code} {rest}", f"({code}){rest}"]
    if not _MOBILE.match(digits):
        return [digits]
    parts = (digits[:3], digits[3:7], digits[7:])
    whole = ["".join(parts), "-".join(parts), " ".join(parts)]
    return [f"{before}{one}" for before in ("", "+86", "+86 ", "+86-", "86", "0086") for one in whole]


def beginnings(patient: Resource, element: str) -> list[str]:
    """Return how names begin: the first character, of letters the first two, up to a dot between parts."""
    found = [one.get(part) for one in each(patient, element) if isinstance(one, dict)
             for part in ("text", "family")]  # fmt: skip
    texts = [unicodedata.normalize("NFKC", one).strip() for one in found if isinstance(one, str)]
    return [one[:1] if is_han(one[:1]) else _BLANK.split(one)[0][:2] for one in texts if plain(one)]


def is_han(text: str) -> bool:
    """Tell whether a name is written in characters, not in letters."""
    return _HAN.search(text) is not None


def resident(text: str) -> str:
    """Return a resident ID in 18 characters, ``""`` for what is none (GB 11643, GB/T 7408).

    One of 15 digits, given out before 1999, is the same as that of 18 with the century and the check digit.
    """
    found = unicodedata.normalize("NFKC", text).strip().upper()
    if re.fullmatch(r"[0-9]{15}", found):
        body = f"{found[:6]}19{found[6:]}"
        return body + _check(body) if _is_day(body) else ""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", found) or not _is_day(found):
        return ""
    return found if _check(found[:17]) == found[17] else ""


def mistyped(patient: Resource, systems: Collection[str]) -> set[str]:
    """Return what stands for a resident ID in 18 characters and is none: its check digit or day is wrong."""
    found = set[str]()
    for system, value, _ in numbers(patient):
        text = unicodedata.normalize("NFKC", value).strip().upper()
        if system in systems and re.fullmatch(r"[0-9]{17}[0-9X]", text) and not resident(text):
            found.add(text)
    return found


def resident_forms(text: str) -> list[str]:
    """Return how a resident ID may be written: in 18 characters, and in 15 where it may be as old."""
    found = resident(text)
    return [found, found[:6] + found[8:17]] if found[6:8] == "19" else [found] if found else []


def _check(body: str) -> str:
    return "10X98765432"[sum(a * int(b) for a, b in zip(_WEIGHTS, body, strict=True)) % 11]


def _is_day(found: str) -> bool:
    return 1 <= int(found[10:12]) <= 12 and 1 <= int(found[12:14]) <= 31


def names(patient: Resource, element: str) -> set[str]:
    """Return all that a person is called; a name by its text and by its parts."""
    found = set[str]()
    for one in each(patient, element):
        if isinstance(one, dict) and one.get("use") != "nickname":
            whole = f"{one.get('family', '')}{''.join(str(part) for part in listed(one.get('given')))}"
            found |= {plain(one.get("text")), plain(whole)}
    return found - {""}


def dates(patient: Resource, element: str) -> set[str]:
    """Return a date as it stands."""
    return {one for one in each(patient, element) if isinstance(one, str) and one}


def coded(patient: Resource, element: str) -> set[str]:
    """Return a code, or a number as text."""
    return {str(one) for one in each(patient, element) if isinstance(one, str | int)}


def phones(patient: Resource, element: str) -> set[str]:
    """Return telephone numbers by their digits, without the country's code of China."""
    found = set[str]()
    for one in each(patient, element):
        if isinstance(one, dict) and one.get("system", "phone") in ("phone", "sms"):
            digits = _DIGITS.sub("", unicodedata.normalize("NFKC", str(one.get("value", ""))))
            found.add(re.sub(r"^(?:0086|86)(?=1\d{10}$)", "", digits))
    return {one for one in found if len(one) >= _LEAST_PHONE}


def addresses(patient: Resource, element: str) -> set[str]:
    """Return addresses as one text; what is too short names no door."""
    found = set[str]()
    for one in each(patient, element):
        if isinstance(one, dict):
            parts = [one.get("state"), one.get("city"), one.get("district"), *listed(one.get("line"))]
            found |= {plain(one.get("text")), "".join(plain(part) for part in parts)}
    return {one for one in found if len(one) >= _LEAST_ADDRESS}


READERS: Mapping[str, Callable[[Resource, str], set[str]]] = {
    "name": names,
    "date": dates,
    "code": coded,
    "phone": phones,
    "address": addresses,
}
"""How → what is compared."""


def numbers(patient: Resource, *, old: bool = False) -> list[tuple[str, str, set[Any]]]:
    """Return (system, value, codes of the type) of each Identifier in use, or of each that is ``old``."""
    found = []
    for one in each(patient, "identifier"):
        if isinstance(one, dict) and (one.get("use") == "old") is old:
            system, value = one.get("system"), one.get("value")
            if isinstance(system, str) and isinstance(value, str) and system and value.strip():
                found.append((system, value.strip(), set(each(one, "type.coding.code"))))
    return found
