"""Drug: is a drug on a list, under whatever name, and is it known at all."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.drugs import READ, catalogue
from gateway.policy.elements import codes, each, name_of, reference, references, texts
from gateway.policy.scene import Scene
from gateway.policy.systems import REQUEST_KIND


@condition
def drug_listed(scene: Scene, lists: tuple[str, ...], except_exam: bool = False) -> Found:
    """A drug is on one of the lists: by its name, that of the formulary's entry, or one of its ingredients.

    ``except_exam``: drugs that are for an exam and handed to the hospital are let pass.
    """
    return tuple(
        f"{name_of(one)}.medication"
        for one in _lines(scene)
        if _on_lists(scene, one, lists) and not (except_exam and _for_exam(scene, one))
    )


@condition
def drug_unknown(scene: Scene) -> Found:
    """A drug is not in the hospital's formulary (Medication, by code), nor in the tables by all its names."""
    return tuple(f"{name_of(one)}.medication" for one in _lines(scene) if not _is_known(scene, one))


def _is_known(scene: Scene, line: Resource) -> bool:
    if any(len(name) > READ for name in _names(scene, line)):
        return False
    in_formulary = any(_active(entry) for entry in _formulary(scene, line))
    return in_formulary or all(_found(name) for name in _said(line) or [""])


def _lines(scene: Scene) -> list[Resource]:
    return [*scene.of("MedicationRequest"), *scene.of("MedicationDispense")]


def _on_lists(scene: Scene, line: Resource, lists: tuple[str, ...]) -> bool:
    return any(
        found.list in lists and (found.since is None or found.since <= scene.today)
        for name in _names(scene, line)
        for found in catalogue().listed(name)
    )


def _names(scene: Scene, line: Resource) -> Iterator[str]:
    yield from _said(line)
    for entry in (*_formulary(scene, line), *_contained(line)):
        yield from texts(entry.get("code"))
        for one in each(entry, "ingredient"):
            yield from texts(one.get("itemCodeableConcept"))


def _said(line: Resource) -> list[str]:
    names = [str(one) for one in each(line, "medicationReference.display")]
    return [*texts(line.get("medicationCodeableConcept")), *names]


def _found(name: str) -> bool:
    return bool(catalogue().known(name) or catalogue().listed(name))


def _formulary(scene: Scene, line: Resource) -> list[Resource]:
    """The Medications on file that a line names by a code or a reference."""
    found = [scene.named("Medication", coding) for coding in each(line, "medicationCodeableConcept.coding")]
    found.append(scene.read(reference(line.get("medicationReference"))))
    return [one for one in found if one is not None and one.get("resourceType") == "Medication"]


def _contained(line: Resource) -> list[Resource]:
    """What the line brings along says what the drug is, and not that the hospital knows it."""
    return [one for one in each(line, "contained") if one.get("resourceType") == "Medication"]


def _active(medication: Resource) -> bool:
    return bool(medication.get("status", "active") == "active")


def _for_exam(scene: Scene, line: Resource) -> bool:
    hospitals = {scene.hospital_ref, scene.parent_ref} - {""}
    requests = [
        line,
        *(one for ref in references(line, "authorizingPrescription") if (one := scene.read(ref))),
    ]
    return any(
        hospitals & set(references(one, "dispenseRequest.performer"))
        and any(
            "exam" in codes((scene.read(ref) or {}).get("category"), REQUEST_KIND)
            for ref in references(one, "basedOn")
        )
        for one in requests
    )
