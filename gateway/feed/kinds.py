"""Kinds: which resources are documents of an internet visit, and what their statuses mean (docs/visit.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, first
from gateway.policy import Event
from gateway.policy.systems import REQUEST_KIND, SERIAL

Phase = Literal["draft", "effective", "void", "none"]
"""What a status says: nothing holds yet; it takes or took effect; it never did or is taken back; none."""

SERIALLED = frozenset({"prescription", "exam", "lab", "admission", "transfer", "referral"})
"""Kinds of documents that carry a serial (CQ49附3.5)."""

TASKS = "urn:qiao:codes:task-code"
_DIAGNOSTIC_SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074"
_LABORATORIES = frozenset(
    {"LAB", "CH", "HM", "MB", "BLB", "IMM", "SR", "TX", "VR", "SP", "CP", "MCB", "MYC", "BG"}
)


@dataclass(slots=True, frozen=True)
class Family:
    """One resource type of the visit.

    Attributes:
        draft: statuses of what does not hold yet.
        void: statuses of what never held, or holds no more.
        event: what the policy is asked about it.
        asked: statuses that the gate decides on; of messages only those among them that are drafts.
        kind: in the ledger, ``""`` where the resource itself tells (:func:`kind_of`).
    """

    draft: frozenset[str]
    void: frozenset[str]
    event: Event
    asked: frozenset[str] = frozenset()
    kind: str = ""

    def phase(self, resource: Resource | None) -> Phase:
        """Return what the status of a resource says; a status that nobody knows may have effect."""
        if resource is None:
            return "none"
        status = resource.get("status")
        return "draft" if status in self.draft else "void" if status in self.void else "effective"


def _of(*statuses: str) -> frozenset[str]:
    return frozenset(statuses)


FAMILIES: Mapping[str, Family] = {
    "Encounter": Family(
        _of("planned", "arrived", "triaged"),
        _of("cancelled", "entered-in-error"),
        "visit",
        _of("planned", "arrived", "triaged", "in-progress", "onleave"),
        "visit",
    ),
    "RequestGroup": Family(
        _of("draft"), _of("revoked", "entered-in-error"), "prescription", _of("draft"), "prescription"
    ),
    "MedicationRequest": Family(
        _of("draft"), _of("cancelled", "entered-in-error"), "prescription", _of("draft"), "prescription"
    ),
    "ServiceRequest": Family(_of("draft"), _of("revoked", "entered-in-error"), "request", _of("draft")),
    "Composition": Family(
        _of("preliminary"), _of("entered-in-error"), "record", _of("final", "amended"), "record"
    ),
    "Consent": Family(
        _of("draft", "proposed"),
        _of("rejected", "inactive", "entered-in-error"),
        "consent",
        _of("active"),
        "consent",
    ),
    "Task": Family(
        _of("draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"),
        _of("cancelled", "failed", "entered-in-error"),
        "review",
        kind="review",
    ),
    "MedicationDispense": Family(
        _of("preparation", "in-progress", "on-hold"),
        _of("cancelled", "entered-in-error", "stopped", "declined"),
        "dispense",
        _of("preparation", "in-progress", "completed"),
        "dispense",
    ),
    "QuestionnaireResponse": Family(
        _of("in-progress"),
        _of("entered-in-error", "stopped"),
        "evaluation",
        _of("completed", "amended"),
        "evaluation",
    ),
}
"""Resource type → what it is in a visit."""

ORDERS = ("RequestGroup", "MedicationRequest", "ServiceRequest")
"""Types that take effect by operations alone."""


def kind_of(resource: Resource) -> str:
    """Return the ledger's kind of a document, ``""`` for a ServiceRequest whose kind nobody can tell.

    A request says it by ``urn:qiao:codes:request-kind``; one that came from a message by its diagnostic
    service section (HL7 v2 table 0074).
    """
    type_ = resource["resourceType"]
    if type_ != "ServiceRequest":
        return FAMILIES[type_].kind
    category = resource.get("category")
    kinds = codes(category, REQUEST_KIND) & SERIALLED
    if kinds:
        return min(kinds) if len(kinds) == 1 else ""
    sections = codes(category, _DIAGNOSTIC_SERVICE)
    return "" if not sections else "lab" if sections <= _LABORATORIES else "exam"


def event_of(resource: Resource) -> Event:
    """Return what the policy is asked about a document."""
    kind = kind_of(resource)
    return (
        "transfer"
        if kind in ("admission", "transfer", "referral")
        else FAMILIES[resource["resourceType"]].event
    )


def task_code(task: Resource) -> str:
    """Return what a Task of ours is for (``urn:qiao:codes:task-code``), ``""`` for any other Task."""
    return min(codes(task.get("code"), TASKS), default="")


def is_virtual(encounter: Resource) -> bool:
    """Tell whether an Encounter is an internet visit (class VR of v3 ActCode)."""
    return bool(first(encounter, "class.code") == "VR")


def number_of(resource: Resource, system: str) -> str:
    """Return the hospital's own number of a document: of ``system``, else its first one, else its id."""
    said = [one for one in each(resource, "identifier") if isinstance(one, dict) and one.get("value")]
    own = [one for one in said if one.get("system") == system] or said
    return str(own[0]["value"]) if own else str(resource["id"])


def serial_in(resource: Resource) -> str:
    """Return the serial that a resource carries, ``""`` for none."""
    said = resource.get("requisition" if resource["resourceType"] == "ServiceRequest" else "groupIdentifier")
    for one in each(said, "value") if isinstance(said, dict) and said.get("system") == SERIAL else ():
        return str(one)
    return ""
