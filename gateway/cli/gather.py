"""Gather: the messages in files, folders and standard input, one after the other."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected
from gateway.wire import er7

SUFFIXES = frozenset({".hl7", ".er7", ".mllp", ".txt", ".dat"})
"""Which files of a folder are read; a file that is named itself is always read."""


@dataclass(slots=True, frozen=True)
class Item:
    """One message: its file (``"-"`` for standard input) and its place there, counted from 1.

    Attributes:
        flaw: why its bytes are not here, ``""`` where they are.
    """

    file: str
    index: int
    raw: bytes
    flaw: str = ""


def paths(names: Sequence[str]) -> list[Path]:
    """Return the files that ``names`` stand for, folders opened up, ``-`` left out.

    Raises:
        Misconfigured: there is no such file.
        Rejected: a folder holds no file with one of ``SUFFIXES``.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES)
            files = sorted(one for one in inside if one.is_file())
            if not files:
                raise Rejected(say("gather.empty", suffixes=" ".join(sorted(SUFFIXES))), where=name)
            found += files
        elif path.is_file():
            found.append(path)
        elif name != "-":
            raise Misconfigured("no such file or folder", where=name)
    return found


def messages(names: Sequence[str], advance: Callable[[int], None] | None = None) -> Iterator[Item]:
    """Yield the messages of all files, memory bounded by one of them; MLLP framing is left out.

    Everything that is no message is yielded too, so that it is reported: text between the messages as it
    is, a message that is too long without its bytes, an empty file as its message 0.

    Args:
        advance: told how many bytes have been read, for a progress bar.
    """
    for path in paths(names):
        with _open(path) as stream:
            yield from _split(str(path), stream, advance)
    if "-" in names:
        yield from _split("-", sys.stdin.buffer, advance)


def _split(file: str, stream: BinaryIO, advance: Callable[[int], None] | None) -> Iterator[Item]:
    index = lost = 0
    skipped: Counter[str] = Counter()
    for raw in er7.split_messages(stream, skipped=skipped):
        while lost < skipped["too-large"]:
            lost, index = lost + 1, index + 1
            yield Item(file, index, b"", "too-large")
        index += 1
        if advance:
            advance(len(raw))
        yield Item(file, index, raw)
    for at in range(skipped["too-large"] - lost):
        yield Item(file, index + at + 1, b"", "too-large")
    if not index and not skipped["too-large"]:
        yield Item(file, 0, b"", "empty")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(path)) from None


def total_bytes(names: Iterable[str]) -> int | None:
    """Return the size of all files, None where standard input is among them."""
    return None if "-" in names else sum(path.stat().st_size for path in paths(list(names)))
