"""Path: where a value stands in a message, ``R[n].F[r].C``, with the numbers of LIS2-A2: the type is field 1.

``R.4`` (the value of every result) · ``R[2].3.4`` (the second result, fourth component) · ``O.5[2].4`` (the
second repeat) · ``M`` (whole records). Everything counts from 1.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from gateway.errors import Misconfigured

_INSIDE = r"([1-9]\d{0,3})(?:\[(\*|[1-9]\d{0,5})\])?(?:\.([1-9]\d{0,3}))?"
_PATH = re.compile(rf"([A-Za-z])(?:\[(\*|[1-9]\d{{0,5}})\])?(?:\.{_INSIDE})?")
_FIELD = re.compile(_INSIDE)


class Path(NamedTuple):
    """Numbers count from 1; 0 stands for "every" (record, repeat) or "the whole" (the rest)."""

    record: str
    occurrence: int = 0
    field: int = 0
    repeat: int = 0
    component: int = 0

    def part(self, component: int) -> Path:
        """Return the path of a component of the same repeat, 0 for the whole."""
        return self._replace(component=component)


@lru_cache(maxsize=4096)
def read_path(path: str) -> Path:
    """Return the parts of ``path``.

    Raises:
        Misconfigured: code ``"bad-path"``; paths come from files of the operator, never from senders.
    """
    found = _PATH.fullmatch(path)
    if found is None:
        raise _bad(path)
    record, *numbers = found.groups()
    return Path(str(record).upper(), *map(_number, numbers))


@lru_cache(maxsize=4096)
def read_inside(path: str) -> Path:
    """Return the parts of a path inside of one record, ``4[2].1``. Raises as ``read_path``."""
    found = _FIELD.fullmatch(path)
    if found is None:
        raise _bad(path)
    return Path("", 0, *map(_number, found.groups()))


def _number(written: str | None) -> int:
    return int(written) if written and written != "*" else 0


def _bad(path: str) -> Misconfigured:
    return Misconfigured(f"not a path of ASTM records: {path!r}; write R[n].F[r].C", code="bad-path")
