"""Names: what the harness wrote is called otherwise at a target that gives ids of its own.

A check knows ``Encounter/v17``; the target made ``Encounter/20881`` of it. What is sent names it as the
target does, what comes back as the check does; evidence has what was really said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_LONGEST = 2048
"""Characters of a text that may hold references: an address. What is longer is content."""


class Names:
    """Two-way: ``Type/id`` of the harness, and of the target; safe for threads."""

    def __init__(self) -> None:
        self._theirs: dict[str, str] = {}
        self._ours: dict[str, str] = {}
        self._numbers: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._theirs)

    def made(self, ours: str, theirs: str, number: str = "") -> None:
        """Note what a target made of something: its reference, and its number where that is another one."""
        self._numbers[ours] = self._numbers[theirs] = number or theirs.rpartition("/")[2]
        self._ours[theirs] = ours
        self._theirs[ours] = theirs

    def known(self, ours: str) -> bool:
        """Tell whether the target made something of this."""
        return ours in self._theirs

    def number(self, name: str) -> str:
        """Return the target's own number of what a reference names; of anything else its id."""
        return self._numbers.get(name) or name.rpartition("/")[2]

    def theirs(self, value: Any) -> Any:
        """Return a resource, or an address, as the target names things."""
        return _walked(value, lambda name: self._theirs.get(name, name)) if self else value

    def ours(self, value: Any) -> Any:
        """Return a resource as the checks name things."""
        return _walked(value, lambda name: self._ours.get(name, name)) if self else value


def _walked(value: Any, renamed: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return _text(value, renamed)
    if isinstance(value, list):
        return [_walked(one, renamed) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _walked(one, renamed) for name, one in value.items()}
    before = f"{value.get('resourceType')}/{value.get('id')}"
    after = renamed(before)
    return found if after == before else {**found, "id": after.partition("/")[2]}


def _text(value: str, renamed: Callable[[str], str]) -> str:
    if "/" not in value or len(value) > _LONGEST:
        return value
    return _REFERENCE.sub(lambda found: renamed(found[0]), value)
