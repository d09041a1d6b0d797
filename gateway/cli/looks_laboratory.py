"""A look at critical values for ``qiao doctor``: their limits, and which nobody has acknowledged in time."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.looks import Remark
from gateway.cli.stores import existing_store, there_is_a_store
from gateway.cli.words import say
from gateway.settings import Settings


def critical(settings: Settings) -> str:
    """Look for critical values that are overdue; limits that are wrong are raised."""
    from gateway.canonical import now_us
    from gateway.feed.critical import UNREAD, is_old, is_overdue, load_rules, tasks

    said = settings.laboratory
    rules = load_rules(Path(said.critical_rules) if said.critical_rules else None)
    if not said.critical:
        raise Remark("info", say("critical.off"))
    if not there_is_a_store(settings):
        return say("doctor.critical", tests=len(rules.by_code), open=0, late=0, unread=0, old=0)
    with existing_store(settings) as store:
        names = [tenant for tenant, _, _ in store.subscriptions.clocks()]
        open_ = [task for name in names for task in tasks(store, name)]
        unread = sum(1 for name in names for _ in tasks(store, name, code=UNREAD))
    late = sum(is_overdue(task, now_us()) for task in open_)
    old = sum(map(is_old, open_))
    tests = len(rules.by_code)
    text = say("doctor.critical", tests=tests, open=len(open_), late=late, unread=unread, old=old)
    if late or unread or old:
        raise Remark("bad", text)
    return text
