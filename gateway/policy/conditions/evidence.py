"""Evidence: dated documents and agreements on file: DocumentReference and Contract, by their kind."""

from __future__ import annotations

from gateway.canonical.elements import codes, first, reference, references
from gateway.canonical.moments import end_us, stated_us
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene
from gateway.policy.systems import CONTRACTS, EVIDENCE


@condition
def evidence_missing(scene: Scene, kinds: tuple[str, ...]) -> Found:
    """The hospital has no evidence in date of one of these kinds (code system evidence-kind)."""
    return tuple(
        scene.hospital_ref for kind in kinds if not any(in_date(one, scene) for one in _all(scene, kind))
    )


@condition
def agreement_lapsed(scene: Scene, kind: str) -> Found:
    """The hospital has agreements of this kind (code system contract-kind), and none of them is in force."""
    there = agreements(scene, kind)
    return bool(there) and not any(in_force(one, scene) for one in there) and (scene.hospital_ref,)


def of_kind(scene: Scene, whose: str, kind: str) -> list[Resource]:
    """Return the current evidence of a kind about somebody (``subject``) or something: R4 has no Organization
    there, so that evidence about one names it in ``context.related``."""
    return [
        one
        for one in scene.referring("DocumentReference", whose, "subject", "related")
        if one.get("status") == "current"
        and whose in (reference(one.get("subject")), *references(one, "context.related"))
        and kind in codes(one.get("type"), EVIDENCE)
    ]


def in_date(document: Resource, scene: Scene) -> bool:
    """Tell whether evidence is in date: begun, and not over (``context.period``)."""
    start = stated_us(first(document, "context.period.start"))
    end = end_us(first(document, "context.period.end"))
    return (start is None or start <= scene.now_us) and (end is None or end > scene.now_us)


def agreements(scene: Scene, kind: str) -> list[Resource]:
    """Return the agreements of a kind that the hospital, or the physical one, is a party of."""
    return [
        one
        for whose in (scene.hospital_ref, scene.parent_ref)
        for one in scene.referring("Contract", whose, "subject")
        if kind in codes(one.get("type"), CONTRACTS)
    ]


def in_force(contract: Resource, scene: Scene) -> bool:
    """Tell whether an agreement is executed and in its period (``applies``)."""
    start = stated_us(first(contract, "applies.start"))
    end = end_us(first(contract, "applies.end"))
    good = contract.get("status") in ("executed", "renewed")
    return good and (start is None or start <= scene.now_us) and (end is None or end > scene.now_us)


def _all(scene: Scene, kind: str) -> list[Resource]:
    whose = (scene.hospital_ref, scene.parent_ref)
    return [one for ref in whose if ref for one in of_kind(scene, ref, kind)]
