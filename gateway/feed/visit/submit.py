"""$submit: a draft is signed, gated, numbered, written down, and goes to the pharmacist or takes effect."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.canonical.elements import name_of
from gateway.canonical.signed import Verified
from gateway.feed.kinds import FAMILIES, SERIALLED, event_of
from gateway.feed.visit.actor import actor_of
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.course import course_of, governing, order_of, state_of
from gateway.feed.visit.drugs import changed_since
from gateway.feed.visit.entering import enter, flag, last_number
from gateway.feed.visit.grounds import grounds_of, refusal_of, refuse
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.signing import Checked, came_us, good_ones, id_of, purpose, signatures_over
from gateway.feed.visit.states import State, jump
from gateway.feed.visit.task import review_of, review_task
from gateway.feed.visit.unit import Unit, mint, numbered
from gateway.policy import Decision, Finding
from gateway.security.signature import AUTHOR
from gateway.store import Desk, Serial, Version

Signature = Resource | str | None
"""A Provenance, its reference, or None: whichever is on file."""


_TRIED = 8
"""So many of the newest signatures on file are looked at for a good one: anybody may file a bad one."""


def submit(
    desk: Desk, hospitals: Hospitals, type_: str, id_: str, principal: Principal, signature: Signature = None
) -> Answer:
    """Submit a RequestGroup, ServiceRequest or Composition.

    Raises:
        Rejected: ``not-found``.
        Refusal: a rule, the signature, or the state does not allow it.
    """
    hospital = governing(hospitals, desk)
    unit = order_of(desk, type_, id_)
    state = state_of(desk, unit)
    if state != "draft":
        return _again(desk, unit, state)
    _check_drafts(unit)
    provenance, verified = author_signature(desk, hospital.checked, unit, signature)
    _check_drugs(desk, unit, verified)
    actor = actor_of(desk, principal, verified)
    decision = hospital.decide(desk, event_of(unit.about), unit.documents, actor, verified)
    if (refusal := refusal_of(decision)) is not None:
        raise refusal
    return _accept(desk, hospital, unit, decision, _filed(desk, provenance))


def _check_drafts(unit: Unit) -> None:
    """Make sure that no drug holds already, or is cancelled: submitted is the whole. Raises ``Refusal``."""
    for line in unit.documents:
        is_line = line["resourceType"] == "MedicationRequest"
        if is_line and FAMILIES["MedicationRequest"].phase(line) != "draft":
            raise refuse("line-over", f"{name_of(line)}.status")


def _check_drugs(desk: Desk, unit: Unit, verified: Sequence[Verified]) -> None:
    """Make sure that the drugs are those that were signed. Raises ``Refusal``: conflict (NAT-20.4)."""
    for one in verified:
        if changed := changed_since(desk, unit, one):
            raise refuse("drug-changed", changed[0])


def author_signature(
    desk: Desk, checked: Checked, unit: Unit, given: Signature, wanted: str = AUTHOR
) -> tuple[Resource | None, list[Verified]]:
    """Return the signature under a document and what it proves; none where there is none.

    Raises:
        Refusal: it is not good, or of another purpose.
    """
    provenance = given if isinstance(given, dict) else _on_file(desk, checked, unit, given, wanted)
    if provenance is None:
        return None, []
    verified = checked.verify(provenance, unit.documents, came_us(desk, provenance))
    if verified.purpose != wanted:
        raise refuse(
            "signature", "Provenance.signature.type", also="of another purpose", also_zh="签名用途不符"
        )
    return provenance, [verified]


def _on_file(desk: Desk, checked: Checked, unit: Unit, reference: str | None, wanted: str) -> Resource | None:
    if reference:
        found = desk.read(*reference.split("/")[:2]) if reference.startswith("Provenance/") else None
        if found is None:
            raise refuse(
                "signature", "signature", also="there is no such Provenance", also_zh="签名记录不存在"
            )
        return found
    said = [one for one in signatures_over(desk, unit.name) if wanted in purpose(one)][:_TRIED]
    good = (one for one in said if len(said) > 1 and good_ones(desk, checked, [one], unit.documents))
    return next(good, said[0] if said else None)


def _filed(desk: Desk, provenance: Resource | None) -> list[Version]:
    """Return the version of a signature, which is written where it is not on file yet."""
    return [] if provenance is None else [file_signature(desk, provenance)]


def file_signature(desk: Desk, provenance: Resource) -> Version:
    """Return the version of a signature; one that came with the request is written now."""
    id_ = str(provenance.get("id", ""))
    known = desk.version("Provenance", id_) if id_ and desk.read("Provenance", id_) == provenance else None
    return known or desk.write({**provenance, "id": id_of(provenance)})


def _accept(
    desk: Desk, hospital: Hospital, unit: Unit, decision: Decision, signatures: list[Version]
) -> Answer:
    held = [one for one in decision.findings if one.verdict == "hold"]
    serial = None
    if unit.kind in SERIALLED and not hospital.by_platform:
        serial = mint(desk, hospital, unit)
    state = _after(unit, hospital, bool(held))
    members = write_submitted(desk, unit, serial, state)
    flag(desk, unit.documents, [one for one in decision.findings if one.verdict in ("hold", "flag")])
    task = ""
    if unit.kind == "prescription":
        task = begin_review(desk, unit, state, held)
    event = "effective" if state == "effective" else "submitted"
    value = serial.value if serial else ""
    entered = enter(desk, unit.kind, event, [*members, *signatures], serial=value)
    found = grounds_of(decision.findings)
    return Answer(state, unit.name, identifier(serial), task, entered.n, found)


def _after(unit: Unit, hospital: Hospital, held: bool) -> State:
    """Return the state that a document comes to, one of those that the table has for ``$submit``."""
    if unit.kind in SERIALLED and hospital.by_platform:
        return "waiting"
    if unit.kind != "prescription":
        return "effective"
    return "held" if held else "submitted"


def write_submitted(desk: Desk, unit: Unit, serial: Serial | None, state: State) -> list[Version]:
    """Write the resources of a document with their serial and the status that their state gives them."""
    status = {"Composition": "final", "ServiceRequest": "active"} if state == "effective" else {}
    return [
        desk.write(
            {
                **(numbered(one, serial) if serial else one),
                "status": status.get(one["resourceType"], one["status"]),
            }
        )
        for one in unit.documents
    ]


def begin_review(desk: Desk, unit: Unit, state: State, held: Sequence[Finding]) -> str:
    """Write the Task of the pharmacist; returns ``"Task/id"``."""
    status = {"waiting": "draft", "held": "on-hold"}.get(state, "requested")
    version = desk.write(review_task(desk, unit.documents, status, held))
    desk.supervise([version])
    return f"Task/{version.id}"


def _again(desk: Desk, unit: Unit, state: State) -> Answer:
    """Answer what was submitted before as it stands; what has ended is no draft any more."""
    if state in ("rejected", "cancelled"):
        raise jump(course_of(unit), state, "$submit", unit.name, "state-jump")
    last = last_number(desk, unit.name)
    task = review_of(desk, unit.about) if unit.kind == "prescription" else None
    name = name_of(task) if task else ""
    return Answer(state, unit.name, identifier_in(unit), name, last)


def identifier(serial: Serial | None) -> Resource | None:
    """Return a serial as an Identifier."""
    if serial is None:
        return None
    made: Resource = numbered({"resourceType": "RequestGroup"}, serial)["groupIdentifier"]
    return made


def identifier_in(unit: Unit) -> Resource | None:
    """Return the Identifier with the serial that a document carries."""
    if not unit.serial:
        return None
    found: Resource = unit.about[
        "requisition" if unit.about["resourceType"] == "ServiceRequest" else "groupIdentifier"
    ]
    return found
