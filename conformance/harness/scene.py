"""A scene: one internet visit on the target, in which all is right until a check makes something wrong."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.run import Run
from conformance.harness.template import Several
from conformance.harness.verdict import Skipped
from conformance.harness.writing import write
from conformance.simulators.exact import Resource
from conformance.simulators.internet import documents, hospital, orders
from conformance.simulators.internet.documents import Visit, moment, with_
from conformance.simulators.jws import AUTHOR, REVIEW, place, sign
from conformance.simulators.people import Person

_ROLES = {
    hospital.ORGANIZATION: "organization", hospital.HOSPITAL: "hospital", hospital.PHARMACY: "pharmacy",
    hospital.PHYSICIAN: "physician", hospital.PHARMACIST: "pharmacist", hospital.EXPIRED: "expired",
    hospital.PAEDIATRICIAN: "paediatrician", hospital.DEVICE: "device", hospital.PATIENT: "patient",
}  # fmt: skip

BUSY, BUSY_TRIES = 503, 5


class Scene:
    """One visit, with ids of its own.

    Args:
        suffix: tells several visits of one check apart.
    """

    def __init__(self, run: Run, person: Person | None = None, suffix: str = "") -> None:
        self.run = run
        run.need("identities.physician")
        self.visit = Visit(f"{run.number}{suffix}", person or run.person())
        ground(run)

    @property
    def patient(self) -> str:
        """``"Patient/id"``."""
        return self.visit.patient

    @property
    def encounter(self) -> str:
        """``"Encounter/id"``."""
        return self.visit.encounter

    def who(self, role: str) -> str:
        """Return the reference of somebody, or something, on file. Raises :class:`Skipped`."""
        self.run.need(f"on_file.{role}")
        return self.run.target.on_file[role]

    # The documents, all of them right.

    def registration(self, *, agreed: bool = True) -> list[Resource]:
        """Return patient, papers, and consent where the patient agreed."""
        found = documents.registration(self.visit) + ([documents.consent(self.visit)] if agreed else [])
        return [self.local(one) for one in found]

    def opening(self, **changes: Any) -> Resource:
        """Return the Encounter, with some elements said otherwise; None takes one away."""
        return with_(self.local(documents.encounter(self.visit)), **changes)

    def diagnosis(self, **changes: str) -> list[Resource]:
        """Return today's diagnosis, that the papers were read, and that they talked."""
        return [self.local(one) for one in documents.diagnosis(self.visit, **changes)]

    def record(self) -> Resource:
        """Return the record of the visit."""
        return self.local(documents.record(self.visit))

    def prescription(self, drugs: int = 1, suffix: str = "") -> list[Resource]:
        """Return a draft: the RequestGroup, then its MedicationRequests."""
        return [self.local(one) for one in orders.prescription(self.visit, drugs, suffix)]

    def request(self, kind: str, text: str = "血脂四项") -> Resource:
        """Return a request as a draft; ``kind``: exam, lab, admission, transfer, referral."""
        return self.local(orders.request(self.visit, kind, text))

    def local(self, resource: Resource) -> Resource:
        """Return a resource that names what the target has on file."""
        found: Resource = _renamed(resource, self.run.target.on_file)
        return found

    # The course.

    def admit(self, *, agreed: bool = True, **changes: Any) -> Answer:
        """Register the patient and begin the visit; returns the answer to the latter."""
        self.run.given(self.write(self.registration(agreed=agreed)), "患者登记", "the patient is registered")
        return self.write([self.opening(**changes)])

    def begun(self, *, agreed: bool = True, diagnosis: dict[str, str] | None = None, **changes: Any) -> Scene:
        """Bring the visit to where orders can be written. Raises :class:`Skipped`: it is not let."""
        self.run.given(self.admit(agreed=agreed, **changes), "接诊", "the visit begins")
        self.run.given(self.write(self.diagnosis(**(diagnosis or {}))), "诊断", "the diagnosis is written")
        return self

    def write(self, parts: Sequence[Resource], by: str = "", identity: str = "") -> Answer:
        """Write documents as the target takes them (:func:`conformance.harness.writing.write`).

        Args:
            by: who acts; by default the physician, nobody where an identity is given.
        """
        acting = by or ("" if identity else self.run.target.on_file.get("physician", ""))
        return write(self.run, parts, acting, identity)

    def held(self, parts: Sequence[Resource]) -> list[Resource]:
        """Return documents as the target holds them, where it made them of what it was told: what is signed.

        Raises:
            Skipped: it does not show them.
        """
        names = self.run.session.line.names
        return [names.theirs(self.read(place(one))) if names.known(place(one)) else one for one in parts]

    def signed(
        self, parts: Sequence[Resource], role: str = "physician", purpose: str = AUTHOR, who: str = ""
    ) -> Resource:
        """Return the Provenance with a signature over documents. Raises :class:`Skipped`: no keys."""
        keys = self.run.session.keys()
        if role not in keys:
            raise Skipped(f"未声明 {role} 的签名密钥", f"no signing key of {role} is declared")
        return sign(self.held(parts), keys[role], who or self.who(role), purpose)

    def submit(
        self,
        parts: Sequence[Resource],
        *,
        signature: Resource | None = None,
        signing: bool = True,
        by: str = "",
    ) -> Answer:
        """Submit what was written, signed by the physician unless told otherwise."""
        made = signature or (self.signed(parts) if signing else None)
        first = parts[0]
        name = f"{first['resourceType']}/{first['id']}"
        return self.run.act("submit", by=by or self.who("physician"), document=name, signature=made)

    def ordered(self, parts: Sequence[Resource], **how: Any) -> Answer:
        """Write and submit; either may be refused, the first refusal is the answer."""
        answer = self.write(parts)
        return self.submit(parts, **how) if answer.ok else answer

    def submitted(self, parts: Sequence[Resource] | None = None, **how: Any) -> Answer:
        """Write and submit as a prerequisite. Raises :class:`Skipped` where the target does not take it."""
        return self.run.given(
            self.ordered(parts or self.prescription(), **how), "提交处方", "the document is submitted"
        )

    def review(
        self, task: str, group: str, *, reason: str = "", by: str = "", signing: bool = True
    ) -> Answer:
        """Approve a prescription as it stands, or reject it for a reason.

        Args:
            by: who acts; by default the pharmacist, who signs in any case.
        """
        who = by or self.who("pharmacist")
        if reason:
            return self.run.act("review", by=who, task=task, decision="rejected", reason=reason)
        signature = self.signed(self.whole(group), "pharmacist", REVIEW) if signing else None
        return self.run.act(
            "review", by=who, task=task, decision="approved", signature=signature, confirm=True
        )

    def approved(self, parts: Sequence[Resource] | None = None) -> Answer:
        """Write, submit and approve as a prerequisite; returns the answer to the approval."""
        parts = parts or self.prescription()
        told = self.submitted(parts).told
        answer = self.review(str(told.get("task", "")), f"RequestGroup/{parts[0]['id']}")
        return self.run.given(answer, "药师审核通过", "the pharmacist approves")

    def redeem(self, parts: Sequence[Resource], number: str = "", **how: Any) -> Answer:
        """Let the pharmacy hand out a prescription."""
        given = [self.local(one) for one in orders.dispenses(self.visit, list(parts[1:]))]
        dispenses = Several({"name": "dispense", "resource": one} for one in given)
        given_as = {"number": number or f"YF{self.visit.number}", "dispenses": dispenses, **how}
        name = f"RequestGroup/{parts[0]['id']}"
        return self.run.act("redeem", document=name, pharmacy=self.who("pharmacy"), **given_as)

    def finish(self, **changes: Any) -> Answer:
        """End the visit by its own Encounter."""
        body = self.read(self.encounter)
        return self.write(
            [with_(body, status="finished", period={**body["period"], "end": moment()}, meta=None, **changes)]
        )

    def read(self, name: str) -> Resource:
        """Return a resource as it stands. Raises :class:`Skipped` where it cannot be read."""
        kind = name.partition("/")[0]
        answer = self.run.given(self.run.client().get(name), f"读取 {kind}", f"{kind} is read")
        if f"{answer.kind}/{answer.body.get('id')}" != name:
            raise Skipped(f"前提未满足：读取 {kind}", f"prerequisite not met: {kind} is read")
        return answer.body

    def whole(self, group: str) -> list[Resource]:
        """Return a prescription as it stands: the group and its drugs."""
        found = self.read(group)
        names = [one.get("resource", {}).get("reference", "") for one in found.get("action", [])]
        return [found, *(self.read(one) for one in names if one)]


