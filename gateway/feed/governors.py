"""Governors: several who look at what was written, one after another (``gateway.store.governing``)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.store import Desk, Governor, Made, Occasion


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
