"""The files that pydicom brings along: objects of many makers, sound and broken."""

from __future__ import annotations

from pathlib import Path

import pydicom

ROOT = Path(pydicom.__file__).parent / "data"
_OTHER = frozenset((".py", ".json", ".txt", ".pyc", ".md", ".icc", ".dump", ".gz"))
_NONE = frozenset(("README", "no_meta.dcm"))
"""Without a preamble and with a byte before its first element, ``no_meta.dcm`` begins like nothing."""

FILES = sorted(
    one for one in ROOT.rglob("*") if one.is_file() and one.suffix not in _OTHER and one.name not in _NONE
)


def read(name: str) -> bytes:
    """Return the bytes of one of them."""
    return next(one for one in FILES if one.name == name).read_bytes()
