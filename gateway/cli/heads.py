"""Heads in files: a line of JSON each, as ``qiao feed head --json`` prints and ``countersign`` signs them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.words import say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.store.ledger.proof import Head
    from gateway.store.ledger.verify import Checked

Line = dict[str, Any]


def line_of(head: Head) -> Line:
    """Return a head as a line of a file."""
    from gateway.store.clock import instant

    return {
        "tenant": head.tenant,
        "algorithm": head.algorithm,
        "size": head.size,
        "root": head.root.hex(),
        "head": head.head.hex(),
        "time": instant(head.ts_us) if head.size else None,
    }


def read(file: Path) -> list[Line]:
    """Return the heads of a file: JSON by lines, or the Parameters that the API answers.

    Raises:
        Misconfigured: it has none, or something else.
        OSError: it cannot be read.
    """
    text = file.read_text("utf-8").strip()
    try:
        try:
            told = [json.loads(text)]
        except ValueError:
            told = [json.loads(line) for line in text.splitlines() if line.strip()]
        found = [line for one in told for line in _lines(one)]
        for line in found:
            bytes.fromhex(line["root"]), bytes.fromhex(line["head"]), int(line["size"]), str(line["tenant"])
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        found = []
    if not found:
        raise Misconfigured(say("feed.no-heads"), where=str(file))
    return found


def head_of(line: Line) -> Head:
    """Return the head that a line says."""
    from gateway.store.ledger.proof import Head

    root, head = bytes.fromhex(line["root"]), bytes.fromhex(line["head"])
    return Head(line["tenant"], int(line["size"]), root, head, 0, str(line["algorithm"]))


def checked(files: Sequence[Path], tenant: str) -> list[Checked]:
    """Return what the files say of a tenant's ledger."""
    from gateway.store.ledger.verify import Checked

    lines: Iterable[Line] = (line for file in files for line in read(file))
    found = [
        Checked(int(one["size"]), bytes.fromhex(one["root"]), bytes.fromhex(one["head"]))
        for one in lines
        if one["tenant"] == tenant
    ]
    if files and not found:
        raise Misconfigured(say("feed.no-heads"), where=f"{files[0]} ({tenant})")
    return found


def _lines(told: Any) -> list[Line]:
    if told.get("resourceType") != "Parameters":
        return [told]
    found = []
    for one in told["parameter"]:
        if one["name"] in ("head", "countersigned") and "part" in one:
            line = {part["name"]: next(v for k, v in part.items() if k != "name") for part in one["part"]}
            algorithm = {"SM3": "sm3", "SHA-256": "sha256"}[line["algorithm"]]
            found.append({**line, "algorithm": algorithm})
    return found
