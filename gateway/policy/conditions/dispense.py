"""Dispense: of what is approved and in date only, once, and by whom it is brought."""

from __future__ import annotations

from decimal import Decimal

from gateway.canonical.elements import each, first, has, name_of, reference, references
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.drug import same_drug
from gateway.policy.conditions.evidence import in_date, of_kind
from gateway.policy.conditions.prescription import expires, has_serial
from gateway.policy.scene import Scene

_VOID = ("entered-in-error", "cancelled", "declined", "stopped", "preparation")


@condition
def not_approved(scene: Scene) -> Found:
    """The dispense names no prescription, or one that is not effective (status active or completed)."""
    refs = _prescribed(scene)
    lines = [scene.read(ref) for ref in refs]
    good = bool(lines) and all(
        one is not None and one.get("status") in ("active", "completed") for one in lines
    )
    return False if good else _place(scene)


@condition
def prescription_expired(scene: Scene, days: int) -> Found:
    """The last day of the prescription's validity is over.

    ``days``: after the day of issue, where the prescription says no end.
    """
    ends = [expires(one, days) for ref in _prescribed(scene) if (one := scene.read(ref))]
    return any(end is not None and end < scene.today for end in ends) and _place(scene)


@condition
def validity_unstated(scene: Scene) -> Found:
    """The prescription does not say until when it is valid, and the day of its issue is over."""
    lines = [one for ref in _prescribed(scene) if (one := scene.read(ref))]
    silent = [one for one in lines if not has(one, "dispenseRequest.validityPeriod.end")]
    over = any((end := expires(one, 0)) is not None and end < scene.today for one in silent)
    return over and _place(scene)


@condition
def dispensed_before(scene: Scene) -> Found:
    """Another dispense of the same line is on file."""
    own = {name_of(one) for one in scene.documents}
    return tuple(
        f"{name_of(one)}.authorizingPrescription"
        for one in scene.of("MedicationDispense")
        for ref in references(one, "authorizingPrescription")
        for other in scene.referring("MedicationDispense", ref, "prescription")
        if name_of(other) not in own and other.get("status") not in _VOID
    )


@condition
def dispensed_to_another(scene: Scene) -> Found:
    """The dispense is for another patient than the prescription that it names."""
    return tuple(
        f"{name_of(one)}.subject"
        for one, line in _pairs(scene)
        if set(references(one, "subject")) ^ set(references(line, "subject"))
    )


@condition
def dispensed_more(scene: Scene) -> Found:
    """More is handed out than was prescribed, both counted in the same unit."""
    return tuple(
        f"{name_of(one)}.quantity"
        for one, line in _pairs(scene)
        if _is_more(one.get("quantity"), first(line, "dispenseRequest.quantity"))
    )


@condition
def dispensed_other_drug(scene: Scene) -> Found:
    """The dispense says another drug than its prescription: neither a code nor a name is the same."""
    return tuple(
        f"{name_of(one)}.medication"
        for one in scene.of("MedicationDispense")
        if (lines := [line for other, line in _pairs(scene) if other is one])
        and not any(same_drug(scene, one, line) for line in lines)
    )


@condition
def without_serial(scene: Scene) -> Found:
    """The prescription has no serial: it never passed the gate and the ledger."""
    return tuple(
        f"{name_of(one)}.groupIdentifier"
        for one in scene.prescriptions
        if not has_serial(one, "groupIdentifier")
    )


@condition
def deliverer_not_qualified(scene: Scene, kinds: tuple[str, ...]) -> Found:
    """Another institution than the hospital takes part, and has no evidence in date of one of these kinds."""
    ours = {scene.hospital_ref, scene.parent_ref} - {""}
    return tuple(
        f"{name_of(one)}.performer"
        for one in scene.of("MedicationDispense")
        for ref in references(one, "performer.actor")
        if ref.startswith("Organization/")
        and ours.isdisjoint((ref, reference((scene.read(ref) or {}).get("partOf"))))
        and not any(in_date(found, scene) for kind in kinds for found in of_kind(scene, ref, kind))
    )


def _pairs(scene: Scene) -> list[tuple[Resource, Resource]]:
    """Return each dispense with each line that it names, as far as those are on file."""
    return [
        (one, line)
        for one in scene.of("MedicationDispense")
        for ref in references(one, "authorizingPrescription")
        if (line := scene.read(ref)) is not None
    ]


def _is_more(given: object, prescribed: object) -> bool:
    amounts = [_amount(one) for one in (given, prescribed)]
    units = [{*each(one, "unit"), *each(one, "code")} for one in (given, prescribed)]
    return amounts[0] > amounts[1] > 0 and bool(units[0] & units[1])


def _amount(quantity: object) -> Decimal:
    value = first(quantity, "value")
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) else Decimal(0)


def _prescribed(scene: Scene) -> list[str]:
    return [
        ref for one in scene.of("MedicationDispense") for ref in references(one, "authorizingPrescription")
    ]


def _place(scene: Scene) -> tuple[str, ...]:
    return tuple(f"{name_of(one)}.authorizingPrescription" for one in scene.of("MedicationDispense"))
