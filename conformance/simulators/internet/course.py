"""Owns the course of a visit in which all is right, from consent to dispense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.simulators.exact import Resource
from conformance.simulators.internet import documents, orders
from conformance.simulators.internet.api import Answer, Api
from conformance.simulators.internet.documents import Visit, with_
from conformance.simulators.internet.hospital import PHARMACIST, PHARMACY, PHYSICIAN
from conformance.simulators.jws import AUTHOR, REVIEW, Key, sign

CONFLICT = 409


class Unexpected(Exception):
    """The gateway answered otherwise than it should; says the step and what came."""


@dataclass(slots=True)
class Tally:
    """What became of everything that was tried.

    Attributes:
        visits: that were begun as they should be.
        submitted: documents that got a serial or were taken.
        effective: documents that took effect.
        refused: attempts that the gateway refused, by the rule that it named first.
        unexpected: what should have been refused and was not, or the other way round.
    """

    visits: int = 0
    submitted: int = 0
    effective: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    serials: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the figures."""
        return {
            "visits": self.visits,
            "submitted": self.submitted,
            "effective": self.effective,
            "refused": sum(self.refused.values()),
            "by_rule": dict(sorted(self.refused.items(), key=lambda one: (-one[1], one[0]))),
            "unexpected": self.unexpected,
        }


@dataclass(slots=True)
class Desk:
    """From where physician and pharmacist work.

    Attributes:
        keys: ``physician`` and ``pharmacist``.
    """

    api: Api
    keys: Mapping[str, Key]
    tally: Tally

    def admit(self, visit: Visit, *, agreed: bool = True, **changes: Any) -> Answer:
        """Register the patient, and begin the visit; returns the answer to that."""
        given = [documents.consent(visit)] if agreed else []
        expect("register", self.api.transaction([*documents.registration(visit), *given]))
        return self.api.put(with_(documents.encounter(visit), **changes), PHYSICIAN)

    def examine(self, visit: Visit, **changes: str) -> None:
        """Write the diagnosis, and the record with its signature."""
        expect("diagnosis", self.api.transaction(documents.diagnosis(visit, **changes), PHYSICIAN))

    def sign_record(self, visit: Visit) -> Answer:
        """Write the record and submit it."""
        body = documents.record(visit)
        expect("record", self.api.put(body, PHYSICIAN))
        return self.submit([body])

    def write(self, parts: list[Resource]) -> Answer:
        """Write drafts."""
        return self.api.transaction(parts, PHYSICIAN)

    def submit(self, parts: list[Resource], signature: Resource | None = None, by: str = PHYSICIAN) -> Answer:
        """Submit what was written, signed by the physician."""
        signed = signature or self.signed(parts)
        first = parts[0]
        return self.api.call(f"{first['resourceType']}/{first['id']}", "submit", by, signature=signed)

    def signed(self, parts: list[Resource], name: str = "physician", purpose: str = AUTHOR) -> Resource:
        """Return a signature over documents."""
        who = PHYSICIAN if purpose == AUTHOR else PHARMACIST
        return sign(parts, self.keys[name], who, purpose)

    def review(self, task: str, group: str, reason: str = "") -> Answer:
        """Approve a prescription as it stands, or reject it for a reason."""
        if reason:
            return self.api.call(task, "review", PHARMACIST, decision="rejected", reason=reason)
        whole = self.read(group)
        parts = [whole, *(self.read(one["resource"]["reference"]) for one in whole["action"])]
        signed = self.signed(parts, "pharmacist", REVIEW)
        return self.api.call(task, "review", PHARMACIST, decision="approved", signature=signed, confirm=True)

    def read(self, name: str) -> Resource:
        """Return a resource."""
        return expect("read", self.api.get(f"/{name}")).body

    def count(self, answer: Answer) -> dict[str, Any]:
        """Count what a submission became; returns what was told."""
        told = expect("submit", answer).told
        self.tally.submitted += 1
        if told.get("serial"):
            self.tally.serials.append(told["serial"])
        if told["status"] == "effective":
            self.tally.effective += 1
        return told


def expect(step: str, answer: Answer) -> Answer:
    """Return an answer that says yes. Raises :class:`Unexpected` for any other one."""
    if not answer.ok:
        issues = [one for one in answer.body.get("issue", []) if one["severity"] in ("error", "fatal")]
        said = [one.get("diagnostics") or one.get("details", {}).get("text") or "" for one in issues]
        where = [one.get("expression", [""])[0] for one in issues]
        told = "; ".join(f"{place} {text}".strip() for place, text in zip(where, said, strict=True))
        raise Unexpected(f"{step}: {answer.status} {told}")
    return answer


def whole_visit(desk: Desk, visit: Visit, order: int) -> None:
    """Go through a visit from consent to dispense.

    Args:
        order: of the visit; what it has besides a prescription follows from it.
    """
    expect("visit", desk.admit(visit))
    desk.tally.visits += 1
    desk.examine(visit)
    desk.count(desk.sign_record(visit))
    parts = orders.prescription(visit, drugs=1 + order % 3)
    expect("prescription", desk.write(parts))
    told = desk.count(desk.submit(parts))
    _decide(desk, visit, parts, told["task"], order)
    for kind, text in _besides(order):
        one = orders.request(visit, kind, text)
        expect(kind, desk.write([one]))
        desk.count(desk.submit([one]))
        _refer(desk, one, kind)
    _end(desk, visit, order)


def _decide(desk: Desk, visit: Visit, parts: list[Resource], task: str, order: int) -> None:
    """The pharmacist approves and the pharmacy hands out; some are rejected, some are taken back."""
    group = f"RequestGroup/{parts[0]['id']}"
    if order % 7 == 3:
        expect("reject", desk.review(task, group, "用量超过说明书，请核对"))
        return
    if order % 7 == 5:
        expect("cancel", desk.api.call(group, "cancel", PHYSICIAN, reason="患者要求更换药品"))
        return
    expect("approve", desk.review(task, group))
    desk.tally.effective += 1
    pharmacy = {"reference": PHARMACY}
    given = orders.dispenses(visit, parts[1:])
    answer = desk.api.call(group, "redeem", "", pharmacy=pharmacy, number=f"YF{visit.number}", dispense=given)
    expect("redeem", answer)


def _besides(order: int) -> tuple[tuple[str, str], ...]:
    if order % 2 == 0:
        return (("lab", "血脂四项"),)
    if order % 3 == 0:
        return (("exam", "心脏彩超"),)
    return (("referral", "心内科转诊"),) if order % 5 == 0 else ()


def _refer(desk: Desk, one: Resource, kind: str) -> None:
    if kind == "referral":
        name = f"ServiceRequest/{one['id']}"
        expect("refer", desk.api.call(name, "refer", PHYSICIAN))
        expect("accept", desk.api.call(name, "refer", PHYSICIAN, decision="accept"))


def _end(desk: Desk, visit: Visit, order: int) -> None:
    if order % 6 == 4:
        answer = desk.api.call(visit.encounter, "terminate", PHYSICIAN, reason="血压骤升，需到实体医院面诊")
        expect("terminate", answer)
        return
    body = desk.read(visit.encounter)
    ended = with_(body, status="finished", period={**body["period"], "end": documents.moment()}, meta=None)
    answer = desk.api.put(ended, PHYSICIAN)
    if answer.status != CONFLICT or desk.read(visit.encounter)["status"] != "finished":
        expect("finish", answer)  # else it was said twice: the first answer got lost
