"""DeskFacts: what a desk knows, as the rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.store.desk import Desk


class DeskFacts:
    """What a desk knows, asked by references (``gateway.canonical.facts.Facts``)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.now_us = desk.ts_us

    def read(self, reference: str) -> Resource | None:
        """Return the current resource that ``"Type/id"`` names; a version in it counts nothing."""
        type_, _, rest = reference.partition("/")
        return self._desk.read(type_, rest.partition("/")[0])

    def referring(self, type: str, reference: str, *by: str) -> Sequence[Resource]:
        """See :meth:`Desk.referring`."""
        return self._desk.referring(type, reference, *by)

    def named(self, type: str, system: str, value: str) -> Resource | None:
        """See :meth:`Desk.named`."""
        return self._desk.named(type, system, value)
