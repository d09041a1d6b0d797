"""Writes: what a plain write of the API (PUT, POST, PATCH, DELETE) may do to a document of a visit."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.feed.visit.book import RULES, last_about
from gateway.feed.visit.course import locked
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospital, encounter_of
from gateway.feed.visit.kinds import FAMILIES, ORDERS, is_virtual, serial_in, task_code
from gateway.feed.visit.states import check_to
from gateway.feed.visit.unit import group_of
from gateway.policy.elements import each, name_of, references
from gateway.store import Desk, Made

KEPT = ("Provenance", "DetectedIssue")
"""Types of what stands beside the documents of a visit and stays as it is."""

_OURS = ("pharmacist-review", "referral", "redemption")
"""Tasks that operations move."""

_OVER = ("finished", "cancelled", "entered-in-error")


def check_write(desk: Desk, hospital: Hospital, made: Made) -> None:
    """Make sure that the states allow a write.

    Raises:
        Refusal: ``conflict``, or the document brings a serial along.
    """
    before, after = made.before, made.after
    if after is not None:
        _check_reference(after)
    if made.type == "Encounter":
        _visit(before, after)
    elif made.type in ORDERS:
        _order(desk, hospital, before, after)
    elif made.type == "Task":
        _task(before, after)
    else:
        _document(made.type, before, after)


def check_kept(desk: Desk, made: Made) -> None:
    """Make sure that what belongs to the evidence stays: signatures, and what the rules remarked.

    Raises:
        Refusal: ``conflict``.
    """
    before = made.before
    if before is None:
        return
    if made.type == "DetectedIssue":
        kept = RULES in each(before, "code.coding.system")
    else:
        kept = "signature" in before and any(_entered(desk, one) for one in references(before, "target"))
    if kept:
        raise refuse("state-kept", name_of(before))


def _entered(desk: Desk, name: str) -> bool:
    """Tell whether a document is in the ledger, of a drug its prescription."""
    line = desk.read(*name.split("/")) if name.startswith("MedicationRequest/") else None
    group = group_of(desk, line) if line is not None else None
    return last_about(desk, name) is not None or (
        group is not None and last_about(desk, name_of(group)) is not None
    )


def _check_reference(after: Resource) -> None:
    """A visit is named as this server knows it: by an address of its own it would pass for none of ours."""
    for path in ("encounter.reference", "context.reference"):
        for said in each(after, path):
            if isinstance(said, str) and "://" in said:
                raise refuse("visit-reference", f"{name_of(after)}.{path.partition('.')[0]}")


def _visit(before: Resource | None, after: Resource | None) -> None:
    if before is not None and is_virtual(before):
        name = name_of(before)
        if after is None:
            raise refuse("state-entered", name)
        if not is_virtual(after):
            raise refuse("state-class", f"{name}.class")
        old, new = str(before.get("status")), str(after.get("status"))
        if new == "cancelled" and old in ("in-progress", "onleave", "finished"):
            raise refuse("state-began", f"{name}.status")
        check_to("visit", old, new, f"{name}.status")


def _order(desk: Desk, hospital: Hospital, before: Resource | None, after: Resource | None) -> None:
    if before is not None and locked(desk, hospital, before):
        raise refuse("state-submitted", name_of(before))
    if after is None:
        return
    phase = FAMILIES[after["resourceType"]].phase(after)
    if phase == "void":
        return
    if before is not None and phase == "effective":
        raise refuse("state-takes-effect", f"{name_of(after)}.status")
    check_not_over(desk, after)
    if phase == "draft":
        _check_serial(desk, after)


def check_not_over(desk: Desk, order: Resource) -> None:
    """Make sure that the visit of an order goes on. Raises ``Refusal``: conflict (NAT-19.2)."""
    visit = desk.read("Encounter", encounter_of(order)) if encounter_of(order) else None
    if visit is not None and visit.get("status") in _OVER:
        raise refuse("state-visit-over", f"{name_of(order)}.encounter")


def _check_serial(desk: Desk, order: Resource) -> None:
    """A draft has no serial: it gets one when it is submitted. Raises ``Refusal``."""
    serial = serial_in(order)
    if not serial:
        return
    try:
        holder = desk.holder(serial)
    except Rejected:
        raise refuse("serial-taken", f"{name_of(order)}") from None
    raise refuse("serial-taken" if holder else "serial-brought", f"{name_of(order)}")


def _task(before: Resource | None, after: Resource | None) -> None:
    for one in (before, after):
        if one is not None and task_code(one) in _OURS:
            raise refuse("state-task", name_of(one))


def _document(type_: str, before: Resource | None, after: Resource | None) -> None:
    """What has been told is not deleted and does not become a draft again; what is void stays so."""
    family = FAMILIES[type_]
    old, new = family.phase(before), family.phase(after)
    if before is None or old == "draft":
        return
    if new == "none":
        raise refuse("state-entered", name_of(before))
    if new == "draft" or old == "void":
        raise refuse("state-jump", f"{name_of(before)}.status")
