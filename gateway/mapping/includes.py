"""Includes: rows that many message maps share (``mappings/hl7v2/blocks``), spliced in where a map names them.

``{include: visit}`` takes the rows of the block ``visit``; ``in: PATIENT`` puts their places into that group,
``per: PATIENT_RESULT`` makes their resources once for each such group, ``without: [NK1]`` leaves rows out. An
included row gives way: where the structure has no such place, or nothing makes a resource that it names, the
row or the name is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import Misconfigured

INCLUDE_KEYS = frozenset({"include", "in", "per", "without", "note", "__line__"})
BLOCK_KEYS = frozenset({"block", "rows", "source", "note", "__line__"})


@dataclass(slots=True, frozen=True)
class Block:
    """The rows of one block, with their file."""

    name: str
    file: str
    rows: tuple[dict[str, Any], ...]


def block(data: Mapping[str, Any], file: str) -> Block:
    """Return one block.

    Raises:
        Misconfigured: an unknown key, or no name.
    """
    if unknown := set(data) - BLOCK_KEYS:
        raise Misconfigured(f"unknown key {min(unknown)!r}; a block has block and rows", where=file)
    if not data.get("block"):
        raise Misconfigured("expected block: NAME", where=file)
    return Block(str(data["block"]), file, tuple(data.get("rows") or ()))


@dataclass(slots=True, frozen=True)
class Spliced:
    """One row after includes: its data, the file it stands in, its block (``""`` for an own row)."""

    data: dict[str, Any]
    file: str
    block: str = ""


def spliced(
    rows: list[dict[str, Any]], file: str, blocks: Mapping[str, Block], path: tuple[str, ...] = ()
) -> Iterator[Spliced]:
    """Yield the rows with those of the blocks that they include.

    Raises:
        Misconfigured: an unknown block, a key that an include does not have, or blocks that include one
            another in a circle; names file and line.
    """
    for row in rows:
        if "include" not in row:
            yield Spliced(row, file, path[-1] if path else "")
            continue
        where = f"{file}:{row.get('__line__', 0)}"
        if unknown := set(row) - INCLUDE_KEYS:
            raise Misconfigured(f"an include has no key {min(unknown)!r}", where=where)
        name = str(row["include"])
        if name in path:
            raise Misconfigured("cyclic include: " + " → ".join((*path, name)), where=where)
        found = blocks.get(name)
        if found is None:
            raise Misconfigured(f"no block {name!r}; there are {', '.join(sorted(blocks))}", where=where)
        without = {str(one) for one in _listed(row.get("without"))}
        for one in spliced(list(found.rows), found.file, blocks, (*path, name)):
            if not {str(one.data.get("id", "")), str(one.data.get("at", ""))} & without:
                yield Spliced(_placed(one.data, row), one.file, one.block)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _placed(data: dict[str, Any], include: Mapping[str, Any]) -> dict[str, Any]:
    placed = dict(data)
    if include.get("in"):
        placed["at"] = f"{include['in']}.{placed.get('at', '')}"
    if include.get("per") and "make" in placed and "per" not in placed:
        placed["per"] = include["per"]
    return placed
