"""Elements: one JSON property and the ``_name`` beside it, read and written as one list (R4 §2.6.2)."""

from __future__ import annotations

from typing import Any

Half = dict[str, Any] | None
Item = tuple[Any, Half]
"""An element: its JSON, None for a primitive without a value; its ``_name`` object, None for none."""


GAP: Item = (None, None)
"""A null of a list without anything beside it."""


def read(holder: dict[str, Any], key: str) -> list[Item]:
    """Return the elements of a property, one where it is no list; a lone null is a ``GAP``."""
    values, halves = _listed(holder.get(key)), _listed(holder.get("_" + key))
    longest = max(len(values), len(halves))
    values += [None] * (longest - len(values))
    halves += [None] * (longest - len(halves))
    return [(value, half if type(half) is dict else None) for value, half in zip(values, halves, strict=True)]


def _listed(value: Any) -> list[Any]:
    if type(value) is list:
        return list(value)
    return [] if value is None else [value]


def write(holder: dict[str, Any], key: str, items: list[Item], many: bool) -> None:
    """Make a property and its ``_name`` say ``items``; both go where nothing is left to say.

    Args:
        many: whether JSON writes a list; else there is one item or none.
    """
    for name, listed in ((key, [value for value, _ in items]), ("_" + key, [half for _, half in items])):
        if all(one is None for one in listed):
            holder.pop(name, None)
        else:
            holder[name] = listed if many else listed[0]


def filled(item: Item) -> bool:
    """Return whether an element says something; one whose last child was deleted does not."""
    return item[0] not in (None, {}) or bool(item[1])


def pruned(value: Any) -> Any:
    """Return JSON without what a deletion left empty; FHIR has no empty object and no empty list (§2.6.2)."""
    if type(value) is list:
        kept = [pruned(one) for one in value]
        return [one for one in kept if one not in ({}, [])]
    if type(value) is not dict:
        return value
    out: dict[str, Any] = {}
    for name, one in value.items():
        # Nulls hold the places of primitives whose other half is in the list beside.
        less = _halves(one) if name[:1] == "_" else pruned(one)
        if less not in ({}, [], None):
            out[name] = less
    return out


def _halves(value: Any) -> Any:
    if type(value) is not list:
        return pruned(value)
    kept = [pruned(one) or None for one in value]
    return kept if any(kept) else None
