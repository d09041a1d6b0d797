"""Redeem: at which pharmacy a prescription is used, and whether who acts belongs to it."""

from __future__ import annotations

from gateway.canonical.elements import name_of, reference, references
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.evidence import agreements, in_force
from gateway.policy.conditions.practitioner import active_roles
from gateway.policy.scene import Scene


@condition
def redeemer_elsewhere(scene: Scene) -> Found:
    """Who acts has active roles on file, and none at the pharmacy, its parent or a department of either."""
    at = _institutions(scene)
    return tuple(
        place for ref, place in _pharmacies(scene).items() if at and _house(scene, ref).isdisjoint(at)
    )


@condition
def redeemer_nowhere(scene: Scene) -> Found:
    """Who acts has no active role with an institution on file."""
    return bool(_person(scene)) and not _institutions(scene) and tuple(_pharmacies(scene).values())


@condition
def pharmacy_without_agreement(scene: Scene, kind: str, others: bool) -> Found:
    """The pharmacy is not the hospital's own, and no agreement of this kind in force is with it.

    ``others``: whether there must be, or must not be, other agreements of this kind on file.
    """
    there = agreements(scene, kind)
    if bool(there) != others:
        return False
    parties = {ref for one in there if in_force(one, scene) for ref in references(one, "subject")}
    ours = {scene.hospital_ref, scene.parent_ref}
    return tuple(
        place
        for ref, place in _pharmacies(scene).items()
        if (parties | ours).isdisjoint(_with_parent(scene, ref))
    )


def _pharmacies(scene: Scene) -> dict[str, str]:
    """Return the institutions that own the redemption, each with its place."""
    return {
        ref: f"{name_of(one)}.owner"
        for one in scene.of("Task")
        for ref in references(one, "owner")
        if ref.startswith("Organization/")
    }


def _person(scene: Scene) -> str:
    actor = scene.case.actor
    return scene.person(actor.practitioner) if actor else ""


def _institutions(scene: Scene) -> set[str]:
    """Return where who acts has an active role, and what is above that."""
    roles = active_roles(scene, person) if (person := _person(scene)) else []
    return {
        ref for role in roles for at in references(role, "organization") for ref in _with_parent(scene, at)
    }


def _house(scene: Scene, pharmacy: str) -> set[str]:
    """Return what counts as the pharmacy; of the hospital's own the whole hospital does."""
    found, ours = _with_parent(scene, pharmacy), {scene.hospital_ref, scene.parent_ref} - {""}
    return found if found.isdisjoint(ours) else found | ours


def _with_parent(scene: Scene, ref: str) -> set[str]:
    return {ref, reference((scene.read(ref) or {}).get("partOf"))} - {""}
