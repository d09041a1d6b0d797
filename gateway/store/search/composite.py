"""Composite parameters: several values of one element at once, joined by ``$`` (R4 §3.1.1.4.15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from gateway.store.index import Parameter, values


class Wanted(Protocol):
    """One value of a search: a test of one element that the parameter's expression selects."""

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element, of this FHIR type, fulfils it."""
        ...


@dataclass(slots=True, frozen=True)
class Tuple:
    """One value of a composite search: all parts must hold within one and the same element."""

    parts: tuple[tuple[Parameter, Wanted], ...]

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element fulfils all parts."""
        return all(
            any(wanted.holds(*each) for each in values(component, value)) for component, wanted in self.parts
        )
