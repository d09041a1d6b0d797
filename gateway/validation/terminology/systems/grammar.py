"""Grammar: what code systems have in common whose codes are checked and not counted."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.validation.terminology.concepts import Concept, Named


class Grammar(Named):
    """A code system without a list; a subclass says :meth:`has`."""

    url = ""
    version = ""
    name = ""
    complete = True
    count: int | None = None
    hierarchy = False

    def has(self, code: str) -> bool | None:
        """Return whether the code is one."""
        raise NotImplementedError

    def spelling(self, code: str) -> str | None:
        """Return the code where it is one."""
        return code if self.has(code) else None

    def concept(self, code: str) -> Concept | None:
        """Return the concept, None where it is none."""
        return Concept(code) if self.has(code) else None

    def displays(self, code: str) -> tuple[str, ...]:
        """Return nothing: these systems have codes and no names that others would have to use."""
        return ()

    def each(self) -> Iterator[Concept]:
        """Yield nothing: there is no end of them."""
        return iter(())
