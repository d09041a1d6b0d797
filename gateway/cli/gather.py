"""Gather: the messages in files, folders and standard input, one after the other."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from gateway.cli import captures
from gateway.cli.output import notice
from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected
from gateway.wire import er7
from gateway.wire.xml import v3

_SEGMENT = re.compile(rb"(?:^|[\r\n\x0b\x1c])[ \t]*(?:\xef\xbb\xbf)?(?:MSH|[A-Za-z][A-Za-z0-9]{2}\|)")
_LINES = re.compile(rb"[\r\n\x0b\x1c]+")

SUFFIXES = frozenset({".hl7", ".er7", ".mllp", ".txt", ".dat", ".xml", ".astm"})
"""Which files of a folder are read; a file that is named itself is always read."""


HL7V2, CDA, XML, ASTM = "his/hl7v2", "his/cda", "his/xml_http", "lis/astm"
"""Ways in whose formats are told by looking."""

FILES = "his/files"
"""The way in of tables, which are read record by record."""

Tables = Callable[[Path], Iterator["Item"]]
"""What reads the records of a file."""

_HEAD = 4096
"""Bytes that tell what a file is."""

MOST_XML = 20_000_000
"""Bytes of a file that is one XML document."""


@dataclass(slots=True, frozen=True)
class Item:
    """One message: its file (``"-"`` for standard input) and its place there, counted from 1.

    Attributes:
        index: of a record of a table, its line.
        flaw: why its bytes are not here, ``""`` where they are.
        adapter: the way in whose format it has.
        content: type of its bytes, ``""`` for that of the way in.
        meta: what a door would say of it.
    """

    file: str
    index: int
    raw: bytes
    flaw: str = ""
    adapter: str = HL7V2
    content: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stray:
    """Lines of one file that belong to no message and look like no segment (a log around the messages).

    Attributes:
        lines: how many; ``first``: where the first one stands, counted from 1; ``text``: the first of them.
    """

    file: str
    lines: int = 0
    first: int = 0
    text: bytes = b""

    def take(self, text: bytes, line: int) -> bool:
        """Count text between the messages, unless it may be a part of one: that must not be passed over."""
        if _SEGMENT.search(text):
            return False
        if not self.lines:
            self.first, self.text = line, text
        self.lines += sum(bool(one.strip()) for one in _LINES.split(text))
        return True


def tell(stray: Stray) -> None:
    """Print one line about what was passed over."""
    notice(say("gather.stray", file=stray.file, lines=stray.lines, first=stray.first))


def paths(names: Sequence[str], suffixes: Collection[str] = SUFFIXES) -> list[Path]:
    """Return the files that ``names`` stand for, folders opened up, ``-`` left out.

    Raises:
        Misconfigured: there is no such file.
        Rejected: a folder holds no file with one of ``suffixes``.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.suffix.lower() in suffixes)
            files = sorted(one for one in inside if one.is_file())
            if not files:
                raise Rejected(say("gather.empty", suffixes=" ".join(sorted(suffixes))), where=name)
            found += files
        elif path.is_file():
            found.append(path)
        elif name != "-":
            raise Misconfigured("no such file or folder", where=name)
    return found


def messages(
    names: Sequence[str],
    stray: Callable[[Stray], None] = tell,
    suffixes: Collection[str] = SUFFIXES,
    tables: Callable[[Path], Tables | None] = lambda path: None,
) -> Iterator[Item]:
    """Yield the messages of all files, memory bounded by one of them; MLLP framing is left out.

    What may be a message is yielded too, so that it is reported: segments without a header as they are, a
    message that is too long without its bytes, an empty file as its message 0. Of a file without messages the
    first text stands for its message 1.

    Args:
        stray: told, once for each file that has messages, of the other lines in it.
        suffixes: which files of a folder are read.
        tables: what reads a file record by record, None for one that is no table.
    """
    for path in paths(names, suffixes):
        if (read := tables(path)) is not None:
            yield from read(path)
            continue
        with _open(path) as stream:
            yield from _read(str(path), _Begun(stream), stray)
    if "-" in names:
        yield from _read("-", _Begun(sys.stdin.buffer), stray)


