"""Where a patient was and is: ``Encounter.location`` is a history (R4 Encounter.location)."""

from __future__ import annotations

from typing import Any


def places(stored: list[Any], incoming: list[Any]) -> list[Any]:
    """Return the history ``stored`` as it stands after a message named the places ``incoming``.

    A place that is said again is replaced where it stood. Where the patient is now somewhere else, the
    places that were active and are not said again stay as completed.
    """
    if all(entry in stored for entry in incoming):
        return stored
    active = {_place(entry) for entry in stored if _is_active(entry)}
    moved = any(_is_active(entry) and _place(entry) not in active for entry in incoming)
    result: dict[str, Any] = {}
    for entry in stored:
        left = moved and _is_active(entry)
        result.setdefault(_place(entry), {**entry, "status": "completed"} if left else entry)
    # Completed ones first: the place to which a patient came back is the one where they are.
    for entry in sorted(incoming, key=lambda each: each.get("status") != "completed"):
        result[_place(entry)] = entry
    return list(result.values())


def _is_active(entry: Any) -> bool:
    return bool(entry.get("status") == "active")


def _place(entry: Any) -> str:
    location = entry.get("location") or {}
    return str(location.get("reference") or location)
