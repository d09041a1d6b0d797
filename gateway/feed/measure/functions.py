"""Functions: what a measure can count: a closed table; what is of the ledger is reproducible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.canonical import Resource
from gateway.canonical.elements import each, first
from gateway.canonical.moments import moment
from gateway.feed.feedback.adverse import due_us
from gateway.feed.feedback.deadlines import duties
from gateway.feed.feedback.task import due_of
from gateway.feed.measure.criteria import Found, Function
from gateway.feed.measure.extract import Extract
from gateway.feed.reconciliation.receivers import Receivers, Standings
from gateway.feed.reconciliation.sources import begins
from gateway.store import Entered
from gateway.store.deliveries import EXCEPTIONS

_MINUTE_US = 60_000_000


def entries(extract: Extract, kind: str, event: str) -> Found:
    """Entries of a kind and some events."""
    return _counted(extract.of(kind, event))


def documents(extract: Extract, kind: str) -> Found:
    """Documents of a kind that have their first entry in the period."""
    return _counted(one for one in extract.of(kind) if begins(one))


def status(extract: Extract, kind: str, status: str) -> Found:
    """Documents of a kind that came to a status in the period."""
    found = {one.id for one, body in extract.bodies(list(extract.of(kind))) if body.get("status") == status}
    return Found([1] * len(found))


def minutes(extract: Extract, kind: str, since: str, until: str) -> Found:
    """Minutes from the last event of one sort to one of another, of the same document."""
    made = Found()
    for one in extract.of(kind, until):
        begun = _back_to(extract, one, since)
        if begun is not None:
            made.add((one.ts_us - begun.ts_us) / _MINUTE_US)
    return made


def findings(extract: Extract, due: str) -> Found:
    """Findings that fell due in the period: ``any``, or those that were answered by then (``met``)."""
    known = extract.whole("finding", "answer")
    answered: dict[str, int] = {}
    ended: dict[str, int] = {}
    for one in known:
        if (one.kind, one.event) == ("answer", "submitted"):
            answered.setdefault(one.id, one.ts_us)
        if (one.kind, one.event) == ("finding", "cancelled"):
            ended.setdefault(one.id, one.ts_us)
    made = Found()
    opened = [one for one in known if (one.kind, one.event) == ("finding", "submitted")]
    for one, task in extract.bodies(opened):
        at = moment(due_of(task))
        if at is None or not extract.begin_us <= at < extract.end_us or ended.get(one.id, at) < at:
            continue
        if due == "any" or answered.get(one.id, at + 1) <= at:
            made.add(1)
    return made


def events(extract: Extract, due: str) -> Found:
    """Adverse events that were reported in the period: ``any``, or within their deadline (``met``)."""
    shipped, made = duties(), Found()
    for one, body in extract.bodies([one for one in extract.of("adverse-event") if one.back == 0]):
        at = due_us(shipped, body)
        if due == "any" or at is None or one.ts_us <= at:
            made.add(1)
    return made


def answers(extract: Extract, kind: str, item: str) -> Found:
    """Numbers that were answered to an item of a questionnaire."""
    made = Found()
    for _, body in extract.bodies([one for one in extract.of(kind) if one.back == 0]):
        for value in _answers(body, item):
            made.add(value)
    return made


def refusals(extract: Extract, by: str) -> Found:
    """What the rules refused, by rule. Not from the ledger."""
    made, days = Found(), (extract.period.first.isoformat(), extract.period.last.isoformat())
    for one in extract.store.reconciliation.refusals(extract.tenant, *days):
        for _ in range(one.n):
            made.add(1, one.rule)
    return made


def owed(extract: Extract, state: str) -> Found:
    """Entries that receivers are owed, by receiver and how they stand now. Not from the ledger."""
    made = Found()
    for name, standings in _standings(extract):
        for one in extract.entries:
            if _is(standings.of(one.n), state):
                made.add(1, name)
    return made


def acknowledged_minutes(extract: Extract, by: str) -> Found:
    """Minutes from an entry to its acknowledgement, by receiver. Not from the ledger."""
    made = Found()
    for receiver in Receivers(extract.store, extract.tenant).pushed:
        taken = extract.store.reconciliation.acknowledged_at(receiver.no, *_extent(extract))
        for one in extract.entries:
            if one.n in taken:
                made.add(max(0, taken[one.n] - one.ts_us) / _MINUTE_US, receiver.name)
    return made


FUNCTIONS: Mapping[str, Function] = {
    "entries": entries,
    "documents": documents,
    "status": status,
    "minutes": minutes,
    "findings": findings,
    "events": events,
    "answers": answers,
    "refusals": refusals,
    "owed": owed,
    "acknowledged-minutes": acknowledged_minutes,
}
OPERATIONAL = frozenset((refusals, owed, acknowledged_minutes))
"""Those whose figures are not in the ledger."""


def _counted(found: Iterator[Entered]) -> Found:
    return Found([1 for _ in found])


def _back_to(extract: Extract, entry: Entered, event: str) -> Entered | None:
    one = extract.before(entry)
    while one is not None and one.event != event:
        one = extract.before(one)
    return one


def _answers(response: Resource, item: str) -> Iterator[float]:
    waiting = list(response.get("item", ()))
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, dict):
            continue
        waiting += [*one.get("item", ()), *each(one, "answer.item")]
        if one.get("linkId") == item:
            value = first(one, "answer.valueInteger", first(one, "answer.valueDecimal"))
            if value is not None:
                yield float(value)


def _extent(extract: Extract) -> tuple[int, int]:
    found = extract.entries
    return (found[0].n - 1, found[-1].n) if found else (0, 0)


def _standings(extract: Extract) -> Iterator[tuple[str, Standings]]:
    receivers = Receivers(extract.store, extract.tenant)
    for one in receivers.pushed:
        states = extract.store.reconciliation.delivered(one.no, *_extent(extract))
        yield one.name, Standings(states, one)
    for name, n in receivers.pulled.items():
        yield name, Standings({}, None, n)


def _is(state: str, wanted: str) -> bool:
    if wanted == "exception":
        return state in EXCEPTIONS
    if wanted == "open":
        return bool(state) and state != "acknowledged"
    return bool(state) if wanted == "any" else state == wanted
