"""Drug: is a drug on a list, under whatever name, and is it known at all."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.canonical.elements import codes, each, first, name_of, reference, references, texts
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.drugs import READ, Listed, catalogue
from gateway.policy.drugs.spelling import parts, plain, squeezed
from gateway.policy.scene import Scene
from gateway.policy.systems import REQUEST_KIND


@condition
def drug_listed(scene: Scene, lists: tuple[str, ...], except_exam: bool = False) -> Found:
    """A drug is on one of the lists, by name or ATC code: its own, the formulary's, an ingredient's.

    ``except_exam``: drugs that are for an exam and handed to the hospital are let pass.
    """
    return tuple(
        f"{name_of(one)}.medication"
        for one in _lines(scene)
        if _on_lists(scene, one, lists) and not (except_exam and _for_exam(scene, one))
    )


@condition
def drug_unknown(scene: Scene) -> Found:
    """A drug's name is neither in the tables nor that of the formulary's entry (Medication, by code)."""
    return tuple(f"{name_of(one)}.medication" for one in _lines(scene) if not _is_known(scene, one))


def same_drug(scene: Scene, one: Resource, other: Resource) -> bool:
    """Tell whether two lines say the same drug: a reference, a code, or a name that has the other in it."""
    refs = [set(references(line, "medicationReference")) for line in (one, other)]
    coded = [set(map(_code, _codings(scene, line))) - {("", "")} for line in (one, other)]
    if refs[0] & refs[1] or coded[0] & coded[1]:
        return True
    called = [squeezed(plain(name)) for name in _names(scene, other)]
    return any(_is_called(name, called) for name in _names(scene, one))


def _code(coding: object) -> tuple[str, str]:
    return str(first(coding, "system", "")), str(first(coding, "code", ""))


def _is_known(scene: Scene, line: Resource) -> bool:
    if any(len(name) > READ for name in _names(scene, line)):
        return False
    entries = [one for one in _formulary(scene, line) if _active(one)]
    called = [squeezed(plain(name)) for one in entries for name in texts(one.get("code"))]
    said = _said(line)
    if not said:
        return bool(entries)
    return all(_found(name) or _is_called(name, called) for name in said)


def _is_called(name: str, called: list[str]) -> bool:
    """Tell whether a name is one of the formulary's entry, or one has the other in it (form, brand)."""
    own = {squeezed(part) for part in parts(plain(name))} - {""}
    return any(one in other or other in one for one in own for other in called if other)


def _lines(scene: Scene) -> list[Resource]:
    return [*scene.of("MedicationRequest"), *scene.of("MedicationDispense")]


def _on_lists(scene: Scene, line: Resource, lists: tuple[str, ...]) -> bool:
    told = (
        *(found for name in _names(scene, line) for found in catalogue().listed(name)),
        *(found for one in _codings(scene, line) for found in _coded(one)),
    )
    return any(one.list in lists and (one.since is None or one.since <= scene.today) for one in told)


def _names(scene: Scene, line: Resource) -> Iterator[str]:
    yield from _said(line)
    for entry in (*_formulary(scene, line), *_contained(line)):
        yield from texts(entry.get("code"))
        for one in each(entry, "ingredient"):
            yield from texts(one.get("itemCodeableConcept"))


def _codings(scene: Scene, line: Resource) -> Iterator[object]:
    yield from each(line, "medicationCodeableConcept.coding")
    for entry in (*_formulary(scene, line), *_contained(line)):
        yield from each(entry, "code.coding")
        yield from each(entry, "ingredient.itemCodeableConcept.coding")


def _coded(coding: object) -> tuple[Listed, ...]:
    if not isinstance(coding, dict):
        return ()
    return catalogue().coded(str(coding.get("system", "")), str(coding.get("code", "")))


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
