"""Quantities: numbers with a comparator, as laboratories write them (``<3``, ``≥100``, ``大于1000``)."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gateway.mapping.texts import NUMBER, number

COMPARATOR = {
    **dict.fromkeys(("=<", "≤", "≦", "⩽", "＜=", "＜＝", "<＝", "小于等于", "不大于"), "<="),
    **dict.fromkeys(("=>", "≥", "≧", "⩾", "＞=", "＞＝", ">＝", "大于等于", "不小于"), ">="),
    **dict.fromkeys(("＜", "小于", "低于"), "<"),
    **dict.fromkeys(("＞", "大于", "高于"), ">"),
}
"""How a comparator is written → the code of FHIR (quantity-comparator)."""

_SIGNS = "|".join(sorted((*COMPARATOR, "<=", ">=", "<", ">"), key=lambda one: -len(one)))
_COMPARED = re.compile(
    rf"({_SIGNS})?\s*(?:({NUMBER})?\s*([×xX*])?\s*10(?:\^(\d{{1,2}})|([⁰¹²³⁴-⁹]{{1,2}}))|({NUMBER}))"
)
"""A number, or one with its power of ten: ``1.2×10^5``, ``10⁵``."""
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])([+-]?\d+),(\d{1,2}|\d{4,})(?![\d.,])")
"""``5,6`` can be no thousands: the comma is the decimal sign of half of Europe. ``1,234`` may be either."""


LONGEST = 64
"""Characters of a number with all that stands around it; longer texts are texts."""


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def folded(text: str) -> str:
    """Return a text whose full-width letters, digits and signs are those of ASCII; its length stays."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def with_point(text: str) -> str:
    """Return a text whose decimal commas, where they can be nothing else, are points."""
    return _DECIMAL_COMMA.sub(r"\1.\2", text) if "," in text else text


def measured(text: str) -> dict[str, Any] | None:
    """Return value and comparator, None for what is no number. It is shared: copy it."""
    return _measured(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=8192)
def _measured(text: str) -> dict[str, Any] | None:
    """The same numbers come with every patient."""
    found = _COMPARED.fullmatch(folded(with_point(text)).strip())
    return _made(found) if found else None


def leading(text: str) -> tuple[dict[str, Any], str] | None:
    """Return the number that a text begins with, and what follows it."""
    plain = folded(with_point(text)).strip()
    found = _COMPARED.match(plain)
    made = _made(found) if found else None
    return (made, plain[found.end() :].strip()) if found and made else None


def _made(found: re.Match[str]) -> dict[str, Any] | None:
    value = _value(found)
    if value is None:
        return None
    made: dict[str, Any] = {"value": value}
    if found[1]:
        made["comparator"] = COMPARATOR.get(found[1], found[1])
    return made


def _value(found: re.Match[str]) -> Decimal | None:
    """Return the number of a match of :data:`_COMPARED`, with the digits that were written."""
    if found[6]:
        return number(found[6])
    if bool(found[2]) != bool(found[3]):
        return None  # 310^5
    first = number(found[2] or "1")
    return None if first is None else first.scaleb(int(found[4] or found[5].translate(_RAISED)))
