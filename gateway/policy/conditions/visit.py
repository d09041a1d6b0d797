"""Visit: what kind of visit it is, whether it may go on, and what it rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.canonical.elements import (
    codes,
    each,
    first,
    listed,
    name_of,
    reference,
    references,
    texts,
    value_of,
    values_of,
)
from gateway.canonical.moments import day, moment
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.evidence import in_force
from gateway.policy.scene import Scene
from gateway.policy.systems import CONTRACTS, SERVICES

_OVER = ("finished", "cancelled", "entered-in-error")
_GONE = ("entered-in-error", "superseded", "cancelled")
_EVIDENCE = ("DocumentReference/", "Composition/", "Encounter/")
_PLACES = ("institution", "diagnosis")


@condition
def no_visit(scene: Scene) -> Found:
    """The documents belong to no internet visit on file."""
    return scene.visit is None or codes_of_class(scene.visit) != "VR"


@condition
def service_is(scene: Scene, services: tuple[str, ...]) -> Found:
    """The visit is one of these services (code system internet-service)."""
    return not codes((scene.visit or {}).get("type"), SERVICES).isdisjoint(services)


@condition
def visit_over(scene: Scene) -> Found:
    """The visit has ended, was terminated or never began."""
    over = scene.visit is not None and scene.visit.get("status") in _OVER
    return (f"{scene.visit_ref}.status",) if over else False


@condition
def another_patient(scene: Scene) -> Found:
    """A document is about somebody else than its visit is."""
    visit = reference((scene.visit or {}).get("subject"))
    return tuple(
        f"{name_of(one)}.{path}"
        for one in scene.documents
        for path in ("subject", "for", "patient")
        for ref in references(one, path)
        if visit and ref != visit
    )


@condition
def no_earlier_diagnosis(scene: Scene, words: tuple[str, ...] = ()) -> Found:
    """The visit does not say where, when (no later than today) and with what diagnosis it was before.

    ``words``: say nothing, alone in the place of an institution or a diagnosis (无).
    """
    return not any(_is_whole(one, scene, words) for one in scene.earlier) and (
        f"{scene.visit_ref}.extension",
    )


@condition
def earlier_diagnosis_says(scene: Scene, words: tuple[str, ...]) -> Found:
    """The institution or the diagnosis of the earlier visit is only one of these words."""
    said = {word for one in scene.earlier for part in _PLACES for word in _said(one, part)}
    return not said.isdisjoint(words) and (f"{scene.visit_ref}.extension",)


@condition
def earlier_diagnosis_within(scene: Scene, days: int) -> Found:
    """The earlier diagnosis is of the future, or fewer days old than these."""
    dates = [day(value_of(one, "date")) for one in scene.earlier]
    since = scene.today - timedelta(days=days)
    return any(one is not None and one > since for one in dates) and (f"{scene.visit_ref}.extension",)


@condition
def no_evidence(scene: Scene) -> Found:
    """No earlier record of this patient is on file with the visit: a document, or an offline visit."""
    named = [reference(one) for said in scene.earlier for one in values_of(said, "evidence")]
    return not any(_shows(ref, scene) for ref in named) and (f"{scene.visit_ref}.extension",)


@condition
def no_offline_visit(scene: Scene) -> Found:
    """The visit is not part of a visit of the same patient at a hospital (Encounter.partOf)."""
    offline = scene.read(reference((scene.visit or {}).get("partOf")))
    fits = (
        offline is not None
        and codes_of_class(offline) not in ("VR", "")
        and offline.get("status") not in ("cancelled", "entered-in-error")
        and reference(offline.get("subject")) == scene.patient_ref
    )
    return False if fits else (f"{scene.visit_ref}.partOf",)


@condition
def priority_is(scene: Scene, priorities: tuple[str, ...]) -> Found:
    """Triage gave the visit one of these priorities (v3 ActPriority)."""
    urgent = not codes((scene.visit or {}).get("priority")).isdisjoint(priorities)
    return (f"{scene.visit_ref}.priority",) if urgent else False


@condition
def no_contract(scene: Scene, kind: str) -> Found:
    """The patient has no contract of this kind (code system contract-kind) that is in force."""
    return not any(True for _ in _contracts(scene, kind)) and (scene.visit_ref,)


@condition
def contract_lacks(scene: Scene, kind: str, terms: tuple[str, ...]) -> Found:
    """A contract of this kind has no term (``Contract.term.type``) for one of these."""
    return tuple(
        f"{name_of(one)}.term"
        for one in _contracts(scene, kind)
        if not set(terms) <= {code for term in each(one, "term") for code in codes(term.get("type"))}
    )


@condition
def no_contact(scene: Scene) -> Found:
    """There is no trace of talk with the patient: no Communication and no Media of the visit."""
    there = scene.referring("Communication", scene.visit_ref, "encounter") or scene.referring(
        "Media", scene.visit_ref, "encounter"
    )
    return not there and (scene.visit_ref,)


@condition
def not_told(scene: Scene) -> Found:
    """No Communication of the visit tells the patient to go to a hospital."""
    return not scene.referring("Communication", scene.visit_ref, "encounter") and (scene.visit_ref,)


@condition
def appointment_before_result(scene: Scene) -> Found:
    """The visit is booked for a time before what was ordered for it is done."""
    start = moment(first(scene.visit, "period.start"))
    for ref in references(scene.visit, "appointment"):
        appointment = scene.read(ref)
        start = moment((appointment or {}).get("start")) or start
        for order in references(appointment, "basedOn"):
            done = scene.read(order) or {}
            due = done.get("occurrenceDateTime") or first(done, "occurrencePeriod.end")
            ready = moment(due)
            if ready is not None and start is not None and start < ready:
                return (f"{scene.visit_ref}.appointment",)
    return False


def codes_of_class(visit: Any) -> str:
    """Return the code of ``Encounter.class``, ``""`` for none."""
    given = visit.get("class")
    return str(given.get("code", "")) if isinstance(given, dict) else ""


def earlier_concepts(scene: Scene) -> list[Any]:
    """Return the earlier diagnoses of the visit as CodeableConcepts."""
    return [concept for one in scene.earlier for concept in values_of(one, "diagnosis")]


def _is_whole(said: Any, scene: Scene, words: tuple[str, ...]) -> bool:
    when = day(value_of(said, "date"))
    filled = all(_filled(value_of(said, part)) and not _is_nothing(said, part, words) for part in _PLACES)
    return filled and when is not None and when <= scene.today


def _is_nothing(said: Any, part: str, words: tuple[str, ...]) -> bool:
    names = _said(said, part)
    return bool(names) and names <= set(words)


def _said(said: Any, part: str) -> set[str]:
    """Return what an institution or a diagnosis is called, without case and blanks around."""
    value = value_of(said, part)
    names = texts(value) if isinstance(value, dict) else listed(value)
    return {one.strip().casefold() for one in names if isinstance(one, str)}


def _shows(ref: str, scene: Scene) -> bool:
    found = scene.read(ref) if ref.startswith(_EVIDENCE) else None
    if found is None or found.get("status") in _GONE:
        return False
    return reference(found.get("subject")) == scene.patient_ref and codes_of_class(found) != "VR"


def _filled(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(codes(value) or texts(value))
    return isinstance(value, str) and bool(value.strip())


def _contracts(scene: Scene, kind: str) -> list[Any]:
    return [
        one
        for one in scene.referring("Contract", scene.patient_ref, "subject")
        if kind in codes(one.get("type"), CONTRACTS) and in_force(one, scene)
    ]
