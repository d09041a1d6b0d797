"""Given: the logical ids that the server itself gives to what is created (R4 http.html#create)."""

from __future__ import annotations

import re

from gateway.canonical import new_envelope_id, now_us
from gateway.store.model import Version

_GIVEN = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_SPAN_MS = 600_000
"""Between the giving of an id and the commit of its first version, at most."""


def new_id() -> str:
    """Return a logical id: a UUID version 7, whose rows stand together in the indexes (RFC 9562 §5.7)."""
    digits = new_envelope_id(now_us())
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_given(version: Version) -> bool:
    """Tell whether a first version has an id of ours: its moment is that of the version."""
    found = _GIVEN(version.id)
    if found is None or version.ver != 1:
        return False
    return abs(int(found[1] + found[2], 16) - version.ts_us // 1000) < _SPAN_MS
