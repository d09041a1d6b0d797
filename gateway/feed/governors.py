"""Governors: several who look at what was written, one after another (``gateway.store.governing``)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.store import Desk, Governor, Made, Occasion, Witness


class Governors:
    """Asks each of several governors about the versions of its types; the first refusal counts."""

    def __init__(self, *governors: Governor) -> None:
        self._each = [(one, one.types) for one in governors]

    @property
    def types(self) -> frozenset[str]:
        """What any of them wants to see."""
        return frozenset().union(*(types for _, types in self._each))

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """Show each what is of its types. Raises ``Refusal``."""
        for governor, types in self._each:
            own = [one for one in made if one.type in types]
            if own:
                governor.govern(desk, own, occasion)

    def held(self, desk: Desk, bodies: Sequence[Resource], occasion: Occasion) -> None:
        """Show what a message that waits would have written to those who want to know of it."""
        for governor, _ in self._each:
            if isinstance(governor, Witness):
                governor.held(desk, bodies, occasion)

    def stored(self, desk: Desk, occasion: Occasion) -> None:
        """Tell the same that a message is stored that may have waited."""
        for governor, _ in self._each:
            if isinstance(governor, Witness):
                governor.stored(desk, occasion)