def ground(run: Run) -> None:
    """Put on file what visits need, once a run, where the target lets us. Raises :class:`Skipped`."""
    if not run.target.has("seed"):
        run.need("on_file.physician")
        return

    def put() -> bool:
        listed = [_renamed(one, run.target.on_file) for one in hospital.on_file(run.session.today)]
        answer = _insisted(lambda: run.client().transaction(listed))
        zh, en = "写入机构、人员与备案资料", "institution, people and evidence are put on file"
        run.given(answer, zh, en)
        return True

    run.session.once("ground", put)


def _insisted(send: Callable[[], Answer]) -> Answer:
    """Send, and again where the target is busy (503): everything else of the run stands on it."""
    for _ in range(BUSY_TRIES):
        answer = send()
        if answer.status != BUSY:
            break
        threading.Event().wait(1)
    return answer


def _renamed(value: Any, on_file: Any) -> Any:
    """Replace the references of the simulated hospital by those of the target's."""
    changed = {
        name: on_file[role] for name, role in _ROLES.items() if role in on_file and on_file[role] != name
    }
    return _walked(value, changed) if changed else copy.deepcopy(value)


def _walked(value: Any, changed: dict[str, str]) -> Any:
    if isinstance(value, dict):
        found = {name: _walked(one, changed) for name, one in value.items()}
        new = changed.get(f"{value.get('resourceType')}/{value.get('id')}")
        return {**found, "id": new.partition("/")[2]} if new else found
    if isinstance(value, list):
        return [_walked(one, changed) for one in value]
    return changed.get(value, value) if isinstance(value, str) else value
