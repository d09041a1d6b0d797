"""Critical values (危急值): who must be told of a result at once, until somebody says so."""

from gateway.feed.critical.acknowledge import Said, acknowledge
from gateway.feed.critical.old import is_old
from gateway.feed.critical.overdue import SUBJECT, escalations, is_overdue, overdue, tasks
from gateway.feed.critical.rules import Rules, load_rules
from gateway.feed.critical.task import UNREAD, is_critical
from gateway.feed.critical.watch import CriticalValues

__all__ = [
    "SUBJECT",
    "UNREAD",
    "CriticalValues",
    "Rules",
    "Said",
    "acknowledge",
    "escalations",
    "is_critical",
    "is_old",
    "is_overdue",
    "load_rules",
    "overdue",
    "tasks",
]
