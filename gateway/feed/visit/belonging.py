"""Belonging: what belongs to an internet visit stays with it; a hospital may say that every order has one."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.canonical import Resource
from gateway.canonical.elements import encounter_of, name_of
from gateway.feed.kinds import FAMILIES, ORDERS
from gateway.feed.scope import in_visit, visit_is_virtual
from gateway.feed.visit.entering import flag
from gateway.feed.visit.grounds import finding_of, refuse
from gateway.store import Desk, Made

_STAYING = FAMILIES.keys() - {"Consent", "Encounter", "Task"}
_ORDERED = (*ORDERS, "MedicationDispense")


def check_staying(desk: Desk, written: Iterable[Made], by_api: bool) -> None:
    """Make sure that no document is taken out of its internet visit, or put into another one.

    Raises:
        Refusal: conflict. Of messages what holds already is flagged instead.
    """
    for one in written:
        before, after = one.before, one.after
        if one.type in _STAYING and before is not None and after is not None and _parts(desk, before, after):
            _object(desk, after, "state-visit", by_api)


def check_named(desk: Desk, written: Iterable[Made], by_api: bool) -> None:
    """Make sure that every order, and every dispense, belongs to an internet visit (``every_order``).

    Raises:
        Refusal: business-rule. Of messages what holds already is flagged instead.
    """
    for one in written:
        before, after = one.before, one.after
        if one.type not in _ORDERED or after is None:
            continue
        phase = FAMILIES[one.type].phase
        if phase(after) != "void" and phase(before) != "effective" and not in_visit(desk, after):
            _object(desk, after, "visit-missing", by_api)


def _parts(desk: Desk, before: Resource, after: Resource) -> bool:
    visit = encounter_of(before)
    changed = visit != encounter_of(after) and visit_is_virtual(desk, visit)
    return changed or (in_visit(desk, before) and not in_visit(desk, after))


def _object(desk: Desk, after: Resource, rule: str, by_api: bool) -> None:
    type_ = after["resourceType"]
    if by_api or FAMILIES[type_].phase(after) == "draft":
        raise refuse(rule, f"{name_of(after)}.{'context' if type_ == 'MedicationDispense' else 'encounter'}")
    flag(desk, (after,), [finding_of(rule)])
