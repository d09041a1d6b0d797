"""Approval: whether a pharmacist has approved a prescription that is effective (NAT-20.5)."""

from __future__ import annotations

from gateway.canonical.elements import codes, each, name_of, references
from gateway.canonical.resource import Resource
from gateway.canonical.signed import Verified
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.pharmacist import PHARMACIST
from gateway.policy.conditions.practitioner import is_a
from gateway.policy.scene import Scene

_EFFECTIVE = ("active", "completed", "on-hold", "stopped", "unknown")
_HANDED_OVER = ("completed",)
_VERIFICATION = "1.2.840.10065.1.12.1.5"
"""Type of a pharmacist's signature (ASTM E1762-95)."""


@condition
def effective_unapproved(scene: Scene) -> Found:
    """A prescription is effective, and no review by a pharmacist that is on file has approved it: neither a
    Task of its review that is completed, nor a pharmacist's good signature over it.

    What was approved is what the pharmacist signed: a Task does not speak for what was changed since.
    """
    return tuple(
        name_of(one)
        for one in scene.of("RequestGroup") or scene.of("MedicationRequest")
        if _is_effective(scene) and not _approved(scene, one)
    )


@condition
def dispense_unapproved(scene: Scene, handed_over: bool) -> Found:
    """The dispense is of a prescription that is effective, and that no pharmacist's review has approved.

    ``handed_over``: looks at dispenses that are completed, or at all others.
    """
    mine = [
        one for one in scene.of("MedicationDispense") if (one.get("status") in _HANDED_OVER) == handed_over
    ]
    if not mine or not _is_effective(scene):
        return False
    groups = [_prescription(scene, line) for line in scene.prescriptions]
    return any(not _approved(scene, one) for one in groups) and tuple(
        f"{name_of(one)}.authorizingPrescription" for one in mine
    )


def _is_effective(scene: Scene) -> bool:
    return any(one.get("status") in _EFFECTIVE for one in scene.prescriptions)


def _prescription(scene: Scene, line: Resource) -> Resource:
    """Return the RequestGroup that lists a drug, the drug itself where none does."""
    for visit in references(line, "encounter"):
        for group in scene.referring("RequestGroup", visit, "encounter"):
            if name_of(line) in references(group, "action.resource"):
                return group
    return line


def _approved(scene: Scene, document: Resource) -> bool:
    name = name_of(document)
    authors = {
        scene.person(ref)
        for one in (document, *scene.prescriptions)
        for path in ("author", "requester")
        for ref in references(one, path)
    }
    if any(_is_approval(scene, by, name, authors) for by in scene.case.signatures):
        return True
    signed = any(
        _VERIFICATION in each(one, "signature.type.code")
        for one in scene.referring("Provenance", name, "target")
    )
    if signed and not _was_merged(scene):
        return False
    return any(_is_review(scene, one, name, authors) for one in scene.referring("Task", name, "focus"))


def _is_approval(scene: Scene, by: Verified, name: str, authors: set[str]) -> bool:
    """Tell whether a good signature is that of a pharmacist under a prescription of somebody else."""
    person = scene.person(by.who)
    return (
        by.purpose == _VERIFICATION
        and any(target.split("/_history/")[0] == name for target in by.targets)
        and person not in authors
        and by.names_person(scene.read(person) or {})
        and any(is_a(one, PHARMACIST) for one in scene.referring("PractitionerRole", person, "practitioner"))
    )


def _is_review(scene: Scene, task: Resource, name: str, authors: set[str]) -> bool:
    owners = {scene.person(ref) for ref in references(task, "owner")} - {""}
    return (
        task.get("status") == "completed"
        and "pharmacist-review" in codes(task.get("code"), "urn:qiao:codes:task-code")
        and name in references(task, "focus")
        and bool(owners - authors)
    )


def _was_merged(scene: Scene) -> bool:
    """Tell whether the patient was joined with another one: that ends a signature, and no approval."""
    return "replaces" in each(scene.patient, "link.type")
