"""Act: a purge inside the write transaction: the rules are asked, everything goes, the ledger says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.canonical.actor import Principal
from gateway.canonical.json import loads
from gateway.canonical.resource import Resource
from gateway.errors import Rejected
from gateway.feed.kinds import FAMILIES
from gateway.feed.purging.plan import Plan
from gateway.feed.purging.retention import check
from gateway.feed.visit.actor import actor_of
from gateway.feed.visit.course import governing
from gateway.feed.visit.hospital import Hospitals
from gateway.policy.systems import SERIAL
from gateway.store import Desk, Entered, Entry, Version
from gateway.store.clock import instant

_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"


@dataclass(slots=True, frozen=True)
class Purged:
    """What became of a purge.

    Attributes:
        asked: the serial or ``"Type/id"``.
        entries: numbers of the entries of the ledger that say that it was done.
        resources: ``"Type/id"`` of what is gone.
        kept: of its resources those that entries of other documents have too.
        versions: how many versions lost their bodies, of how many bytes.
        messages: inbox ids of messages whose bytes are gone.
        done: False: it was only asked what would go.
    """

    asked: str
    serial: str
    entries: tuple[int, ...]
    resources: tuple[str, ...]
    kept: tuple[str, ...]
    versions: int
    size: int
    messages: tuple[str, ...]
    done: bool

    def row(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "document": self.asked, "serial": self.serial, "purged": self.done, "entries": list(self.entries),
            "resources": list(self.resources), "kept": list(self.kept), "versions": self.versions,
            "bytes": self.size, "messages": list(self.messages),
        }  # fmt: skip


def purge(
    desk: Desk, hospitals: Hospitals, plan: Plan, principal: Principal, reason: str = "", *, dry: bool = False
) -> Purged:
    """Take away a document for good; where nothing of it is left, nothing is done.

    Args:
        reason: is kept in an AuditEvent that names document and serial.
        dry: only find out whether the rules allow it, and what would go.

    Raises:
        Rejected: ``conflict``: it has changed since the plan was drawn; draw another one.
        Refusal: the rules say that it must be kept.
    """
    _check_true(desk, plan)
    check(desk, governing(hospitals, desk), list(_documents(plan)))
    if dry or not plan.erased:
        return _purged(plan, [one.n for one in plan.entries], done=not dry)
    entries = list(plan.entries) or [_entered(desk, plan)]
    ended = [version for name in plan.versions if (version := desk.delete(*name.split("/")))]
    gone = {one.seq for one in plan.erased}
    said = [desk.purge(one, gone).n for one in entries]
    desk.erase(plan.erased, [n for n, _ in plan.messages])
    desk.supervise([*ended, desk.write(_audit(desk, plan, principal, reason), "create")])
    return _purged(plan, said, done=True)


def _check_true(desk: Desk, plan: Plan) -> None:
    for name, own in plan.versions.items():
        now = desk.version(*name.split("/"))
        if now is None or now.seq != own[-1].seq:
            raise _changed(plan)
    if desk.naming([one.seq for own in plan.versions.values() for one in own], plan.upto):
        raise _changed(plan)


def _changed(plan: Plan) -> Rejected:
    return Rejected("it has changed meanwhile: try again", code="conflict", where=plan.asked)


def _documents(plan: Plan) -> Iterator[Resource]:
    """Yield each resource as it stands, and as it first stood: no new date makes it older.

    A label that was there at first and is not any more (启封) counts no longer.
    """
    for own in plan.versions.values():
        bodies = [one.body for one in own if one.body]
        for body in bodies[-1:]:
            yield loads(body)
        for body in bodies[:-1][:1]:
            first: Resource = loads(body)
            meta = {key: value for key, value in first["meta"].items() if key != "security"}
            yield {**first, "meta": meta}


def _entered(desk: Desk, plan: Plan) -> Entered:
    """Enter what never was, so that its hash stays."""
    name = next(iter(plan.versions))
    own: Sequence[Version] = [one for one in plan.versions[name] if one.body] or plan.erased
    type_ = own[-1].type
    kind = FAMILIES[type_].kind if type_ in FAMILIES else ""
    return desk.append(Entry(kind or "document", "cancelled", own[-1], tuple(own)))


def _audit(desk: Desk, plan: Plan, principal: Principal, reason: str) -> Resource:
    """Return who purged what, and why (R4 AuditEvent)."""
    person = actor_of(desk, principal).practitioner
    who = {"who": {"reference": person}} if person else {"name": principal.client or "qiao"}
    serial = {"identifier": {"system": SERIAL, "value": plan.serial}} if plan.serial else {}
    lifecycle = {"system": _LIFECYCLE, "code": "destroy", "display": "Destroy/Delete Record Lifecycle Event"}
    return {
        "resourceType": "AuditEvent",
        "type": lifecycle,
        "action": "D",
        "recorded": instant(desk.ts_us),
        "outcome": "0",
        **({"outcomeDesc": reason} if reason else {}),
        "agent": [{**who, "requestor": True}],
        "source": {"observer": {"display": "qiao"}},
        "entity": [{"what": {"reference": name, **serial}} for name in plan.versions],
    }


def _purged(plan: Plan, entries: Sequence[int], *, done: bool) -> Purged:
    return Purged(
        plan.asked, plan.serial, tuple(entries), tuple(plan.versions), plan.kept, len(plan.erased), plan.size,
        tuple(id_ for _, id_ in plan.messages), done,
    )  # fmt: skip
