"""Record: is there one of the visit, did the physician read the earlier one, and how long it is kept."""

from __future__ import annotations

from datetime import date

from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.elements import codes, each, name_of, reference, references, value_of, values_of
from gateway.policy.moments import anniversary, day
from gateway.policy.scene import Scene
from gateway.policy.systems import EARLIER_DIAGNOSIS


@condition
def no_record(scene: Scene) -> Found:
    """No record of the visit is on file (a final Composition)."""
    there = scene.referring("Composition", scene.visit_ref)
    return not any(one.get("status") in ("final", "amended") for one in there) and (scene.visit_ref,)


@condition
def media_without_record(scene: Scene) -> Found:
    """Sound, pictures or film of the visit stand in no record of it."""
    named = {
        ref
        for one in scene.referring("Composition", scene.visit_ref)
        for ref in references(one, "section.entry")
    }
    return tuple(
        name for one in scene.referring("Media", scene.visit_ref) if (name := name_of(one)) not in named
    )


@condition
def record_not_read(scene: Scene) -> Found:
    """No AuditEvent shows that the author read the earlier record, or asked for the patient's, before now."""
    evidence = [reference(one) for one in values_of(value_of(scene.visit, EARLIER_DIAGNOSIS), "evidence")]
    read = (
        ref
        for asked in (*evidence, scene.patient_ref)
        for event in scene.referring("AuditEvent", asked)
        if event.get("action") in ("R", "E") and day(event.get("recorded")) is not None
        for ref in references(event, "agent.who")
    )
    readers = {scene.person(ref) for ref in read}
    return tuple(place for person, place in scene.authors.items() if person not in readers)


@condition
def kept_less_than(scene: Scene, years: int, types: tuple[str, ...]) -> Found:
    """What is to be purged is of these types and younger than so many years."""
    return tuple(
        name_of(one)
        for one in scene.documents
        if one.get("resourceType") in types
        and ((made := _made(one)) is None or anniversary(made, years) >= scene.today)
    )


@condition
def sealed(scene: Scene, labels: tuple[str, ...]) -> Found:
    """What is to be purged is sealed (one of these codes in meta.security)."""
    return tuple(
        name_of(one)
        for one in scene.documents
        if not codes({"coding": list(each(one, "meta.security"))}).isdisjoint(labels)
    )


def _made(resource: Resource) -> date | None:
    paths = (
        "period.end",
        "date",
        "createdDateTime",
        "createdPeriod.end",
        "authoredOn",
        "sent",
        "meta.lastUpdated",
    )
    return next((found for path in paths for one in each(resource, path) if (found := day(one))), None)
