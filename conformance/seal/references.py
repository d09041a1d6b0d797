"""References: what ``result.json`` says is evidence must be there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_ID = re.compile(r"(E\d{1,9})-\d{1,9}")


def unfounded(folder: Path) -> list[str]:
    """Return what a result refers to and its evidence does not have, as ``evidence/E0017.json#E0017-2``.

    Raises:
        ValueError: the result is none.
        OSError: it cannot be read.
    """
    try:
        result = json.loads((folder / "result.json").read_bytes())
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(result, dict):
        raise ValueError("no result")

    @cache
    def ids(name: str) -> frozenset[str]:
        try:
            document = json.loads((folder / "evidence" / f"{name}.json").read_bytes())
            return frozenset(str(one["id"]) for one in document["exchanges"])
        except (OSError, ValueError, TypeError, KeyError):
            return frozenset()

    missing = set()
    for one in _named(result):
        found = _ID.fullmatch(one)
        if not found:
            missing.add(f"evidence/{one}")
        elif one not in ids(found[1]):
            missing.add(f"evidence/{found[1]}.json#{one}")
    return sorted(missing)


def _named(result: dict[str, Any]) -> Iterator[str]:
    """Yield the ids of exchanges that checks and their steps name."""
    for check in _each(result, "checks"):
        for holder in (check, *_each(check, "steps")):
            names = holder.get("evidence")
            yield from (str(one) for one in names) if isinstance(names, list) else ()


def _each(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = holder.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
