"""Course: where a document stands on its way, read from what is on file (the states of ``states.py``)."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.feed.kinds import serial_in
from gateway.feed.scope import visit_is_virtual
from gateway.feed.visit.entering import last_about
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.states import State
from gateway.feed.visit.task import review_of
from gateway.feed.visit.unit import Unit, group_of, unit_of
from gateway.store import Desk

_REVIEWS: dict[str, State] = {"draft": "waiting", "requested": "submitted", "on-hold": "held"}
_ENDED: dict[str, State] = {"completed": "completed", "revoked": "cancelled", "entered-in-error": "cancelled"}


def course_of(unit: Unit) -> str:
    """Return the name of the table that a document goes by."""
    return "prescription" if unit.kind == "prescription" else "request"


def state_of(desk: Desk, unit: Unit) -> State:
    """Return where a prescription, a request or a record stands."""
    status = unit.about.get("status")
    if unit.kind == "prescription":
        return _prescription(desk, unit.about)
    if unit.kind == "record":
        return (
            "draft"
            if status == "preliminary"
            else "cancelled"
            if status == "entered-in-error"
            else "effective"
        )
    if status == "draft":
        return "waiting" if last_about(desk, unit.name) else "draft"
    return _ENDED.get(str(status), "effective")


def _prescription(desk: Desk, group: Resource) -> State:
    status = group.get("status")
    task = review_of(desk, group) or {}
    if status == "draft":
        return _REVIEWS.get(str(task.get("status")), "draft")
    if status == "revoked" and task.get("status") == "rejected":
        return "rejected"
    return _ENDED.get(str(status), "effective")


def locked(desk: Desk, hospital: Hospital, order: Resource) -> bool:
    """Tell whether an order (one of its resources) is submitted or holds: only operations move it."""
    if order.get("status") != "draft" or serial_in(order):
        return True
    if not hospital.by_platform:
        return False
    if order["resourceType"] == "MedicationRequest":
        group = group_of(desk, order)
        return group is not None and last_about(desk, f"RequestGroup/{group['id']}") is not None
    return last_about(desk, f"{order['resourceType']}/{order['id']}") is not None


def governing(hospitals: Hospitals, desk: Desk) -> Hospital:
    """Return the hospital of a desk. Raises ``Refusal``: its visits are not governed."""
    found = hospitals.of(desk.tenant)
    if found is None:
        raise refuse("not-a-visit", also="[tenants.NAME] governed = false")
    return found


def document_of(desk: Desk, type_: str, id_: str) -> Resource:
    """Return a resource. Raises ``Rejected`` (``not-found``): there is none."""
    found = desk.read(type_, id_)
    if found is None:
        raise Rejected("there is no such resource", code="not-found")
    return found


def order_of(desk: Desk, type_: str, id_: str) -> Unit:
    """Return a document of an internet visit.

    Raises:
        Rejected: ``not-found``.
        Refusal: it belongs to no internet visit, or is not whole.
    """
    unit = unit_of(desk, document_of(desk, type_, id_))
    if not unit.serial and not (unit.encounter and visit_is_virtual(desk, unit.encounter)):
        raise refuse("not-a-visit", f"{type_}.encounter")
    if not unit.kind:
        raise refuse("kind-unknown", f"{type_}.category")
    return unit
