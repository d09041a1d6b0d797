"""Found: what the last sweep found, kept in the repository: the next one anywhere tries only what changed.

A finding names what it depends on (``matrix.Tried``), so nothing stale is believed. What many have in common,
the hashes of the requirements' checks, is written once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mutants.matrix import Tried, keep, kept

FILE = Path(__file__).with_name("found.json")


def packed(found: Mapping[str, Tried]) -> str:
    """Return findings as text, a line for each and for each set of hashes."""
    hashes: dict[str, int] = {}
    lines = []
    for name in sorted(found):
        one = asdict(found[name])
        made = json.dumps(one.pop("rows"), ensure_ascii=False, sort_keys=True)
        one["rows"] = hashes.setdefault(made, len(hashes))
        lines.append(json.dumps({key: value for key, value in one.items() if value}, ensure_ascii=False))
    return '{"rows": [\n' + ",\n".join(hashes) + '\n],\n"found": [\n' + ",\n".join(lines) + "\n]}\n"


def unpacked(text: str) -> dict[str, Tried]:
    """Return the findings in a text that :func:`packed` wrote."""
    data: dict[str, Any] = json.loads(text)
    made = {}
    for one in data["found"]:
        lists = {key: tuple(value) for key, value in one.items() if isinstance(value, list)}
        empty: dict[str, Any] = {"failed": (), "lost": (), "caught": (), "seconds": 0.0}
        made[one["name"]] = Tried(**{**empty, **one, **lists, "rows": data["rows"][one.get("rows", 0)]})
    return made


def seed(folder: Path) -> None:
    """Begin an empty folder with what the repository has."""
    if FILE.exists() and not kept(folder):
        for one in unpacked(FILE.read_text("utf-8")).values():
            keep(folder, one)


def remember(folder: Path) -> None:
    """Write what a folder has into the repository."""
    FILE.write_text(packed(kept(folder)), "utf-8")
