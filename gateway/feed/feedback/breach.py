"""Breach: data got out: every authority that the law names is told (NAT-23.2, YN-47)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import name_of, reference
from gateway.canonical.moments import moment
from gateway.errors import Rejected
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.number import Number, id_of, numbered, of_course
from gateway.feed.feedback.outcome import Outcome
from gateway.feed.feedback.task import begun, enter, outcome, party
from gateway.feed.own import former_id, named_id
from gateway.store import Desk
from gateway.store.clock import instant

_CLOCKS_US = 300_000_000
"""How far a clock elsewhere may be ahead of ours."""


@dataclass(slots=True, frozen=True)
class Breach:
    """That data got out, or that this is practised.

    Attributes:
        discovered: FHIR dateTime; ``""``: now.
        persons: how many it concerns, None: not known.
        measures: what was done at once.
        drill: nothing happened: it is an exercise, and says so everywhere.
    """

    text: str
    number: Number = ("", "")
    discovered: str = ""
    persons: int | None = None
    measures: str = ""
    drill: bool = False
    client: str = ""


def open_breach(desk: Desk, duties: Duties, breach: Breach) -> Outcome:
    """Report a breach to every authority that the law names (YN-47: two): a Communication, a Task for each.

    A drill is entered as ``breach-drill``, else as ``breach``.

    Raises:
        Rejected: the moment of discovery is none, or lies ahead.
        Refusal: it says nothing.
    """
    if not breach.text.strip():
        raise refuse("feedback-no-text", "detail")
    to = duties.recipients.to
    known = _told(desk, breach.number, to)
    if known:
        return outcome(desk, *known, entry=_last(desk, known))
    key = id_of("breach", breach.number)
    ids = [named_id(key, one) for one in to]
    found = _moment(breach.discovered, desk.ts_us) if breach.discovered else desk.ts_us
    due = duties.due_us("breach", found)
    owners = [_authority(duties, one) for one in to]
    said = desk.write(_communication(desk, breach, key, found, owners, duties))
    tasks = [
        {
            **begun(id_, "breach-report", breach.text, desk.ts_us, due),
            **numbered(breach.number),
            "priority": "asap",
            "focus": {"reference": f"Communication/{key}"},
            "requester": {"display": breach.client or "hospital"},
            "owner": owner,
        }
        for id_, owner in zip(ids, owners, strict=True)
    ]
    written = [desk.write(one) for one in tasks]
    entered = enter(desk, "breach-drill" if breach.drill else "breach", "effective", [said, *written])
    return outcome(desk, *tasks, entry=entered.n)


def _told(desk: Desk, number: Number, to: Sequence[str]) -> list[Resource]:
    """Return the Tasks of a breach that was reported under a number, to all of these; none: it was not."""
    if number[1]:
        for name in (named_id, former_id):
            key = name("breach", *number)
            tasks = [task for one in to if (task := of_course(desk, name(key, one), "breach-report"))]
            if len(tasks) == len(to) and desk.read("Communication", key) is not None:
                return tasks
    return []


def _last(desk: Desk, tasks: Sequence[Resource]) -> int:
    """Return the newest entry about a breach that was reported, or about one of its Tasks."""
    names = [*(reference(one.get("focus")) for one in tasks), *(name_of(one) for one in tasks)]
    return max((one.n for name in names if name for one in desk.entries_about(*name.split("/"))), default=0)


def _communication(
    desk: Desk, breach: Breach, id_: str, found: int, owners: Sequence[dict[str, Any]], duties: Duties
) -> Resource:
    category: list[dict[str, Any]] = [{"text": "数据泄露报告"}]
    if breach.drill:
        category.append({"text": "演练 drill"})
    figures = [] if breach.persons is None else [f"涉及人数：{breach.persons}"]
    texts = [*(["【演练】"] if breach.drill else []), breach.text, *figures, breach.measures]
    return {
        "resourceType": "Communication",
        "id": id_,
        **numbered(breach.number),
        "status": "in-progress",
        "category": category,
        "priority": "asap",
        "recipient": [dict(one) for one in owners],
        "sent": instant(desk.ts_us),
        "received": instant(found),
        "reasonCode": [{"text": f"{duties.recipients.requirement} {duties.recipients.article}"}],
        "payload": [{"contentString": one} for one in texts if one],
    }


def _authority(duties: Duties, name: str) -> dict[str, Any]:
    said = duties.settings.authorities.get(name)
    return party(said) if said else {"display": duties.authorities[name][0]}


def _moment(text: str, now_us: int) -> int:
    found = moment(text)
    if found is None or found > now_us + _CLOCKS_US:
        raise Rejected("is a moment that has been", code="value", where="discovered")
    return found
