"""Looks at the inbox for ``qiao doctor``: what waits there, and who has sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.cli.looks import Remark
from gateway.cli.output import maps_of
from gateway.cli.stores import existing_store, there_is_a_store
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.store import Store

RECENT = 1000
"""Messages at which :func:`senders` looks."""


def waiting(settings: Settings) -> str:
    """Look for messages that wait for somebody."""
    from gateway.store import Walk

    with _opened(settings) as store:
        if store is None:
            return say("doctor.inbox.none")
        quarantined, _ = store.inbox_extent(Walk(states=("quarantined",)))
        rejected, _ = store.inbox_extent(Walk(states=("rejected",)))
    text = say("doctor.inbox", quarantined=quarantined, rejected=rejected)
    if quarantined or rejected:
        raise Remark("info", text)
    return text


def senders(settings: Settings) -> str:
    """Look which sender profiles recent messages were read with, and which fit none of them."""
    with _opened(settings) as store:
        rows = store.inbox_list(limit=RECENT) if store else []
    if not rows:
        return say("doctor.inbox.none")
    seen = Counter(row.sender or "default" for row in rows)
    listed = ", ".join(f"{name} {count}" for name, count in seen.most_common())
    text = say("doctor.senders", count=len(rows), listed=listed)
    try:
        silent = sorted(set(maps_of(settings).profiles) - set(seen) - {"default"})
    except Misconfigured:  # the look at the maps says so, and what to do
        return text
    if seen["default"]:
        raise Remark("info", text, say("doctor.senders.default", count=seen["default"]))
    if silent:
        raise Remark("info", f"{text}; {say('doctor.senders.silent', names=', '.join(silent))}")
    return text


@contextmanager
def _opened(settings: Settings) -> Iterator[Store | None]:
    """Lend the store where there is one: to look must not make it."""
    if not there_is_a_store(settings):
        yield None
        return
    with existing_store(settings) as store:
        yield store
