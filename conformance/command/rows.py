"""What the plan asks of the catalogue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from conformance.catalogue import Catalogue


class Rows:
    """A catalogue, asked by the ids of its rows."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def applies(self, requirement: str, stack: Collection[str], day: date) -> bool:
        """Tell whether a requirement holds there and then; of an unknown one True, so that it is told."""
        known = requirement in self._catalogue.requirements
        return not known or self._catalogue.applies(requirement, stack, day)
