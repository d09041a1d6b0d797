"""Values that were checked before: codes and simple extensions come again in every message.

Only what is right is remembered, and only by what it says, never by which object it is. Values that refer to
other resources are right or wrong by what stands around them: they are always checked.
"""

from __future__ import annotations

from typing import Any

MOST = 16384
"""Values remembered by one validator; then it begins anew."""
LONGEST = 256
"""Characters of a text that is remembered."""
LARGEST = 6
"""Members of an object, items of a list; larger values are hardly the same twice."""


class Remembered(set[Any]):
    """Keys of values that had no fault: a set, because every element of every resource is looked for here."""

    __slots__ = ()

    def add(self, key: Any) -> None:
        """Remember a value without faults; a key of None is none."""
        if key is not None:
            if len(self) >= MOST:
                self.clear()
            super().add(key)


class Shared:
    """Objects without fault, by which object they are: for values that nobody changes once they are made.

    What the maps remember of earlier messages is such a value (design: shared, not copied). An unused one has
    ``kept`` empty for ever.
    """

    __slots__ = ("_last", "_on", "kept")

    def __init__(self, on: bool) -> None:
        self._on = on
        self._last: dict[Any, Any] = {}
        self.kept: dict[int, Any] = {}

    def again(self, key: Any, value: Any) -> None:
        """Note that an object without fault says what one did before; the same one twice running is kept.

        What is made anew each time is not: it would only take memory. A kept object stays alive, so that its
        id is nobody else's.
        """
        if not self._on:
            return
        if self._last.get(key) is value:
            if len(self.kept) >= MOST:
                self.kept.clear()
            self.kept[id(value)] = value
            return
        if len(self._last) >= MOST:
            self._last.clear()
        self._last[key] = value


def coding_key(value: Any) -> Any:
    """Return :func:`key` of a Coding, quickly where it is as nearly all are."""
    system, code, display = value.get("system"), value.get("code"), value.get("display")
    if type(code) is not str or type(system) is not str or len(code) + len(system) > LONGEST:
        return key(value)
    if len(value) == 2 or (len(value) == 3 and type(display) is str and len(display) <= LONGEST):
        return system, code, display
    return key(value)


def concept_key(value: Any) -> Any:
    """Return :func:`key` of a CodeableConcept, quickly where it has one coding and perhaps a text."""
    codings, text = value.get("coding"), value.get("text")
    if type(codings) is not list or len(codings) != 1 or type(codings[0]) is not dict:
        return key(value)
    if len(value) == 1 or (len(value) == 2 and type(text) is str and len(text) <= LONGEST):
        inner = coding_key(codings[0])
        return None if inner is None else (text, inner)
    return key(value)


def key(value: Any) -> Any:
    """Return something hashable that is equal for equal values only, or None for what is not remembered."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= LONGEST else None
    if kind is dict:
        if len(value) > LARGEST or "reference" in value:
            return None
        parts: list[Any] = [dict]
        for name, one in value.items():
            part = key(one)
            if part is None:
                return None
            parts += (name, part)
        return tuple(parts)
    if kind is list:
        if len(value) > LARGEST:
            return None
        parts = [list]
        for one in value:
            part = key(one)
            if part is None:
                return None
            parts.append(part)
        return tuple(parts)
    # True equals 1 in Python, but not in JSON.
    return (kind, value) if kind is bool or kind is int else None
