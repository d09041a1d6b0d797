"""Texts: what can be asked of a raw text, whoever asks: a condition, a repair or a conversion."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from operator import mul
from typing import Final

from gateway.mapping import times

EMPTY: Final = frozenset({"", '""'})
"""What counts as not valued: nothing, and the v2 null."""
NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d{1,2})?"
"""A number as HL7 v2 writes it (NM), and with an exponent as spreadsheets, analysers and XML (REAL) do."""
_NUMBER = re.compile(NUMBER)


def is_numeric(text: str) -> bool:
    """Return whether the text is one number and nothing else."""
    return _NUMBER.fullmatch(text.strip()) is not None


_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·•・]+")


def is_han(text: str) -> bool:
    """Return whether the text is written in Han characters only (the dot of transcribed names included)."""
    return _HAN.fullmatch(text) is not None


def count_of(field: str) -> int:
    """Return the number of repetitions of a raw field."""
    return field.count("~") + 1 if field else 0


def number(text: str) -> Decimal | None:
    """Return the decimal that a text is, digit by digit, None where it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or len(text) > 40:
        return None
    return Decimal(text)


_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_resident_id(text: str) -> bool:
    """Return whether the text is a resident ID: 18 characters, a possible birth date, check digit (GB 11643).

    The check digit is ISO 7064 MOD 11-2 over the first 17 digits.
    """
    if not _RESIDENT.fullmatch(text) or not times.is_day(text[6:14]):
        return False
    total = sum(map(mul, _WEIGHTS, map(int, text[:17])))
    return "10X98765432"[total % 11] == text[17]


@lru_cache(maxsize=256)
def is_resident(text: str) -> bool:
    """Return whether the text is a resident ID as people write it (a small x, blanks around it).

    Remembered for a moment: several rows ask about the number of the same message.
    """
    return len(text) >= 18 and is_resident_id(text.strip().upper())
