"""Path: where a value stands in a message, ``SEG[n]-F[r].C.S`` (HL7 v2.8 §2.5, as in IHE profiles).

``PID-5.1`` · ``OBX[3]-5`` (the third OBX) · ``OBX[*]-5`` (every OBX, the same as ``OBX-5``) ·
``PID-3[2].4.1`` (second repetition) · ``ZPI`` (a whole segment). Everything counts from 1.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from gateway.errors import Misconfigured

_PATH = re.compile(
    r"([A-Za-z][A-Za-z0-9]{2})(?:\[(\*|[1-9]\d{0,5})\])?"
    r"(?:-([1-9]\d{0,3})(?:\[(\*|[1-9]\d{0,5})\])?(?:\.([1-9]\d{0,3})(?:\.([1-9]\d{0,3}))?)?)?"
)


class Path(NamedTuple):
    """Numbers count from 1; 0 stands for "every" (segment, repetition) or "the whole" (the rest)."""

    segment: str
    occurrence: int = 0
    field: int = 0
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0


@lru_cache(maxsize=4096)
def read_path(path: str) -> Path:
    """Return the parts of ``path``.

    Raises:
        Misconfigured: code ``"bad-path"``; paths come from mapping files, never from senders.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise Misconfigured(f"not an ER7 path: {path!r}; write SEG[n]-F[r].C.S", code="bad-path")
    segment, *numbers = found.groups()
    return Path(str(segment), *(int(n) if n and n != "*" else 0 for n in numbers))
