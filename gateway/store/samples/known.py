"""Known: samples and orders as they stand, with the time in which they came about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.elements import each, first, reference, references
from gateway.canonical.moments import moment
from gateway.store.desk import Desk

OVER = frozenset(("entered-in-error",))
TIMES = ("collection.collectedDateTime", "collection.collectedPeriod.start", "receivedTime", "authoredOn")


@dataclass(slots=True)
class Sample:
    """What is known of one sample, or of an order without one.

    Attributes:
        subject: id of the Patient.
        specimen: as it is stored, ``{}`` for none.
        orders: ServiceRequests that it is of.
        low, high: when the first and the last thing happened to it before it was measured, in microseconds.
        surely: the low is told, not only when we have heard of it.
    """

    subject: str
    specimen: Resource
    orders: list[Resource]
    low: int
    high: int
    surely: bool


def bearing(desk: Desk, type_: str, name: str, numbers: Iterable[str]) -> list[Resource]:
    """Return what has one of these numbers (search parameter ``name``) and stands."""
    found = [one for value in numbers for one in desk.bearing(type_, name, value)]
    return [one for one in found if one.get("status") not in OVER]


def of_specimen(desk: Desk, specimen: Resource) -> Sample:
    """Return a stored Specimen with the orders that it was taken for."""
    named = [desk.read(*name.split("/")) for name in references(specimen, "request")]
    orders = [one for one in named if one is not None]
    orders += [
        one
        for one in desk.referring("ServiceRequest", f"Specimen/{specimen['id']}", "specimen")
        if one not in orders
    ]
    return spanned(desk, specimen, orders)


def spanned(desk: Desk, specimen: Resource, orders: list[Resource]) -> Sample:
    """Return a sample with the time in which it was ordered and taken."""
    bodies = [specimen, *orders] if specimen else orders
    said = [at for body in bodies for path in TIMES if (at := moment(first(body, path))) is not None]
    subjects = [name for body in bodies if (name := subject(body))]
    whose = subjects[0] if subjects else ""
    heard = said or [desk.since(bodies[0]["resourceType"], bodies[0]["id"], 0)[-1][0]]
    return Sample(whose, specimen, orders, min(heard), max(heard), bool(said))


def heir(desk: Desk, patient: Resource) -> str:
    """Return the id of the Patient into whom a stored one was merged in the end, else his own."""
    for _ in range(8):  # merged, one into another
        links = [one for one in each(patient, "link") if one.get("type") == "replaced-by"]
        next_ = desk.read("Patient", reference(links[0].get("other"))[8:]) if links else None
        if next_ is None:
            break
        patient = next_
    return str(patient["id"])


def numbers(body: Resource) -> list[str]:
    """Return the numbers that a Specimen, ServiceRequest or Patient has."""
    found = [*each(body, "identifier.value"), *each(body, "container.identifier.value")]
    found += [*each(body, "accessionIdentifier.value"), *each(body, "requisition.value")]
    return list(dict.fromkeys(one for one in found if isinstance(one, str) and one.strip()))


def subject(body: Resource) -> str:
    """Return the id of the Patient whom a resource is about, ``""`` for none."""
    name = reference(body.get("subject"))
    return name.removeprefix("Patient/") if name.startswith("Patient/") else ""
