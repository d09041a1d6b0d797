"""Lines: the drugs of one prescription, whether a RequestGroup lists them or their number alone says it."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.canonical.elements import each, references
from gateway.errors import Refusal
from gateway.feed.kinds import FAMILIES, ORDERS, serial_in
from gateway.feed.visit.unit import PRESCRIPTION_NUMBER, Unit, group_of, unit_of
from gateway.store import Desk, Made


def whole(desk: Desk, group: Resource) -> Unit:
    """Return a prescription with those of its drugs that are on file: others may follow."""
    try:
        return unit_of(desk, group)
    except Refusal:
        lines = [desk.read(*name.split("/")) for name in references(group, "action.resource")]
        return Unit("prescription", (group, *(one for one in lines if one is not None)))


def siblings(desk: Desk, line: Resource) -> tuple[Resource, ...]:
    """Return the drugs that share a prescription's number with one that no RequestGroup lists."""
    visit = next(iter(references(line, "encounter")), "")
    lines = desk.referring("MedicationRequest", visit) if visit and (_own(line) or _grouped(line)) else []
    others = [one for one in lines if one["id"] != line["id"] and _are_one(line, one)]
    found = [line, *(one for one in others if group_of(desk, one) is None)]
    return tuple(sorted(found, key=lambda one: str(one["id"])))


def _are_one(line: Resource, other: Resource) -> bool:
    """Tell whether two drugs are of one prescription; a serial that one took from another proves nothing."""
    mine, its = _own(line), _own(other)
    if serial_in(line) and mine and its:
        return bool(mine & its)
    return bool((mine | _grouped(line)) & (its | _grouped(other)))


def _own(line: Resource) -> set[str]:
    return {
        str(one["value"])
        for one in each(line, "identifier")
        if one.get("system") == PRESCRIPTION_NUMBER and one.get("value")
    }


def _grouped(line: Resource) -> set[str]:
    return {str(one["value"]) for one in each(line, "groupIdentifier") if one.get("value")}


def standing(unit: Unit) -> Resource:
    """Return the resource whose status is that of the document: of drugs without a group one that holds."""
    lines = unit.documents if unit.about["resourceType"] == "MedicationRequest" else ()
    for phase in ("effective", "draft"):
        for one in lines:
            if FAMILIES["MedicationRequest"].phase(one) == phase:
                return one
    return unit.about


def keep_serial(desk: Desk, made: Made) -> None:
    """Give back the serial that a message has taken from an order: its sender does not know it."""
    before, after = made.before, desk.read(made.type, made.id)
    if made.type in ORDERS and before is not None and after is not None and not serial_in(after):
        element = "requisition" if made.type == "ServiceRequest" else "groupIdentifier"
        if serial_in(before):
            desk.write({**after, element: before[element]})
