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


def been(stored: list[Any], incoming: list[Any]) -> list[Any]:
    """Return the history ``stored`` with the places that an older message names, as completed.

    So the history has the same places in whatever order admission, transfers and views arrive; where the
    patient is now is what the newest of them says.
    """
    known = {_place(entry) for entry in stored}
    before = [{**entry, "status": "completed"} for entry in incoming if _place(entry) not in known]
    return [*before, *stored] if stored else incoming


def left(encounter: dict[str, Any]) -> dict[str, Any]:
    """Return an Encounter; where it is finished no place is active any more, whoever told it."""
    history = encounter.get("location", [])
    if encounter.get("status") != "finished" or not any(map(_is_active, history)):
        return encounter
    ended = [{**entry, "status": "completed"} if _is_active(entry) else entry for entry in history]
    return {**encounter, "location": ended}


def _is_active(entry: Any) -> bool:
    return bool(entry.get("status") == "active")


def _place(entry: Any) -> str:
    location = entry.get("location") or {}
    return str(location.get("reference") or location)