class _Begun:
    """A stream whose beginning was looked at; a pipe cannot be wound back.

    What has ended is not asked again: at a terminal each further question waits for another Ctrl-D.

    Attributes:
        head: its first bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.head = self._left = stream.read(_HEAD)
        self._ended = len(self.head) < _HEAD

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as a file does."""
        if self._ended or 0 <= size < len(self._left):
            size = len(self._left) if size < 0 else size
            found, self._left = self._left[:size], self._left[size:]
            return found
        wanted = size - len(self._left) if size >= 0 else -1
        more = self._stream.read(wanted)
        self._ended = len(more) < wanted or wanted < 0
        found, self._left = self._left + more, b""
        return found


def _read(file: str, stream: _Begun, stray: Callable[[Stray], None]) -> Iterator[Item]:
    if captures.is_one(stream.head):  # first: one that is spelled out may begin with <ENQ>
        yield from _recorded(file, stream)
    elif _is_xml(stream.head):
        yield _document(file, stream)
    else:
        yield from _split(file, cast(BinaryIO, stream), stray)


def _split(file: str, stream: BinaryIO, stray: Callable[[Stray], None]) -> Iterator[Item]:
    index = lost = 0
    skipped: Counter[str] = Counter()
    beside = Stray(file)
    for raw in er7.split_messages(stream, skipped=skipped, stray=beside.take):
        while lost < skipped["too-large"]:
            lost, index = lost + 1, index + 1
            yield Item(file, index, b"", "too-large")
        index += 1
        yield Item(file, index, raw)
    for at in range(skipped["too-large"] - lost):
        yield Item(file, index + at + 1, b"", "too-large")
    if index or skipped["too-large"]:
        if beside.lines:
            stray(beside)
    elif beside.lines:
        yield Item(file, 1, beside.text)
    else:
        yield Item(file, 0, b"", "empty")


def _is_xml(head: bytes) -> bool:
    """Tell whether what begins so is one XML document."""
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def _recorded(file: str, stream: _Begun) -> Iterator[Item]:
    """Yield the messages of what was recorded of an analyser's line."""
    index = 0
    for index, (raw, whole) in enumerate(captures.messages(file, cast(BinaryIO, stream)), 1):
        yield Item(file, index, raw, "" if whole else "incomplete", ASTM)
    if not index:
        yield Item(file, 0, b"", "empty", ASTM)


def _document(file: str, stream: _Begun) -> Item:
    raw = stream.read(MOST_XML + 1)
    if len(raw) > MOST_XML:
        return Item(file, 1, b"", "too-large", CDA)
    head = raw[:8192].replace(b"\0", b"")
    clinical = v3.DOCUMENT.encode() in head and v3.REGISTERS.encode() not in head
    return Item(file, 1, raw, "", CDA if clinical else XML)


def with_documents(items: Iterable[Item]) -> Iterator[Item]:
    """Yield what is given, and behind a message the clinical document that it carries, as doors take it."""
    for one in items:
        yield one
        if one.adapter == XML and (inner := v3.document_in(one.raw)) is not None:
            yield Item(one.file, one.index + 1, inner, "", XML)


def with_samples(items: Iterable[Item]) -> Iterator[Item]:
    """Yield what is given, a message of an analyser as one for each sample in it, as its door takes them.

    HL7 v2 comes from others, too: there it is done where controls stand beside samples of patients.
    """
    for one in items:
        if one.flaw or one.adapter not in (ASTM, HL7V2):
            yield one
            continue
        if one.adapter == ASTM:
            yield from (replace(one, raw=raw) for raw in captures.samples_in(one.raw))
        else:
            parts = captures.roles_in(one.raw)
            yield from (
                replace(one, raw=raw, meta=meta)
                for raw, meta in zip(parts, er7.told_apart(len(parts)), strict=True)
            )


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(path)) from None


def total_bytes(names: Iterable[str], suffixes: Collection[str] = SUFFIXES) -> int | None:
    """Return the size of all files, None where standard input is among them."""
    return None if "-" in names else sum(path.stat().st_size for path in paths(list(names), suffixes))
