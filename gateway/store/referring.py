"""How a resource refers to what may be merged: where the reference stands, how it is pointed elsewhere.

What ends by a merge (ADT A40, A41, A42) is found by the postings of those references.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MERGED = ("Patient", "Encounter", "Account")
"""Types that may be merged."""

NAMED = tuple(f"{type_}/" for type_ in MERGED)
"""How a reference to one of them begins."""

STAYING = frozenset(("AuditEvent", "Patient", "Provenance"))
"""Types that go on naming who ended: ``Patient.link`` tells of the merge, the others what was done then."""


def may_follow(type_: str) -> bool:
    """Tell whether a resource of a type that a client writes may be made to name who goes on.

    A Bundle is a document, or a message, as somebody has put it together.
    """
    return type_ not in STAYING and type_ != "Bundle"


def stays(type_: str, id_: str, ends: Mapping[str, str]) -> bool:
    """Tell whether a resource is left as it is: by its type, or as it is itself one of those joined."""
    name = f"{type_}/{id_}"
    return type_ in STAYING or name in ends or name in ends.values()


def pointed(node: Any, ends: Mapping[str, str]) -> Any:
    """Return a copy of ``node`` whose references name what goes on; ``ends`` is old → new (``"Type/id"``).

    Two entries of a list that have become the same are one.
    """
    if isinstance(node, dict):
        return {
            name: ends.get(value, value)
            if name == "reference" and isinstance(value, str)
            else pointed(value, ends)
            for name, value in node.items()
        }
    if isinstance(node, list):
        new = [pointed(value, ends) for value in node]
        return new if new == node else [value for at, value in enumerate(new) if value not in new[:at]]
    return node
