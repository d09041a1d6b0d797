"""The lines of an NDJSON body, one at a time and none longer than a resource may be (ndjson.org)."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

Line = tuple[int, bytes | None]
"""Its number from 1, and its bytes; None for one that is too long."""


async def lines_of(chunks: AsyncIterable[bytes], most: int) -> AsyncIterator[Line]:
    """Yield the lines that are not blank.

    Args:
        most: bytes of a line; of a longer one nothing is kept.
    """
    number, rest, skipping = 0, bytearray(), False
    async for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            number += 1
            line = bytes(rest) + chunk[start:end] if rest else chunk[start:end]
            rest.clear()
            if skipping or len(line) > most:
                yield number, None
            elif line.strip():
                yield number, line
            skipping, start = False, end + 1
        if not skipping:
            rest += chunk[start:]
        if len(rest) > most:
            rest.clear()
            skipping = True
    if skipping or rest.strip():
        yield number + 1, None if skipping else bytes(rest)
