"""Gather: puts what a walk finds into files of a bounded number of resources."""

from __future__ import annotations

from gateway.store.export.asked import Part
from gateway.store.export.job import File
from gateway.store.export.packed import pack, unpack

SIZE = 50_000
"""Resources of a file."""


class Gather:
    """The file that is being filled, and those that have not been saved since.

    Args:
        last: the file that the job has written last; it is filled further.
    """

    def __init__(self, last: File | None) -> None:
        self._open = last
        self._seqs = unpack(last.seqs)[::-1] if last is not None and last.seqs is not None else []
        self._changed: dict[int, File] = {}

    def add(self, index: int, part: Part, seqs: list[int], *, whole: bool) -> None:
        """Take what a step has found.

        Args:
            index: of the pass that found it; no file belongs to two.
            part: what it looks for.
            seqs: newest first, older than all that it has found before.
            whole: it finds everything that the snapshot sees, so that the ends of a file tell what is in it.
        """
        while seqs:
            file = self._file(index, part, seqs[0])
            taken, seqs = seqs[: SIZE - file.resources], seqs[SIZE - file.resources :]
            file.low = taken[-1]
            file.resources += len(taken)
            if not whole:
                self._seqs += taken
                file.seqs = b""  # packed when it is saved
            self._changed[file.n] = file
            if file.resources >= SIZE:
                self._close(file)

    def changed(self) -> list[File]:
        """Return the files that have changed since the last call."""
        if self._open is not None and self._open.n in self._changed:
            self._pack(self._open)
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def _file(self, index: int, part: Part, high: int) -> File:
        last = self._open
        if last is not None and last.part == index and last.resources < SIZE:
            return last
        if last is not None:
            self._close(last)
        n = 1 if last is None else last.n + 1
        self._open = File(n, index, part[0], part[1], high, high, 0, None)
        self._seqs = []
        return self._open

    def _close(self, file: File) -> None:
        if file.n in self._changed:
            self._pack(file)

    def _pack(self, file: File) -> None:
        if file.seqs is not None and self._open is file:
            file.seqs = pack(self._seqs[::-1])
