"""Writes: what a plain write of the API (PUT, POST, PATCH, DELETE) may do to a document of a visit."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, encounter_of, name_of, references
from gateway.errors import Rejected
from gateway.feed.kinds import FAMILIES, ORDERS, TASKS, is_virtual, serial_in, task_code
from gateway.feed.own import task_of
from gateway.feed.visit.course import locked
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospital
from gateway.feed.visit.states import check_to, jump_to
from gateway.feed.visit.task import REVIEW
from gateway.store import Desk, Made

_OURS = frozenset((REVIEW, "referral", "redemption"))
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
        _check_unused(desk, hospital, before, after)
    elif made.type in ORDERS:
        _order(desk, hospital, before, after)
    elif made.type == "Task":
        _task(before, after)
    else:
        _document(made.type, before, after)


def check_arrived(after: Resource | None) -> None:
    """Make sure that what comes is no order with effect. Raises ``Refusal``: conflict (NAT-20.5)."""
    type_ = after["resourceType"] if after is not None else ""
    if after is not None and type_ in ORDERS and FAMILIES[type_].phase(after) == "effective":
        raise refuse("state-arrived", f"{name_of(after)}.status")


def is_past_review(desk: Desk, made: Made) -> bool:
    """Tell whether somebody brings the review of a prescription that ended elsewhere, and is none of ours."""
    after = made.after
    if made.type != "Task" or made.before is not None or after is None:
        return False
    done = task_code(after) == REVIEW and after.get("status") == "completed"
    return done and not any(task_of(desk, name, REVIEW) for name in references(after, "focus"))


def _check_reference(after: Resource) -> None:
    """A visit is named as this server knows it: by an address it would pass for none of ours."""
    for path in ("encounter.reference", "context.reference"):
        for said in each(after, path):
            if isinstance(said, str) and ("://" in said or "#" in said or "?" in said):
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


def _check_unused(desk: Desk, hospital: Hospital, before: Resource | None, after: Resource | None) -> None:
    """A visit whose orders stand is this patient's, and took place. Raises ``Refusal``: conflict."""
    if before is None or after is None or not is_virtual(before):
        return
    moved = references(before, "subject") != references(after, "subject")
    if not moved and (after.get("status") != "entered-in-error" or before.get("status") == after["status"]):
        return
    for type_ in ORDERS:
        for one in desk.referring(type_, name_of(before)):
            if FAMILIES[type_].phase(one) != "void" and locked(desk, hospital, one):
                raise refuse("visit-used", f"{name_of(before)}.{'subject' if moved else 'status'}")


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
        if one is not None and not _OURS.isdisjoint(codes(one.get("code"), TASKS)):
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
        possible = [] if old == "void" else sorted((family.asked - family.draft) | family.void)
        was, to = str(before.get("status")), str((after or {}).get("status"))
        raise jump_to(was, to, possible, f"{name_of(before)}.status")
