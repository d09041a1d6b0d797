"""Check characters of ISO 7064: the pure systems MOD 11-2 (one digit or X) and hybrid MOD 37,36."""

from __future__ import annotations

from collections.abc import Callable

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUE = {letter: value for value, letter in enumerate(_LETTERS)}
_DIGIT = {digit: int(digit) for digit in "0123456789"}


def mod_37_36(text: str) -> str:
    """Return the check character of digits and capital letters (ISO 7064 §9, hybrid system).

    Raises:
        KeyError: another character.
    """
    product = 36
    for letter in text:
        total = (product + _VALUE[letter]) % 36 or 36
        product = total * 2 % 37
    return _LETTERS[(37 - product) % 36]


def mod_11_2(text: str) -> str:
    """Return the check character of digits (ISO 7064 §7, as in resident IDs).

    Raises:
        KeyError: another character.
    """
    total = 0
    for digit in text:
        total = (total + _DIGIT[digit]) * 2 % 11
    return "0123456789X"[(12 - total) % 11]


SYSTEMS: dict[str, Callable[[str], str]] = {"mod-37-36": mod_37_36, "mod-11-2": mod_11_2}
"""Name in a format file → what makes the check character."""
