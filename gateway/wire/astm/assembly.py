"""Assembly: the texts of frames put together to messages, from H to L (CLSI LIS2-A2 §6, LIS1-A §8.3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.wire.astm.frame import CR

Ended = Literal["L", "H", "EOT", "cut"]

_LINE = re.compile(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+\Z")
_FIRST = re.compile(rb"H[^A-Za-z0-9\s]")
_LAST = re.compile(rb"L(?![A-Za-z0-9])")


@dataclass(slots=True, frozen=True)
class Received:
    """One message as it came over a line.

    Attributes:
        text: its records, without framing; a record whose frame had no CR is given one.
        ended: by its ``"L"``; by the next ``"H"`` or ``"EOT"`` of a sender that writes no L; ``"cut"``:
            the sender or the line failed in the middle of it. Such a sender sends it once more.
    """

    text: bytes
    ended: Ended

    @property
    def whole(self) -> bool:
        """Whether its end has come."""
        return self.ended != "cut"


class _Change(NamedTuple):
    """What a text changes: lines that are complete, and the beginning of one that is not."""

    fresh: bool  # they begin a message
    lines: list[bytes]
    ended: bool  # the line that had begun before has ended
    tail: bytes
    size: int  # bytes of the message after that


_NOTHING = _Change(True, [], True, b"", 0)


class Assembly:
    """The message that is being received; ``add`` proposes what a text completes, ``keep`` makes it so.

    Attributes:
        terminated: a message has ended with L: the sender writes it.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._tail: list[bytes] = []
        self._size = 0
        self._change = _NOTHING
        self.terminated = False

    def __len__(self) -> int:
        """Return the bytes of the message that is not complete."""
        return self._size

    @property
    def broken(self) -> bool:
        """Whether its last record has no end."""
        return bool(self._tail)

    def add(self, text: bytes, *, more: bool = False) -> list[Received]:
        """Return the messages that are complete with this text; nothing changes before ``keep``.

        Args:
            more: the last record goes on in the next text; else it ends here, with or without CR.
        """
        if not more and (text or self._tail) and not text.endswith((b"\r", b"\n")):
            text += CR
        if b"\r" not in text and b"\n" not in text:
            self._change = _Change(False, [], False, text, self._size + len(text))
            return []
        return self._added(b"".join((*self._tail, text)))

    def _added(self, text: bytes) -> list[Received]:
        found: list[Received] = []
        fresh, lines, tail = False, list[bytes](), b""
        for line in _LINE.findall(text):
            if not line.endswith((b"\r", b"\n")):
                tail = line
                break
            if _FIRST.match(line) and (lines or (self._lines and not fresh)):
                found.append(Received(self._joined(fresh, lines), "H"))
                fresh, lines = True, []
            lines.append(line)
            if _LAST.match(line):
                found.append(Received(self._joined(fresh, lines), "L"))
                fresh, lines = True, []
        before = 0 if fresh else self._size - sum(map(len, self._tail))
        self._change = _Change(fresh, lines, True, tail, before + sum(map(len, lines)) + len(tail))
        return found

    def _joined(self, fresh: bool, lines: list[bytes]) -> bytes:
        return b"".join(lines if fresh else [*self._lines, *lines])

    def rest(self, ended: Ended) -> list[Received]:
        """Return what is there without its end; nothing changes before ``keep``."""
        text = b"".join((*self._lines, *self._tail))
        self._change = _NOTHING
        return [Received(text, ended)] if text.strip() else []

    def keep(self, messages: list[Received]) -> None:
        """Make what was proposed last so."""
        change = self._change
        if change.fresh:
            self._lines = []
        self._lines += change.lines
        if change.ended:
            self._tail = []
        if change.tail:
            self._tail.append(change.tail)
        self._size = change.size
        self._change = _Change(False, [], False, b"", self._size)
        self.terminated = self.terminated or any(one.ended == "L" for one in messages)
