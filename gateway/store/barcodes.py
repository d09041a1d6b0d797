"""Barcodes: a number that is stuck on another tube when the one before is long over goes to that one.

Hospitals use the numbers of samples again after months. What is stored of the earlier sample stays; the
number names the later one from then on. Within that time the same number on a sample of another patient
is a mistake, and its message waits (``key-of-another-patient``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from gateway.canonical import Draft, Resource
from gateway.canonical.elements import first
from gateway.canonical.moments import moment
from gateway.canonical.sample import DAY_US
from gateway.mapping.identity import seed_once
from gateway.store.identity import ident_key, renamed, subject_of
from gateway.store.message import Message
from gateway.store.types import NUMBER

OVER_US: Final = 14 * DAY_US
"""After so long nothing happens any more to a sample, where the settings say nothing."""

_TAKEN = ("collection.collectedDateTime", "collection.collectedPeriod.start", "receivedTime")


def passed_on(
    tenant: str, tenant_no: int, drafts: Sequence[Draft], message: Message, event_us: int | None, over_us: int
) -> Sequence[Draft]:
    """Return the drafts of a message, those of a sample with a number that was used before as another one's.

    Args:
        event_us: when it happened, microseconds since 1970.
        over_us: after so long nothing happens any more to a sample.
    """
    names: dict[str, str] = {}
    for draft in drafts:
        if draft.type != "Specimen" or draft.key is None or not draft.claims or event_us is None:
            continue
        key = (tenant_no, NUMBER[draft.type], draft.id)
        stored, entry = message.standing(key), message.entry(key)
        last_us = entry.event_us or _taken(stored) or entry.ts_us  # when we heard of it, where nobody says
        if stored and last_us and _is_another(stored, draft, event_us, last_us, over_us):
            day = datetime.fromtimestamp(event_us / 1_000_000, UTC).date()
            fresh = seed_once(tenant, draft.type, "sample", f"{draft.id}|{draft.subject}|{day}")
            names[f"Specimen/{draft.id}"] = f"Specimen/{fresh}"
            message.moved[ident_key(tenant_no, draft.type, draft.key)] = fresh
    return renamed(drafts, names) if names else drafts


def _is_another(stored: Resource, draft: Draft, event_us: int, last_us: int, over_us: int) -> bool:
    """Tell whether a draft is of a later sample: of another patient, or taken long after the stored one."""
    if draft.subject and subject_of(stored) not in ("", draft.subject):
        return event_us > last_us + over_us
    before, now = _taken(stored), _taken(draft.body)
    return before is not None and now is not None and now > before + over_us


def _taken(body: Resource) -> int | None:
    return next((at for path in _TAKEN if (at := moment(first(body, path))) is not None), None)
