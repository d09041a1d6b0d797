"""Ask: one source, or all of a tenant; what they answer becomes statements, as whole as it came."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.errors import QiaoError, Rejected
from gateway.feed.reconciliation.asking import database, web
from gateway.feed.reconciliation.asking.period import Period
from gateway.feed.reconciliation.statements import of_json
from gateway.settings import SourceSettings
from gateway.settings.source import SQL
from gateway.store import Store
from gateway.store.reconciliation import Statement

_LOG = logging.getLogger("qiao.supervision")

SUBJECT = "source:"
"""How the subject of an alert about a source begins."""
NO_ANSWER = "no-answer"
"""Kind of that alert."""


@dataclass(slots=True, frozen=True)
class Trouble:
    """A source that gave no answer of use about a day, and why; no data of it."""

    day: str
    source: str
    reason: str


def ask(name: str, settings: SourceSettings, period: Period) -> list[Statement]:
    """Return what a source says of a day: one statement for each kind that it speaks for.

    Raises:
        Rejected: its answer is not what the settings say.
        Retry: it does not answer now.
    """
    where = f"[supervision] sources.{name}"
    if settings.scheme in SQL:
        found = _counted(settings, database.rows(settings, period, where), where)
    else:
        found = {settings.kinds[0]: {"count": web.count(settings, period, where)}}
    return of_json(
        [
            {"day": period.day, "kind": kind, "source": name, **found.get(kind, {"count": 0})}
            for kind in settings.kinds
        ]
    )


def ask_all(
    store: Store, tenant: str, sources: Mapping[str, SourceSettings], days: Sequence[str]
) -> list[Trouble]:
    """Ask sources about days, and keep what they say in place of what they said before.

    Returns those that gave no answer of use; of them what they said before stays.
    """
    troubles = []
    for day in days:
        for name, settings in sources.items():
            try:
                store.reconciliation.state(tenant, ask(name, settings, Period.of(day, store.zone)))
            except QiaoError as error:
                reason = error.reason if isinstance(error, Rejected) else str(error)
                _LOG.warning("%s: source %s gave no answer for %s: %s", tenant, name, day, reason)
                troubles.append(Trouble(day, name, reason))
    return troubles


def unanswered(
    sources: Mapping[str, SourceSettings], day: str, stated: Sequence[Statement]
) -> Iterator[tuple[str, str]]:
    """Yield (kind, source) of what sources that are asked have not said of a day."""
    said = {(one.kind, one.name) for one in stated if one.day == day and one.party == "source"}
    for name, settings in sources.items():
        yield from ((kind, name) for kind in settings.kinds if (kind, name) not in said)


def _counted(
    settings: SourceSettings, rows: Sequence[tuple[object, object, bool]], where: str
) -> dict[str, dict[str, Any]]:
    """Return what rows of (kind, value, whether it is a number of a document) say by kind."""
    found: dict[str, dict[str, Any]] = {}
    for kind, value, is_number in rows:
        if kind not in settings.kinds:
            known = ", ".join(settings.kinds)
            raise Rejected(f"it gives a kind that it does not speak for; its kinds: {known}", where=where)
        own = found.setdefault(str(kind), {"numbers": []} if is_number else {})
        if is_number:
            own["numbers"].append(str(value))
        elif "count" in own:
            raise Rejected("it gives a kind twice", where=where)
        else:
            own["count"] = value
    return found
