"""Diagnosis: is what is prescribed for the same that the patient was found to have at a hospital."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.canonical.elements import codes, each, listed, name_of, references, texts
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.visit import earlier_concepts
from gateway.policy.scene import Scene
from gateway.policy.systems import ICD_10, TCM

_COMPLAINTS = ("R", "Z")
"""Chapters XVIII and XXI of ICD-10: what somebody complains of or comes for, and no disease."""
_BESIDE = "CM"
"""diagnosis-role: a comorbidity, for which the visit is not."""


@condition
def no_diagnosis(scene: Scene) -> Found:
    """A prescription or request does not say what it is for (reasonReference or reasonCode)."""
    return tuple(
        f"{name_of(one)}.reasonReference"
        for one in [*scene.of("MedicationRequest"), *scene.of("ServiceRequest")]
        if not any(_said(concept) for concept in _reasons(scene, one))
    )


@condition
def record_without_diagnosis(scene: Scene) -> Found:
    """A record has no section with a diagnosis (LOINC 29548-5) that names a Condition or says it in words."""
    return tuple(
        f"{name_of(one)}.section" for one in scene.of("Composition") if not any(_diagnoses(scene, one))
    )


@condition
def other_diagnosis(scene: Scene, characters: int) -> Found:
    """What is prescribed for has an ICD-10 code that begins otherwise than every earlier diagnosis."""
    return _compared(scene, characters, same=False)


@condition
def diagnosis_not_comparable(scene: Scene, characters: int = 3) -> Found:
    """A diagnosis, or one before it, has no ICD-10 code, and none is called or coded the same."""
    return _compared(scene, characters, same=None)


@condition
def diagnosis_not_offered(scene: Scene, offered: tuple[str, ...]) -> Found:
    """What the patient comes for has an ICD-10 code, and it begins as none of some; with none it is not told.

    ``offered``: beginnings of codes. A prescription is judged by all that it is for, a visit by all that it
    says that it is for. Where it does not say, nobody knows for which of the earlier diagnoses the patient
    comes: then one of them is enough.
    """
    known = tuple(_start(code, len(code)) for code in offered)
    if not known:
        return ()
    if drugs := scene.of("MedicationRequest"):
        asked = ((f"{name_of(one)}.reasonReference", _reasons(scene, one)) for one in drugs)
        return tuple(place for place, concepts in asked if not all(_told(concepts, known)))
    own = list(_told(_of_visit(scene), known))
    if own:
        return () if all(own) else (scene.visit_ref,)
    earlier = list(_told(earlier_concepts(scene), known))
    return (f"{scene.visit_ref}.extension",) if earlier and not any(earlier) else ()


def _told(concepts: list[Any], known: tuple[str, ...]) -> Iterator[bool]:
    """Yield of each diagnosis with a code whether it is one of those seen."""
    for given in map(_icd, concepts):
        if given:
            yield any(_start(code, len(code)).startswith(known) for code in given)


def _of_visit(scene: Scene) -> list[Any]:
    """Return the diseases that the visit itself says that it is for, without complaints and comorbidities."""
    visit = scene.visit or {}
    others = {"diagnosis": [one for one in each(visit, "diagnosis") if _BESIDE not in codes(one.get("use"))]}
    named = [*references(visit, "reasonReference"), *references(others, "diagnosis.condition")]
    found = [one.get("code") for one in map(scene.read, named) if one is not None and _stands(one)]
    said = [one for one in [*found, *listed(visit.get("reasonCode"))] if one]
    return [one for one in said if not any(_start(code, 1) in _COMPLAINTS for code in _icd(one))]


def _compared(scene: Scene, characters: int, same: bool | None) -> tuple[str, ...]:
    earlier = earlier_concepts(scene)
    return tuple(
        f"{name_of(one)}.reasonReference"
        for one in scene.of("MedicationRequest")
        for concept in _reasons(scene, one)
        if earlier and _said(concept) and _agrees(concept, earlier, characters) is same
    )


def _agrees(concept: Any, earlier: list[Any], characters: int) -> bool | None:
    """Tell whether a diagnosis is one of the earlier ones; None where nobody can tell."""
    given, unsure = {_start(code, characters) for code in _icd(concept)}, False
    for one in earlier:
        before = {_start(code, characters) for code in _icd(one)}
        comparable = given and before
        if given & before if comparable else _names(concept) & _names(one):
            return True
        unsure = unsure or not comparable
    return None if unsure else False


def _reasons(scene: Scene, request: Any) -> list[Any]:
    named = [scene.read(ref) for ref in references(request, "reasonReference")]
    found = [one.get("code") for one in named if one is not None and _stands(one)]
    return [*(one for one in found if one), *listed(request.get("reasonCode"))]


def _stands(condition: Any) -> bool:
    wrong = codes(condition.get("verificationStatus")) & {"entered-in-error", "refuted"}
    return condition.get("resourceType") == "Condition" and not wrong


def _diagnoses(scene: Scene, composition: Any) -> list[bool]:
    found = []
    for section in each(composition, "section"):
        if "29548-5" in codes(section.get("code")):
            entries = [scene.read(ref) for ref in references(section, "entry")]
            found += [one is not None and _stands(one) and _said(one.get("code")) for one in entries]
            found.append(not entries and isinstance(section.get("text"), dict))
    return found


def _said(concept: Any) -> bool:
    return bool(codes(concept) or texts(concept))


def _icd(concept: Any) -> set[str]:
    return {code for system in ICD_10 for code in codes(concept, system)}


def _names(concept: Any) -> set[str]:
    names = {one.strip().casefold() for one in texts(concept)}
    return names | {code for system in TCM for code in codes(concept, system)}


def _start(code: str, characters: int) -> str:
    return code.strip().upper()[:characters]
