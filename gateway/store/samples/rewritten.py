"""Rewritten: a resource whose references name others, and no longer what is not written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.canonical import Resource

_WITHOUT = frozenset(
    {"category", "code", "coding", "interpretation", "meta", "valueCodeableConcept", "valueQuantity"}
)
"""Elements in which no reference stands (R4 datatypes): nobody has to look into them."""


def rewritten(node: Any, names: Mapping[str, str], gone: Collection[str]) -> Any:
    """Return a part of a resource with other references, without those that are gone; itself if it has none.

    Args:
        names: ``"Type/id"`` → what is written in its place.
    """
    if node.__class__ is list:
        return _listed(node, names, gone)
    name = node.get("reference")
    if name.__class__ is str:
        if name in gone:
            return None
        return {**node, "reference": names[name]} if name in names else node
    changed: Resource | None = None
    for key, value in node.items():
        kind = value.__class__
        if (kind is not dict and kind is not list) or key in _WITHOUT:
            continue
        new = rewritten(value, names, gone) if kind is dict else _listed(value, names, gone)
        if new is not value:
            changed = dict(node) if changed is None else changed
            if new:
                changed[key] = new
            else:
                del changed[key]
    return node if changed is None else changed


def _listed(node: list[Any], names: Mapping[str, str], gone: Collection[str]) -> list[Any]:
    for one in node:
        kind = one.__class__
        if (kind is dict or kind is list) and rewritten(one, names, gone) is not one:
            break
    else:
        return node
    new: list[Any] = []
    for one in node:
        kind = one.__class__
        made = rewritten(one, names, gone) if kind is dict or kind is list else one
        if made is not None and made not in new:
            new.append(made)
    return new
