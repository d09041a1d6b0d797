"""Uri parameters: the whole URI, or the tree that it stands in (R4 §3.1.1.4.13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.store.index import references, unversioned
from gateway.store.search.escape import plain


@dataclass(slots=True, frozen=True)
class Uri:
    """One value of a uri search; ``modifier`` is ``""``, ``below`` or ``above``."""

    uri: str
    modifier: str

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element fulfils it; a canonical is found without its version too."""
        for each in references(kind, value):
            if self._fits(each) or (kind == "canonical" and self._fits(unversioned(each))):
                return True
        return False

    def _fits(self, stored: str) -> bool:
        if self.modifier == "below":
            return _within(stored, self.uri)
        if self.modifier == "above":
            return _within(self.uri, stored)
        return stored == self.uri


def _within(deep: str, high: str) -> bool:
    """Tell whether one URI stands at or below another by its path segments, or is a fragment of it."""
    return deep == high or deep.startswith((high.rstrip("/") + "/", high + "#"))


def parse(text: str, modifier: str) -> Uri:
    """Return the value of a uri parameter."""
    return Uri(plain(text), modifier)
