"""Cleared: what the rules say of a document as it stands, and whether a prescription may be handed out.

A prescription that held when it came was never stopped (docs/visit.md). Before a drug of it is handed out it
must be approved, and nothing that a rule refused when it came may stand any more (NAT-20.5).
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.canonical import Resource
from gateway.canonical.actor import Actor, Principal
from gateway.canonical.elements import name_of, references
from gateway.canonical.signed import Verified
from gateway.errors import Refusal, Rejected
from gateway.feed.kinds import FAMILIES, event_of, serial_in
from gateway.feed.remark import remark_of
from gateway.feed.visit.actor import actor_of
from gateway.feed.visit.drugs import changed_drugs
from gateway.feed.visit.grounds import finding_of, ground_of, refuse
from gateway.feed.visit.hospital import Hospital
from gateway.feed.visit.lines import siblings, standing, whole
from gateway.feed.visit.signing import good_ones, signatures_over
from gateway.feed.visit.unit import Unit, check_holder, group_of
from gateway.policy import Decision, Event, Finding
from gateway.security.signature import AUTHOR
from gateway.store import Desk

APPROVAL = "NAT-20.5"
"""Requirement: a prescription takes effect once a pharmacist has approved it."""

_SIGNED = frozenset({"RequestGroup", "MedicationRequest", "ServiceRequest", "Composition", "Task"})

_ELEMENTS = {
    "RequestGroup": "groupIdentifier",
    "MedicationRequest": "groupIdentifier",
    "ServiceRequest": "requisition",
}
"""Where a serial stands."""


def judge(
    desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None, event: Event | None = None
) -> Decision:
    """Return what the rules say of a document as it stands, with the signatures that are on file.

    Raises:
        Retry: a signature server must be asked first.
    """
    event = event or event_of(unit.about)
    if unit.about["resourceType"] == "MedicationDispense":
        return _of_dispense(desk, hospital, unit, actor, event)
    signed = signed_over(desk, hospital, unit) if unit.about["resourceType"] in _SIGNED else ()
    return hospital.decide(desk, event, unnumbered(desk, unit), actor, signed)


def unnumbered(desk: Desk, unit: Unit) -> tuple[Resource, ...]:
    """Return the resources of a document without the serial that it has here: nobody brought that along."""
    return tuple(
        {name: value for name, value in one.items() if name != element}
        if (element := _ELEMENTS.get(one["resourceType"])) and _is_own(desk, unit, serial_in(one))
        else one
        for one in unit.documents
    )


def _is_own(desk: Desk, unit: Unit, serial: str) -> bool:
    try:
        known = bool(serial) and desk.holder(serial) is not None
        if known:
            check_holder(desk, unit, serial)
    except Rejected:
        return False
    return known


def signed_over(desk: Desk, hospital: Hospital, unit: Unit) -> tuple[Verified, ...]:
    """Return what the good signatures on file prove of a document. Raises ``Retry``."""
    found = signatures_over(desk, unit.name)
    return tuple(good_ones(desk, hospital.checked, found, unit.documents)) if found else ()


def uncleared(desk: Desk, hospital: Hospital, unit: Unit) -> list[Finding]:
    """Return why an effective prescription may not be handed out.

    It is judged anew as it stands: what was flagged when it came and is put right since counts no more; what
    only time has made worse (its date) does not count.
    """
    if FAMILIES["MedicationRequest"].phase(standing(unit)) != "effective":
        return []
    signed = signed_over(desk, hospital, unit)
    actor = actor_of(desk, Principal(), [one for one in signed if one.purpose == AUTHOR])
    found = hospital.decide(desk, "prescription", unnumbered(desk, unit), actor, signed).refusals
    wrong = [one for one in found if _is_approval(one) or _is_flagged(desk, unit, one)]
    return [*wrong, finding_of("drug-changed", "refuse")] if changed_drugs(desk, unit) else wrong


def check_cleared(desk: Desk, hospital: Hospital, unit: Unit) -> None:
    """Make sure that a prescription may be handed out. Raises ``Refusal``: conflict (NAT-20.5)."""
    found = uncleared(desk, hospital, unit)
    if found:
        refusal = refuse("state-not-cleared", unit.name)
        raise Refusal([*refusal.issues, *(ground_of(one) for one in found)], code=refusal.code)


def _of_dispense(desk: Desk, hospital: Hospital, unit: Unit, actor: Actor | None, event: Event) -> Decision:
    """Judge a dispense with its prescriptions: one that is over is flagged, one that is to be is refused."""
    prescriptions = list(prescriptions_of(desk, unit.about))
    signed = [one for each in prescriptions for one in signed_over(desk, hospital, each)]
    found = hospital.decide(desk, event, unit.documents, actor, signed).findings
    wrong = [one for each in prescriptions for one in uncleared(desk, hospital, each)]
    if all(_is_approval(one) for one in wrong):
        return Decision(found)
    over = FAMILIES["MedicationDispense"].phase(unit.about) == "effective"
    own = finding_of("state-not-cleared", "flag" if over else "refuse")
    return Decision((*found, own) if over else (own, *found))


def prescriptions_of(desk: Desk, dispense: Resource) -> Iterator[Unit]:
    """Yield the prescriptions that a dispense names, each once."""
    seen = set[str]()
    for name in references(dispense, "authorizingPrescription"):
        type_, _, id_ = name.partition("/")
        line = desk.read(type_, id_) if type_ == "MedicationRequest" else None
        if line is not None:
            group = group_of(desk, line)
            unit = whole(desk, group) if group else Unit("prescription", siblings(desk, line))
            if unit.name not in seen:
                seen.add(unit.name)
                yield unit


def _is_approval(finding: Finding) -> bool:
    return APPROVAL in finding.requirement.split(", ")


def _is_flagged(desk: Desk, unit: Unit, finding: Finding) -> bool:
    return any(remark_of(desk, name_of(one), finding.rule) is not None for one in unit.documents)
