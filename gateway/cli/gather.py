"""Gather: the messages in files, folders and standard input, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.errors import Misconfigured
from gateway.wire import er7

SUFFIXES = frozenset({".hl7", ".er7", ".mllp", ".txt", ".dat"})
"""Which files of a folder are read; a file that is named itself is always read."""


@dataclass(slots=True, frozen=True)
class Item:
    """One message: its file (``"-"`` for standard input) and its place there, counted from 1."""

    file: str
    index: int
    raw: bytes


def paths(names: Sequence[str]) -> list[Path]:
    """Return the files that ``names`` stand for, folders opened up, ``-`` left out.

    Raises:
        Misconfigured: there is no such file.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES)
            found += sorted(one for one in inside if one.is_file())
        elif path.is_file():
            found.append(path)
        elif name != "-":
            raise Misconfigured("no such file or folder", where=name)
    return found


def messages(names: Sequence[str], advance: Callable[[int], None] | None = None) -> Iterator[Item]:
    """Yield the messages of all files, memory bounded by one of them; MLLP framing is left out.

    What is no message at all is yielded as it is, as message 0 of its file, so that it is reported.

    Args:
        advance: told how many bytes have been read, for a progress bar.
    """
    for path in paths(names):
        with path.open("rb") as stream:
            yield from _split(str(path), stream, advance)
    if "-" in names:
        yield from _split("-", sys.stdin.buffer, advance)


def _split(file: str, stream: BinaryIO, advance: Callable[[int], None] | None) -> Iterator[Item]:
    index = 0
    for raw in er7.split_messages(stream):
        index += 1
        if advance:
            advance(len(raw))
        yield Item(file, index, raw)
    if not index:
        yield Item(file, 0, b"")


def total_bytes(names: Iterable[str]) -> int | None:
    """Return the size of all files, None where standard input is among them."""
    return None if "-" in names else sum(path.stat().st_size for path in paths(list(names)))
