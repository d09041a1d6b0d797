"""Record: is there one of the visit, did the physician read the earlier one, and how long it is kept."""

from __future__ import annotations

from datetime import date

from gateway.canonical.elements import codes, each, name_of, reference, references, values_of
from gateway.canonical.moments import anniversary, day, moment
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene


@condition
def no_record(scene: Scene) -> Found:
    """No record of the visit is on file (a final Composition)."""
    there = scene.referring("Composition", scene.visit_ref, "encounter")
    return not any(one.get("status") in ("final", "amended") for one in there) and (scene.visit_ref,)


@condition
def media_without_record(scene: Scene) -> Found:
    """Sound, pictures or film of the visit stand in no record of it."""
    named = {
        ref
        for one in scene.referring("Composition", scene.visit_ref, "encounter")
        for ref in references(one, "section.entry")
    }
    return tuple(
        name
        for one in scene.referring("Media", scene.visit_ref, "encounter")
        if (name := name_of(one)) not in named
    )


@condition
def record_not_read(scene: Scene) -> Found:
    """No AuditEvent shows that the author read the earlier record, or asked for the patient's, before now."""
    evidence = [reference(one) for said in scene.earlier for one in values_of(said, "evidence")]
    unseen = dict(scene.authors)
    for asked in (*evidence, scene.patient_ref):
        for event in scene.referring("AuditEvent", asked, "entity") if unseen else ():
            for reader in _readers(event, scene):
                unseen.pop(reader, None)
    return tuple(unseen.values())


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


def _readers(event: Resource, scene: Scene) -> list[str]:
    when = moment(event.get("recorded"))
    if event.get("action") not in ("R", "E") or when is None or when > scene.now_us:
        return []
    return [scene.person(ref) for ref in references(event, "agent.who")]


def _made(resource: Resource) -> date | None:
    paths = (
        "period.end",
        "date",
        "createdDateTime",
        "createdPeriod.end",
        "authoredOn",
        "sent",
        "whenHandedOver",
        "executionPeriod.end",
        "recorded",
        "meta.lastUpdated",
    )
    return next((found for path in paths for one in each(resource, path) if (found := day(one))), None)
