"""Lineage: which rule wrote what, packed as signed 16-bit numbers, one list per message.

The list is a sequence of blocks ``0, segment, resource, act, rule, rule, …``: ``segment`` is the index of
the segment in the message, ``resource`` the number of the resource in the making, ``act`` the rule of the
message map, and each further number a rule of the maps that ran there. A negative number is a rule that
failed: its value was malformed and was left out.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MARK = 0
"""Opens a block."""

MOST = 32767
"""Largest rule number, segment index or resource number that the packing holds."""


@dataclass(slots=True, frozen=True)
class Block:
    """What one row of a message map did: at ``segment`` (0-based), to resource number ``resource``."""

    segment: int
    resource: int
    act: int
    rules: tuple[int, ...]


def pack(numbers: Sequence[int]) -> bytes:
    """Return the list as little-endian 16-bit numbers; what does not fit is capped, never dropped."""
    form = f"<{len(numbers)}h"
    try:
        return struct.pack(form, *numbers)
    except struct.error:
        return struct.pack(form, *[max(-MOST, min(MOST, number)) for number in numbers])


def unpack(data: bytes) -> Iterator[Block]:
    """Yield the blocks of a packed lineage."""
    numbers = array("h", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    at = 0
    while at < len(numbers):
        # The three numbers after a mark may be 0 themselves (the first segment); rules never are.
        end = at + 4
        while end < len(numbers) and numbers[end] != MARK:
            end += 1
        yield Block(numbers[at + 1], numbers[at + 2], numbers[at + 3], tuple(numbers[at + 4 : end]))
        at = end
