"""The text of a function in the making."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Lines:
    """Indented lines; ``fresh`` names variables that nothing else uses."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self._depth = 1
        self._temporary = 0

    def put(self, line: str) -> None:
        """Add a line at the present depth."""
        self.text.append("    " * self._depth + line)

    @contextmanager
    def block(self, head: str = "") -> Iterator[None]:
        """Add ``head``, and what is put inside below it; without a head only the depth is kept."""
        before = self._depth
        if head:
            self.put(head)
            self._depth += 1
        yield
        self._depth = before

    def open(self, head: str) -> None:
        """Add ``head`` and go below it, until the block around ends."""
        self.put(head)
        self._depth += 1

    def fresh(self, prefix: str) -> str:
        """Return a variable name that was not used yet."""
        self._temporary += 1
        return f"{prefix}{self._temporary}"
