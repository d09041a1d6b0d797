"""Marks: what stands where something personal or secret stood: a little of it, and a keyed pseudonym.

``张*bcdfgh``, ``138****bcdfgh``, ``990101*******bcdfgh``: the six letters are an HMAC (RFC 2104) under a
key that nobody keeps, so the same value has the same mark inside a run, two values have two, and no list of
names or numbers leads back. Letters only, so that no digits run together with what stands beside them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Literal

Kind = Literal["name", "given", "number", "phone", "secret", "address", "email", "birth"]

_LETTERS = "bcdfghjkmnpqrstvwxyz"
_LENGTH = 6
MARK = re.compile(rf"\*[{_LETTERS}]{{{_LENGTH}}}(?![A-Za-z0-9])")
"""A mark in a text. It differs from run to run: who compares runs takes it out."""
RESIDENT = re.compile(
    r"(?<!\d)(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91|99)\d{4}[ -]?"
    r"(?:(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[\dx]"
    r"|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?!\d)"
)
"""A resident ID of 18 (GB 11643-1999) or 15 characters (GB 11643-1989), in lower case. Its check character is
not looked at: a mistyped ID is somebody's, too. 99 is no province, and stands in made-up IDs."""
_REGION = re.compile(r"^(?:[^省市区*]{1,8}?(?:省|市|自治区))+")
_DATE = re.compile(r"^\s*(?:eq|ne|[gl][te]|sa|eb|ap)?(?:1[89]|20)\d\d")


class Marks:
    """The marks of one run.

    Args:
        key: of the pseudonyms: random, and kept nowhere else.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._written: dict[tuple[Kind, str], str] = {}

    def of(self, kind: Kind, value: str) -> str:
        """Return the mark of a value; what is a mark already stays as it is."""
        if not value.strip() or MARK.search(value):
            return value
        found = self._written.get((kind, value))
        if found is None:
            found = self._written[kind, value] = _WRITERS[kind](value, "*" + self._pseudonym(kind, value))
        return found

    def _pseudonym(self, kind: Kind, value: str) -> str:
        plain = bare(plainly(value)) if kind in ("number", "phone") else plainly(value).strip()
        number = int.from_bytes(
            hmac.digest(self._key, plain.encode("utf-8", "surrogatepass"), hashlib.sha256)
        )
        letters = []
        for _ in range(_LENGTH):
            number, place = divmod(number, len(_LETTERS))
            letters.append(_LETTERS[place])
        return "".join(letters)


_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_HAS_WIDE = re.compile("[\uff01-\uff5e\u3000]")


def plainly(text: str) -> str:
    """Return a text with narrow characters for full-width ones and a to z for A to Z; its length stays.

    Other letters stay as they are: what some become in lower case depends on their neighbours, or is two.
    """
    if _HAS_WIDE.search(text):
        text = text.translate(_WIDE)
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _name(value: str, mark: str) -> str:
    return value.strip()[0] + mark


def _number(value: str, mark: str) -> str:
    plain = plainly(value)
    if RESIDENT.fullmatch(plain):
        digits = bare(plain)
        return f"{digits[:6]}{'*' * (len(digits) - 11)}{mark}"
    return mark


def bare(plain: str) -> str:
    """Return a number without spaces, hyphens and the country's code: the same however it is written."""
    return re.sub(r"^(?:00)?86(?=1\d{10}$|0\d{9,11}$)", "", "".join(one for one in plain if one.isalnum()))


def _phone(value: str, mark: str) -> str:
    digits = bare(plainly(value))
    return (f"{digits[:3]}***" if len(digits) == 11 and digits[0] == "1" else "***") + mark


def _secret(_value: str, mark: str) -> str:
    return mark


def _address(value: str, mark: str) -> str:
    found = _REGION.match(value.strip())
    return (found[0] if found else "") + mark


def _email(value: str, mark: str) -> str:
    return f"{value.strip()[0]}{mark}@*"


def _birth(value: str, mark: str) -> str:
    """Keep the year, with a search's prefix: still well-formed as FHIR and HL7 v2 write dates."""
    year = _DATE.search(plainly(value))
    return year[0].strip() if year else mark


_WRITERS = {
    "name": _name, "given": _secret, "number": _number, "phone": _phone, "secret": _secret,
    "address": _address, "email": _email, "birth": _birth,
}  # fmt: skip
