"""Looks at the inbox for ``qiao doctor``: what waits there, and who has sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.cli.looks import Remark
from gateway.cli.output import maps_of
from gateway.cli.stores import existing_store, there_is_a_store
from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.store import Store

RECENT = 1000
"""Messages at which a look looks."""
PAGE = 100
_ORDERS = re.compile(rb"(?:OML|ORM)[^A-Za-z0-9]")
_BEGIN = 400
"""Bytes in which MSH-9 stands: what holds none of the words there is no order."""


def waiting(settings: Settings) -> str:
    """Look for messages that wait for somebody."""
    from gateway.store import Walk

    with _opened(settings) as store:
        if store is None:
            return say("doctor.inbox.none")
        quarantined, _ = store.inbox_extent(Walk(states=("quarantined",)))
        rejected, _ = store.inbox_extent(Walk(states=("rejected",)))
        orders = _orders(store)
    text = say("doctor.inbox", quarantined=quarantined, rejected=rejected)
    if orders:
        text = f"{text}; {say('doctor.inbox.orders', orders=orders)}"
    if quarantined or rejected:
        raise Remark("info", text)
    return text


def _orders(store: Store) -> int:
    """Return how many of the messages that wait are orders; of very many it looks at the oldest."""
    from gateway.store import Walk
    from gateway.wire import er7
    from gateway.wire.hl7v2 import is_of

    found, walk = 0, Walk(states=("quarantined",))
    for _ in range(RECENT // PAGE):
        page = store.inbox_walk(walk, PAGE)
        for one in page:
            if _ORDERS.search(one.envelope.raw, 0, _BEGIN):
                with suppress(Rejected):
                    found += is_of(er7.parse(one.envelope.raw, charset=one.envelope.charset))
        if len(page) < PAGE:
            break
        walk = replace(walk, after=page[-1].envelope.id)
    return found


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
