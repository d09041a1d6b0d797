"""Assembly: the texts of frames put together to messages, from H to L (ASTM E1381 §6.3, CLSI LIS2-A2 §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.wire.astm.frame import CR, LAST

Ended = Literal["L", "H", "EOT", "cut"]

_LINE = re.compile(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+\Z")
_FIRST = re.compile(rb"[ \t]*[Hh][!-/:-@\[-`{-~]")


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
    lines: bytes
    ended: bool  # the line that had begun before has ended
    tail: bytes


_NONE = _Change(False, b"", False, b"")
_CLEAR = _Change(True, b"", True, b"")


class Assembly:
    """The message that is being received; ``add`` proposes what a text completes, ``keep`` makes it so.

    Attributes:
        terminated: a message has ended with L: the sender writes it.
    """

    def __init__(self) -> None:
        self._lines, self._tail = bytearray(), bytearray()
        self._change = _NONE
        self.terminated = False

    def __len__(self) -> int:
        """Return the bytes of the message that is not complete."""
        return len(self._lines) + len(self._tail)

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
            self._change = _Change(False, b"", False, text)
            return []
        return self._added(bytes(self._tail) + text)

    def _added(self, text: bytes) -> list[Received]:
        found: list[Received] = []
        fresh, begun, end = False, 0, 0
        for line in _LINE.finditer(text):
            if not text.endswith((b"\r", b"\n"), line.start(), line.end()):
                break
            if _FIRST.match(text, line.start()) and (begun < line.start() or (self._lines and not fresh)):
                found.append(Received(self._joined(fresh, text[begun : line.start()]), "H"))
                fresh, begun = True, line.start()
            end = line.end()
            if LAST.match(text, line.start()):
                found.append(Received(self._joined(fresh, text[begun:end]), "L"))
                fresh, begun = True, end
        self._change = _Change(fresh, text[begun:end], True, text[end:])
        return found

    def _joined(self, fresh: bool, lines: bytes) -> bytes:
        return lines if fresh else bytes(self._lines) + lines

    def rest(self, ended: Ended) -> list[Received]:
        """Return what is there without its end; nothing changes before ``keep``."""
        text = bytes(self._lines + self._tail)
        self._change = _CLEAR
        return [Received(text, ended)] if text.strip() else []

    def keep(self, messages: list[Received]) -> None:
        """Make what was proposed last so."""
        change, self._change = self._change, _NONE
        if change.fresh:
            self._lines = bytearray()
        self._lines += change.lines
        if change.ended:
            self._tail = bytearray()
        self._tail += change.tail
        self.terminated = self.terminated or any(one.ended == "L" for one in messages)
