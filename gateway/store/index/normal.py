"""Strings and numbers as a search compares them (R4 §3.1.1.4.8 strings, §3.1.1.4.6 numbers)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

STRING_LENGTH = 48
"""Characters of a normal string that are filed; of a longer search value the first ones find candidates."""

_PLAIN = re.compile(r"[\x21-\x7e\u4e00-\u9fff]*\Z").match
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ROUNDS = 4  # after two nothing changes any more; bounded whatever Unicode brings


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """Return a string as it is compared: NFKC, case folded, without accents, white space single.

    Accents are the marks of Latin, Greek and Cyrillic letters; those of other scripts (か and が) make
    letters of their own and stay.
    """
    if _PLAIN(text):  # most names, codes and addresses
        return text.lower()
    for _ in range(_ROUNDS):
        before, text = text, _folded(text)
        if text == before:
            break
    return text


def _folded(text: str) -> str:
    # No column of PostgreSQL takes a NUL.
    apart = unicodedata.normalize("NFKD", text.replace("\0", "").casefold())
    joined = unicodedata.normalize("NFKC", _ACCENTS.sub("", apart)).casefold()
    return " ".join(joined.split())


def filed_strings(texts: Iterable[str]) -> list[str]:
    """Return what is filed of the strings of one list: normal, cut, none that another one begins with."""
    found = sorted({normal(text)[:STRING_LENGTH] for text in texts})
    return [
        text
        for text, after in zip(found, [*found[1:], ""], strict=False)
        if text and not after.startswith(text)
    ]


_DECIMAL = re.compile(r"[-+]?\d{1,40}(\.\d{0,40})?([eE][-+]?\d{1,3})?\Z", re.ASCII)


def precision(number: str) -> tuple[Decimal, Decimal]:
    """Return what a number covers by its digits: 100 is 99.5 to 100.5, 1e2 is 95 to 105 (R4 §3.1.1.4.6).

    Raises:
        ValueError: it is no decimal of FHIR, or longer than any measurement.
    """
    if not _DECIMAL.match(number):
        raise ValueError("not a decimal")
    value = Decimal(number)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if exponent > 0 and len(digits) == 1:
        exponent -= 1  # the standard's own example has 1e2 as 95 to 105, not 50 to 150
    half = Decimal(5).scaleb(exponent - 1)
    return value - half, value + half
