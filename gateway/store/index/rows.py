"""Posting rows waiting to be inserted."""

from __future__ import annotations

TokenRow = tuple[int, int, int, int]
"""(k, type, sys, seq)"""
RangeRow = tuple[int, int, int, int]
"""(seq, p, lo, hi)"""
StringRow = tuple[int, str, int]
"""(p, norm, seq)"""
NumberRow = tuple[int, float, float, int]
"""(p, lo, hi, seq)"""


class Rows:
    """Rows of the four tables, in the order in which they were made."""

    __slots__ = ("_named", "_upto", "numbers", "ranges", "strings", "tokens")

    def __init__(self) -> None:
        self.tokens: list[TokenRow] = []
        self.ranges: list[RangeRow] = []
        self.strings: list[StringRow] = []
        self.numbers: list[NumberRow] = []
        self._named: dict[tuple[int, int], list[int]] = {}
        self._upto = 0

    def __len__(self) -> int:
        return len(self.tokens) + len(self.ranges) + len(self.strings) + len(self.numbers)

    def versions(self, k: int, type_no: int) -> list[int]:
        """Return the ``seq`` of the rows of a key and type; what is new is indexed first."""
        for row in self.tokens[self._upto :]:
            self._named.setdefault(row[:2], []).append(row[3])
        self._upto = len(self.tokens)
        return self._named.get((k, type_no), [])

    def absorb(self, other: Rows) -> None:
        """Take over the rows of ``other``."""
        self.tokens += other.tokens
        self.ranges += other.ranges
        self.strings += other.strings
        self.numbers += other.numbers

    def lengths(self) -> tuple[int, int, int, int]:
        """Return a mark for :meth:`cut`."""
        return len(self.tokens), len(self.ranges), len(self.strings), len(self.numbers)

    def cut(self, lengths: tuple[int, int, int, int]) -> None:
        """Drop what was added since a mark."""
        tokens, ranges, strings, numbers = lengths
        del self.tokens[tokens:], self.ranges[ranges:], self.strings[strings:], self.numbers[numbers:]
