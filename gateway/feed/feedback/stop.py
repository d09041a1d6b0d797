"""Stop: the service ends at once and takes no new visits until it is resumed (YN-39).

A Flag under one fixed id says so, for the gate two reads at most.
"""

from __future__ import annotations

from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import name_of
from gateway.canonical.facts import Facts
from gateway.errors import Refusal
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.outcome import Outcome
from gateway.feed.feedback.task import enter
from gateway.feed.own import former_id, named_id
from gateway.store import Desk, DeskFacts
from gateway.store.clock import instant

ID = named_id("service", "stopped")
IDS = (ID, former_id("service", "stopped"))
"""Ids under which a Flag says it; nothing but an operation writes there."""
"""Where it is looked for: stores of earlier versions keep it under the second."""

KIND = "service"


def service_stopped(facts: Facts) -> Resource | None:
    """Return the Flag that says that the service is stopped, None while it runs."""
    for id_ in IDS:
        found = facts.read(f"Flag/{id_}")
        if found is not None and found.get("status") == "active":
            return found
    return None


def refusal_of(facts: Facts) -> Refusal | None:
    """Return why a new visit is refused, None where the service runs."""
    return refuse("service-stopped") if service_stopped(facts) is not None else None


def stop(desk: Desk, reason: str, institution: str, cause: str = "") -> Outcome:
    """End the service; entered as ``service``. Once it is ended nothing happens.

    Args:
        institution: its code, for ``Flag.subject``.
        cause: ``"AdverseEvent/id"`` that ended it, ``""`` for none.

    Raises:
        Refusal: it does not say why.
    """
    if not reason.strip():
        raise refuse("feedback-no-reason", "reason")
    flag = service_stopped(DeskFacts(desk))
    if flag is None:
        made = _flag(desk, reason, institution, cause)
        return _entered(desk, made, "effective")
    return Outcome("stopped", (), _last(desk), "", name_of(flag))


def resume(desk: Desk, reason: str) -> Outcome:
    """Let the service go on.

    Raises:
        Refusal: it does not say why.
    """
    if not reason.strip():
        raise refuse("feedback-no-reason", "reason")
    flag = service_stopped(DeskFacts(desk))
    if flag is None:
        return Outcome("running", (), _last(desk))
    period = {**flag["period"], "end": instant(desk.ts_us)}
    return _entered(desk, {**flag, "status": "inactive", "period": period}, "cancelled")


def _entered(desk: Desk, flag: Resource, event: str) -> Outcome:
    entered = enter(desk, KIND, event, [desk.write(flag)])
    state = "stopped" if flag["status"] == "active" else "running"
    return Outcome(state, (), entered.n, "", name_of(flag))


def _flag(desk: Desk, reason: str, institution: str, cause: str) -> Resource:
    subject: dict[str, Any] = {"type": "Organization", "display": "互联网医院"}
    if institution:
        subject["identifier"] = {"system": "urn:oid:2.16.156.10011.1.5", "value": institution}
    named = {"identifier": [{"system": "urn:qiao:id:cause", "value": cause}]} if cause else {}
    return {
        "resourceType": "Flag",
        "id": ID,
        **named,
        "status": "active",
        "category": [{"text": "停止服务"}],
        "code": {"text": reason},
        "subject": subject,
        "period": {"start": instant(desk.ts_us)},
    }


def _last(desk: Desk) -> int:
    return max((one.n for id_ in IDS for one in desk.entries_about("Flag", id_)), default=0)
