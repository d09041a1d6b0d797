"""Logical ids: what R4 lets be one (datatypes.html#id), and those the server gives (http.html#create)."""

from __future__ import annotations

import re

from gateway.canonical.envelope import new_envelope_id, now_us

ID = r"[A-Za-z0-9\-.]{1,64}"
"""A regular expression, for those of addresses and references too."""

is_id = re.compile(ID).fullmatch


def new_id() -> str:
    """Return a logical id: a UUID version 7, whose rows stand together in the indexes (RFC 9562 §5.7)."""
    digits = new_envelope_id(now_us())
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
