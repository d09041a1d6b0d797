"""What a resource says, in the words that a check compares: names, codes, identifiers, moments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from conformance.harness.paths import each
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.visits import Visit

HOURS = "+08:00"
"""Of every time that a Chinese system sends without a zone."""


def names(resource: Resource) -> set[str]:
    """Return a person's names as they are written in Chinese: family first, nothing between."""
    found = set()
    for one in each(resource, "name"):
        if isinstance(one, dict):
            found.add(str(one.get("text") or "").replace(" ", ""))
            found.add(str(one.get("family") or "") + "".join(str(given) for given in one.get("given") or []))
    return found - {""}


def identifiers(resource: Resource) -> set[str]:
    """Return the values of its identifiers."""
    return {str(one) for one in each(resource, "identifier.value")}


def codes(resource: Any, path: str) -> set[str]:
    """Return the codes of the codings at a path."""
    return {str(one) for one in each(resource, f"{path}.coding.code")}


def digits(value: Any) -> str:
    """Return a number as it was written, ``""`` where there is none."""
    return "" if value is None else str(value)


def same_moment(said: Any, wanted: datetime) -> bool:
    """Tell whether an instant is the wall-clock time in China, to the second, whatever zone it is told in."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return False
    return found.tzinfo is not None and found == datetime.fromisoformat(f"{wanted:%Y-%m-%dT%H:%M:%S}{HOURS}")


def of_visit(visit: Visit) -> str:
    """Return the search for a visit."""
    return f"Encounter?identifier={visit.number}"


def about(kind: str, patient: Resource) -> str:
    """Return the search for what is about a patient."""
    return f"{kind}?patient=Patient/{patient.get('id')}"


def references(resource: Resource, path: str) -> list[str]:
    """Return the references at a path, without a version."""
    return [str(one).partition("/_history")[0] for one in each(resource, f"{path}.reference")]


def contents(listed: Iterable[Resource]) -> dict[str, str]:
    """Return ``Type/id`` → what resources say: a version more that says the same is no change."""
    found = {}
    for one in listed:
        said = {name: value for name, value in one.items() if name not in ("meta", "text")}
        found[f"{one.get('resourceType')}/{one.get('id')}"] = dumps(said)
    return found


def current(patient: Resource) -> Resource:
    """Return a patient with the numbers only by which he is reached now: R4 allows old ones beside them."""
    there = [one for one in patient.get("telecom") or [] if one.get("use") != "old"]
    return {**patient, "telecom": [one for one in there if not (one.get("period") or {}).get("end")]}


def points_to(resource: Resource, path: str, name: str, number: str) -> bool:
    """Tell whether a reference names a resource, or its business identifier (R4 references#logical)."""
    return name in references(resource, path) or number in each(resource, f"{path}.identifier.value")
