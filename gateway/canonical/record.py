"""Record: what a codec makes of an Envelope's bytes, one interface for every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Record(Protocol):
    """A lazy tree over the source. The path syntax is the format's own (``PID-5.1``, an XPath)."""

    def get(self, path: str) -> str | None:
        """Return the first value at ``path``, unescaped, or None where the source has none."""

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at ``path`` in source order."""

    def unread(self) -> Iterator[str]:
        """Yield the paths of the valued leaves that nothing has asked for."""
