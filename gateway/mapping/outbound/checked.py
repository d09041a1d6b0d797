"""Checked: what a YAML file says, as tables whose keys are known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gateway.errors import Misconfigured


def table(said: Any, where: str) -> dict[str, Any]:
    """Return a table. Raises ``Misconfigured``: it is none."""
    if not isinstance(said, dict):
        raise Misconfigured("must be a table", where=where)
    return said


def known(said: Any, valid: Collection[str], where: str) -> dict[str, Any]:
    """Return a table of known keys. Raises ``Misconfigured``: it is none, or has another key."""
    found = table(said, where)
    if unknown := sorted(set(map(str, found)) - set(valid)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(sorted(valid))}", where=where)
    return found
