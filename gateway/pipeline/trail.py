"""Trail: which messages are being mapped right now, in a few bytes of a file that outlive the process.

A message is mapped before it is in the inbox, so that its bytes and its end share one commit. If it kills
the process, nobody has acknowledged it and its sender will send it again, for ever: the trail is how the
next start knows it. The page cache survives a crash of the process, so the file is never synced; after a
power cut it may be old, and then a few innocent messages take the careful way once (design §6).
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Sequence
from pathlib import Path

CAPACITY = 512
"""Keys at once; more of them are not mapped ahead of their commit."""


class Trail:
    """The keys of the messages under way.

    Args:
        path: the file, made where it is not there.

    Attributes:
        suspects: keys that the last process left behind; it may have died of one of them.
    """

    def __init__(self, path: Path) -> None:
        size = 8 * (CAPACITY + 1)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, size)
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self.suspects = frozenset(self._read())

    def enter(self, keys: Sequence[int]) -> None:
        """Write down at most ``CAPACITY`` keys before their messages are mapped."""
        # The count last: a process that dies in between leaves the old count with the old keys' places.
        struct.pack_into(f"<{len(keys)}q", self._map, 8, *keys)
        struct.pack_into("<q", self._map, 0, len(keys))

    def leave(self) -> None:
        """Forget them: they are mapped."""
        struct.pack_into("<q", self._map, 0, 0)

    def close(self) -> None:
        """Close the file."""
        self._map.close()

    def _read(self) -> tuple[int, ...]:
        (count,) = struct.unpack_from("<q", self._map, 0)
        if not 0 < count <= CAPACITY:
            return ()
        return struct.unpack_from(f"<{count}q", self._map, 8)
