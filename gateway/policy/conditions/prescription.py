"""Prescription: the form that the rules of prescribing ask for (处方管理办法), beside its drugs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from gateway.canonical.elements import codes, each, first, has, name_of, references
from gateway.canonical.moments import day, last_day, stated
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene
from gateway.policy.systems import PRESCRIPTION_TYPE, SERIAL

_DAYS = {"d": 1, "wk": 7, "mo": 30, "h": 1 / 24, "日": 1, "天": 1, "周": 7, "月": 30}


@condition
def no_drug_name(scene: Scene) -> Found:
    """A line has no name of its drug in words."""
    paths = "medicationCodeableConcept.text|medicationCodeableConcept.coding.display"
    return tuple(
        f"{name_of(one)}.medication"
        for one in scene.of("MedicationRequest")
        if not has(one, paths) and not has(one, "medicationReference")
    )


@condition
def no_usage(scene: Scene) -> Found:
    """A line does not say how to use the drug: in words, or by dose and time, and by what route."""
    return tuple(
        f"{name_of(one)}.dosageInstruction"
        for one in scene.of("MedicationRequest")
        if not any(_usable(usage) for usage in each(one, "dosageInstruction"))
    )


@condition
def no_quantity(scene: Scene) -> Found:
    """A line does not say how much is to be given out: a number above zero, and its unit."""
    return tuple(
        f"{name_of(one)}.dispenseRequest.quantity"
        for one in scene.of("MedicationRequest")
        if not _is_amount(first(one, "dispenseRequest.quantity"))
    )


@condition
def more_drugs_than(scene: Scene, count: int) -> Found:
    """There are more drugs than these, herbs not counted."""
    drugs = [one for one in scene.of("MedicationRequest") if "herbal" not in _types(one)]
    return tuple(name_of(one) for one in drugs[count:])


@condition
def herbs_mixed(scene: Scene) -> Found:
    """Chinese herbs stand in one prescription with other drugs."""
    kinds = [_types(one) for one in scene.of("MedicationRequest")]
    mixed = any("herbal" in one for one in kinds) and any(one and "herbal" not in one for one in kinds)
    return (_unit(scene),) if mixed else False


@condition
def valid_longer_than(scene: Scene, days: int) -> Found:
    """A line is valid for more days than these after the day on which it was written."""
    found = []
    for one in scene.of("MedicationRequest"):
        start = day(one.get("authoredOn")) or day(first(one, "dispenseRequest.validityPeriod.start"))
        end = last_day(stated(first(one, "dispenseRequest.validityPeriod.end")))
        if start is not None and end is not None and (end - start).days > days:
            found.append(f"{name_of(one)}.dispenseRequest.validityPeriod")
    return tuple(found)


@condition
def supply_longer_than(scene: Scene, days: int) -> Found:
    """A line is meant to last for more days than these, and no note says why."""
    return tuple(
        f"{name_of(one)}.dispenseRequest.expectedSupplyDuration"
        for one in scene.of("MedicationRequest")
        if (lasting := _lasting(one)) is not None and lasting > days and not has(one, "note.text")
    )


@condition
def unit_not_whole(scene: Scene) -> Found:
    """There are no lines, not those that the RequestGroup lists, or patient, visit, author differ."""
    lines, groups = scene.of("MedicationRequest"), scene.of("RequestGroup")
    names = sorted(name_of(one) for one in lines)
    others = [
        one
        for one in groups
        if sorted(references(one, "action.resource")) != names or has(one, "action.action")
    ]
    apart = [path for path in ("subject", "encounter") if _differ(path, path, groups, lines)]
    apart += ["author"] if _differ("author", "requester", groups, lines) else []
    empty = [] if lines else [_unit(scene)]
    return (
        *empty,
        *(f"{name_of(one)}.action" for one in others),
        *(f"{_unit(scene)}.{one}" for one in apart),
    )


@condition
def serial_supplied(scene: Scene) -> Found:
    """A document that has not been submitted comes with a serial already."""
    return tuple(
        f"{name_of(one)}.{path}"
        for one in scene.documents
        for path in ("groupIdentifier", "requisition")
        if has_serial(one, path)
    )


def _is_amount(quantity: object) -> bool:
    value = first(quantity, "value")
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return number and value > 0 and has(quantity, "unit|code")


def _differ(path: str, of_line: str, groups: list[Resource], lines: list[Resource]) -> bool:
    said = [references(one, path) for one in groups] + [references(one, of_line) for one in lines]
    return len({tuple(one) for one in said}) > 1


def _usable(usage: Resource) -> bool:
    dose = has(usage, "doseAndRate.doseQuantity.value|doseAndRate.doseRange")
    return has(usage, "text") or (dose and has(usage, "timing") and has(usage, "route"))


def _types(request: Resource) -> set[str]:
    return codes(request.get("category"), PRESCRIPTION_TYPE)


def _unit(scene: Scene) -> str:
    groups = scene.of("RequestGroup")
    return name_of(groups[0] if groups else scene.documents[0])


def _lasting(request: Resource) -> float | None:
    given = first(request, "dispenseRequest.expectedSupplyDuration")
    if not isinstance(given, dict):
        return None
    factor = _DAYS.get(str(given.get("code") or given.get("unit") or ""))
    value = given.get("value")
    return None if factor is None or value is None else float(value) * factor


def has_serial(request: Resource, path: str) -> bool:
    """Tell whether an identifier is a serial: official, or of the system by which this gateway mints."""
    given = each(request, path)
    return any(one.get("use") == "official" or one.get("system") == SERIAL for one in given)


def expires(request: Resource, days: int) -> date | None:
    """Return the last day on which a line may be dispensed: as it says, or so many days after its issue."""
    said = last_day(stated(first(request, "dispenseRequest.validityPeriod.end")))
    issued = day(stated(request.get("authoredOn")))
    return said or (issued and issued + timedelta(days=days))
