"""String parameters: beginnings without case and accents, ``:contains`` and ``:exact`` (R4 §3.1.1.4.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.store.index import normal, strings
from gateway.store.search.escape import plain


@dataclass(slots=True, frozen=True)
class Text:
    """One value of a string search; ``modifier`` is ``""``, ``exact`` or ``contains``."""

    text: str
    modifier: str

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether one of an element's texts fulfils it."""
        found = strings(kind, value)
        if self.modifier == "exact":
            return self.text in found
        if self.modifier == "contains":
            return any(self.text in normal(each) for each in found)
        return any(normal(each).startswith(self.text) for each in found)


def parse(text: str, modifier: str) -> Text:
    """Return the value of a string parameter."""
    return Text(plain(text) if modifier == "exact" else normal(plain(text)), modifier)
