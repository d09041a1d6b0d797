"""Serials: whether a check character fits (ISO/IEC 7064), by the scheme that a target declares."""

from __future__ import annotations

from conformance.harness.verdict import Skipped
from conformance.simulators.regulator.ledger import check_character


def check_digits_fit(scheme: str, serial: str) -> bool:
    """Tell whether the last character of a serial fits the others.

    Args:
        scheme: ``mod-37-36`` or ``mod-11-2``.

    Raises:
        Skipped: the target declares a scheme that is not known here.
    """
    if scheme == "mod-37-36":
        return check_character(serial)
    if scheme == "mod-11-2":
        return _mod_11_2(serial)
    raise Skipped(f"不支持的校验方案 {scheme}", f"the scheme {scheme} is not known here")


def _mod_11_2(serial: str) -> bool:
    """ISO/IEC 7064 MOD 11-2: digits, the check character of them may be X."""
    digits, last = serial[:-1], serial[-1:]
    if not digits.isdigit() or (not last.isdigit() and last != "X"):
        return False
    product = 0
    for digit in digits:
        product = (product + int(digit)) * 2 % 11
    return (product + (10 if last == "X" else int(last))) % 11 == 1
