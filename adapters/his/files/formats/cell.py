"""Cell: what exports write around a number to keep Excel from changing it."""

from __future__ import annotations

import re

_FORMULA = re.compile(r'="([^"]*)"')
"""How exports keep Excel from making a number of ``00123``."""
_TEXT = re.compile(r"'\d+[\dXx]*")
"""The same with the apostrophe that Excel hides."""


def bare(cell: str) -> str | None:
    """Return the text that a cell means, None for none: ``007`` of ``="007"`` and of ``'007``."""
    text = cell.strip()
    if text.startswith("=") and (found := _FORMULA.fullmatch(text)):
        text = found[1].strip()
    elif text.startswith("'") and _TEXT.fullmatch(text):
        text = text[1:]
    return text or None
