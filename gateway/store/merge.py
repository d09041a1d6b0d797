"""What becomes of a resource when a message says something new about it: a pure function.

Ownership, clearing and event order are those of ``gateway.canonical.Draft``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.store.dates import date_range
from gateway.store.places import been, left, places

_CHOICES = (
    "abatement",
    "asNeeded",
    "deceased",
    "effective",
    "medication",
    "multipleBirth",
    "occurred",
    "occurrence",
    "onset",
    "quantity",
    "reported",
    "value",
)
"""Top-level ``[x]`` elements of the types that we write: one member excludes the others (R4 §2.6.1.1)."""

_IDENTITY = frozenset(("resourceType", "id"))


@lru_cache(maxsize=2048)
def group(name: str) -> str:
    """Return the element to which a JSON property belongs.

    ``_birthDate`` belongs to ``birthDate``, ``valueQuantity`` to ``value``; so does
    ``dataAbsentReason``, which excludes a value (invariant obs-6).
    """
    name = name.removeprefix("_")
    if name == "dataAbsentReason":
        return "value"
    for choice in _CHOICES:
        if name.startswith(choice) and name[len(choice) : len(choice) + 1].isupper():
            return choice
    return name


def merge(
    stored: Resource,
    incoming: Resource,
    *,
    cleared: Iterable[str] = (),
    fills: Iterable[str] = (),
    owns: bool = True,
    newer: bool = True,
) -> Resource:
    """Return ``stored`` as it stands after ``incoming``; neither is changed.

    Args:
        stored: the current resource; an empty dict for a new one.
        incoming: what the message says; an absent element says nothing.
        cleared: elements that the sender deleted; with a dot the part of one (``"period.end"``).
        fills: top-level elements of ``incoming`` that are only written where there is none.
        owns: the sender may overwrite; otherwise it only fills gaps.
        newer: the event is not older than the state; an older one only fills gaps.
    """
    overwrite = owns and newer
    if overwrite:
        stored = _without(stored, cleared)
    timid = {group(name) for name in fills}
    present = {group(name) for name in stored}
    said = {group(name) for name in incoming if name not in _IDENTITY}
    taken = {name for name in said if name not in present or (overwrite and name not in timid)}
    taken.discard("identifier")
    if "content" in said & present and incoming.get("resourceType") == "DocumentReference":
        taken = _with_bytes(taken, stored, incoming)
    result = _replaced(stored, _joined(stored, incoming) if overwrite else incoming, taken)
    if "identifier" in said:
        result["identifier"] = _identified(result.get("identifier"), incoming["identifier"], overwrite)
    if owns:
        result = gathered(result, stored, incoming)
    if result.get("resourceType") == "Encounter":
        result = left(result)
    elif result.get("resourceType") == "Condition" and is_error(result.get("verificationStatus")):
        result.pop("clinicalStatus", None)  # con-5; also where a late event would fill it in again
    return result


def _with_bytes(taken: set[str], stored: Resource, incoming: Resource) -> set[str]:
    """Return the elements to take: of two contents the one with bytes or an address, whichever came last.

    A registration (MDM^T01, RCMR) has none; it neither takes away the document nor stands in its way.
    """
    old, new = (
        any({"data", "url"} & one.get("attachment", {}).keys() for one in body["content"])
        for body in (stored, incoming)
    )
    return taken if old == new else taken | {"content"} if new else taken - {"content"}


def _identified(stored: Any, incoming: Any, overwrite: bool) -> Any:
    """Return the identifiers of both; a Composition has one, and no list of them."""
    if isinstance(incoming, list):
        return united(stored or [], incoming, overwrite)
    return incoming if overwrite or not stored else stored


GATHERED: Mapping[str, frozenset[str]] = {"DiagnosticReport": frozenset(("result",))}
"""Elements that come in pieces, in any order: analysers send the results of one report one by one. A result
is taken back by its own status (OBX-11 D), not by a message that does not name it."""


def gathered(resource: Resource, stored: Resource, incoming: Resource) -> Resource:
    """Return ``resource`` with all entries of its :data:`GATHERED` elements, the stored ones first."""
    result = resource
    for name in GATHERED.get(incoming.get("resourceType", ""), frozenset()) & stored.keys() & incoming.keys():
        entries = stored[name] + [entry for entry in incoming[name] if entry not in stored[name]]
        if entries != result.get(name):
            result = {**result, name: entries}
    return result


def filled(stored: Resource, incoming: Resource) -> Resource:
    """Return ``stored`` with the elements, parts of elements and identifiers of an older event that it lacks.

    Itself where it lacks none. What newer events have taken away is not in ``incoming`` (``gone.py``).
    """
    result = merge(stored, incoming, newer=False)
    said = {name: value for name, value in stored.items() if name != "location"}  # a history: see belated
    for name, value in _joined(incoming, said).items():
        if value != said[name]:
            result[name] = value
    return stored if result == stored else result


def belated(stored: Resource, incoming: Resource, fills: Iterable[str] = ()) -> Resource:
    """Return ``stored`` with what an older event may add to what is there.

    What comes in pieces, where the patient was before, and a status where nobody has stated one yet.
    """
    result = gathered(stored, stored, incoming)
    if stored.get("status") == "unknown" and "status" in incoming and "status" not in fills:
        result = {**result, "status": incoming["status"]}
    if _completes(result, incoming) and "status" not in fills:
        result = {**result, "status": incoming["status"]}
    if incoming.get("resourceType") == "Encounter" and "location" in incoming:
        history = been(stored.get("location", []), incoming["location"])
        if history != stored.get("location"):
            result = left({**result, "location": history})
    return result


_GROWING = ("registered", "partial", "preliminary", "final")
"""How a report comes together; a piece that is measured first may be the last one to come."""


def _completes(stored: Resource, incoming: Resource) -> bool:
    """Tell whether an older piece makes a report more complete than it was without it."""
    if incoming.get("resourceType") != "DiagnosticReport":
        return False
    before, now = stored.get("status"), incoming.get("status")
    return before in _GROWING and now in _GROWING and _GROWING.index(now) > _GROWING.index(before)


def is_error(status: Any) -> bool:
    """Tell whether a verificationStatus says that the resource was entered in error."""
    codings = status.get("coding", ()) if isinstance(status, dict) else ()
    return any(coding.get("code") == "entered-in-error" for coding in codings)


def _without(stored: Resource, cleared: Iterable[str]) -> Resource:
    """Return ``stored`` without the elements, or with a dot parts of elements, that were deleted."""
    for name in cleared:
        element, _, part = name.partition(".")
        if not part:
            gone = group(element)
            stored = {each: value for each, value in stored.items() if group(each) != gone}
        elif isinstance(stored.get(element), dict):
            left = _without(stored[element], [part])
            stored = {each: left if each == element else value for each, value in stored.items()}
            if not left:
                del stored[element]
    return stored


def _joined(stored: Resource, incoming: Resource) -> Resource:
    """Return ``incoming`` with what is stored of the elements of which it says some parts only."""
    joins = _JOINS.get(incoming.get("resourceType", ""), {})
    result = dict(incoming)
    for name in stored.keys() & incoming.keys():
        join = period if name == "period" or name.endswith("Period") else joins.get(name)
        if join is not None:
            result[name] = join(stored[name], incoming[name])
    return result


def parts(stored: Any, incoming: Any) -> Any:
    """Return an element with the parts that ``incoming`` says replaced, the others as they are."""
    if not isinstance(stored, dict) or not isinstance(incoming, dict):
        return incoming
    return _replaced(stored, incoming, {group(name) for name in incoming})


def period(stored: Any, incoming: Any) -> Any:
    """Return a Period by parts; what is stored of it goes where the new part contradicts it (per-1)."""
    result = parts(stored, incoming)
    try:  # a date without a zone is read in the one that allows more
        start, end = result["start"], result["end"]
        return incoming if date_range(start, "+14:00")[0] > date_range(end, "-12:00")[1] else result
    except (KeyError, TypeError, Rejected):
        return result


def only_one(stored: Any, incoming: Any) -> Any:
    """Return a list by the parts of its only entry; with several, nobody knows which is which."""
    if isinstance(stored, list) and isinstance(incoming, list) and len(stored) == len(incoming) == 1:
        return [parts(stored[0], incoming[0])]
    return incoming


_JOINS: Mapping[str, Mapping[str, Callable[[Any, Any], Any]]] = {
    "Encounter": {"hospitalization": parts, "location": places},
    "MedicationRequest": {"dosageInstruction": only_one},
}
"""Elements of which a message may say some parts only, beside the Periods; all others are said whole."""


def _replaced(stored: Resource, incoming: Resource, taken: set[str]) -> Resource:
    """Put the taken elements of ``incoming`` where the old ones stood, new ones at the end."""
    result: Resource = {}
    for name, value in stored.items():
        if group(name) not in taken:
            result[name] = value
        elif name in incoming:
            result[name] = incoming[name]
    for name, value in incoming.items():
        if name in _IDENTITY or group(name) in taken:
            result.setdefault(name, value)
    return result


def united(stored: list[Any], incoming: list[Any], overwrite: bool) -> list[Any]:
    """Return both lists of Identifiers as one: equal (system, value) is one, in the stored order."""
    result = {identity_of(entry): entry for entry in stored}
    for entry in incoming:
        if overwrite:
            result[identity_of(entry)] = entry
        else:
            result.setdefault(identity_of(entry), entry)
    return list(result.values())


def identity_of(identifier: Any) -> tuple[str, str]:
    """Return what makes two Identifiers one: system and value."""
    return identifier.get("system", ""), identifier.get("value", "")
