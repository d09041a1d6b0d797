"""Numbered: the lines of a text file with their numbers, in bounded memory; what is no text is told."""

from __future__ import annotations

from collections import deque
from io import TextIOWrapper
from typing import BinaryIO

from adapters.his.files.lines import Source
from gateway.errors import Rejected
from gateway.wire.rows import Faulty

Numbered = tuple[int, str] | Faulty


class Lines:
    """The lines of a file with their numbers; some may be put back."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._back: deque[Numbered] = deque()
        self._number = 0
        self._file = _opened(source)
        self._over = False

    def close(self) -> None:
        """Let go of the file."""
        self._over = True
        self._file.close()

    def back(self, lines: list[Numbered]) -> None:
        """Put lines back, in their order."""
        self._back.extendleft(reversed(lines))

    def next(self) -> Numbered | None:
        """Return the next line and its number, None at the end."""
        if self._back:
            return self._back.popleft()
        limit = self._source.bounds.line
        raw = b"" if self._over else self._file.readline(limit + 1)
        if not raw:
            self.close()
            return None
        self._number += 1
        if len(raw) > limit and not raw.endswith(b"\n"):
            return self._too_long(raw)
        raw = raw.rstrip(b"\r\n")
        if self._source.look.zeros and b"\0" in raw:
            return Faulty("zero-byte", self._number, {}, raw.decode("ascii", "replace"))
        try:
            plain = raw.isascii() or self._source.look.charset == "utf-16"
            text = raw.decode() if plain else self._source.look.text(raw)
        except Rejected:
            return Faulty("undecodable", self._number, {}, raw.decode("ascii", "replace"))
        return self._number, text

    def _too_long(self, begin: bytes) -> Faulty:
        number, limit = self._number, self._source.bounds.line
        while (more := self._file.readline(limit)) and not more.endswith(b"\n"):
            pass
        return Faulty("line-too-long", number, {"limit": str(limit)}, begin[:1000].decode("ascii", "replace"))


class _Utf8:
    """A file in UTF-16, line by line as UTF-8: bytes that are no line feed may hold one."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file

    def readline(self, limit: int) -> bytes:
        return self._file.readline(limit).encode("utf-8", "replace")

    def close(self) -> None:
        self._file.close()


def _opened(source: Source) -> BinaryIO | _Utf8:
    look = source.look
    if look.charset == "utf-16":
        return _Utf8(source.path.open(encoding="utf-16", newline="", errors="replace"))
    file = source.path.open("rb")
    if look.charset == "utf-8-sig":
        file.seek(3)
    return file
