"""Alike: whether what is read back says what was written (R4 datatypes).

Decimals keep their digits (datatypes#decimal). A time keeps its moment, its zone and its precision; a server
may write Z as +00:00, and a fraction of a second with more or fewer zeros: R4 asks no digits of it.
"""

from __future__ import annotations

import re
from typing import Any

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


def alike(sent: Any, found: Any) -> bool:
    """Tell whether two values say the same."""
    if isinstance(sent, dict) and isinstance(found, dict):
        return sent.keys() == found.keys() and all(alike(one, found[name]) for name, one in sent.items())
    if isinstance(sent, list) and isinstance(found, list):
        return len(sent) == len(found) and all(map(alike, sent, found))
    if type(sent) is str and type(found) is str:
        return _moment(sent) == _moment(found)
    # Number, a text that keeps its digits, is no text; and True is no 1.
    return type(sent) is type(found) and bool(sent == found)


def _moment(text: str) -> object:
    read = _TIME.fullmatch(text)
    if read is None:
        return text
    return read[1], (read[2] or "").rstrip("0"), "+00:00" if read[3] == "Z" else read[3]
