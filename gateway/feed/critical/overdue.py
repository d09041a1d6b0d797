"""Overdue: critical values that nobody has acknowledged in time, as alerts (``qiao.alerts``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from gateway.canonical import Resource
from gateway.canonical.elements import first
from gateway.canonical.json import loads
from gateway.canonical.moments import moment
from gateway.feed.critical.escalation import escalate, is_escalated
from gateway.feed.critical.task import CODE, UNREAD, due_of, is_critical
from gateway.feed.own import TASKS
from gateway.store import Store, Transact

SUBJECT = "critical:"
"""How the subjects of its alerts begin."""
ITSELF = "critical"
"""What the versions of an escalation say of their origin."""
_PAGE = 200


def tasks(store: Store, tenant: str, *, every: bool = False, code: str = CODE) -> Iterator[Resource]:
    """Yield the Tasks of critical values, open ones unless ``every``; the oldest first.

    Args:
        code: ``critical-unread``: the Tasks that say of which results nobody can tell.
    """
    pairs = [("code", f"{TASKS}|{code}"), ("_sort", "authored-on"), ("_count", str(_PAGE))]
    pairs += [] if every else [("status", "requested")]
    cursor: str | None = ""
    while cursor is not None:
        page = store.search(tenant, "Task", [*pairs, *([("_cursor", cursor)] if cursor else [])])
        yield from (task for one in page.matches if is_critical(task := loads(one.body)))
        cursor = page.cursor if page.more else None


def is_overdue(task: Resource, at_us: int) -> bool:
    """Tell whether an open Task should have been acknowledged."""
    due = moment(due_of(task))
    return task.get("status") == "requested" and due is not None and at_us > due


def overdue(store: Store, tenant: str, at_us: int) -> Iterator[tuple[str, str, str]]:
    """Yield (subject, kind, detail) of an alert for each, and of what cannot be judged; without values."""
    for task in tasks(store, tenant):
        if is_overdue(task, at_us):
            yield f"{SUBJECT}Task/{task['id']}", "overdue", f"due {due_of(task)}"
    for task in tasks(store, tenant, code=UNREAD):
        why = str(first(task, "reasonCode.text", ""))  # the unit is the sender's text: it may be anything
        yield f"{SUBJECT}Task/{task['id']}", "not-checked", why


def escalations(store: Store, tenant: str, at_us: int, to: Sequence[str]) -> Iterator[Transact]:
    """Yield what is to be written so that overdue critical values are told of once more.

    Args:
        to: whom the rules name, beside the owner.
    """
    for task in tasks(store, tenant):
        if is_overdue(task, at_us) and not is_escalated(task):
            act = partial(escalate, id_=str(task["id"]), escalated=to)
            yield Transact(tenant, ITSELF, [], act=act)
