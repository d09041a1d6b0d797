"""Quality: the weight of one wish of an Accept header (RFC 9110 §12.4.2)."""

from __future__ import annotations

import re

_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)").fullmatch


def quality(wish: str) -> float:
    """Return ``q``, from 0 to 1; one that is missing or malformed is 1."""
    for parameter in wish.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            found = _QUALITY(value.strip())
            return float(found[0]) if found else 1.0
    return 1.0
