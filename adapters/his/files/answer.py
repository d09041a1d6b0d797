"""Answer: how a record ended, as the door that reads the file hears it; nobody else is told."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from gateway.canonical import Envelope, NotUnderstood, Outcome, Quarantined, Record, Refused


@dataclass(slots=True, frozen=True)
class Ended:
    """How one record ended.

    Attributes:
        state: ``stored``, ``quarantined``, ``refused`` or ``rejected``.
        reason: word or rules, ``""`` where it is stored.
    """

    state: str
    reason: str = ""


def answer(envelope: Envelope, record: Record | None, outcome: Outcome) -> bytes:
    """Return how a record ended."""
    state, reason = "stored", ""
    if isinstance(outcome, Quarantined):
        state, reason = "quarantined", outcome.reason
    elif isinstance(outcome, NotUnderstood):
        state, reason = "rejected", outcome.reason
    elif isinstance(outcome, Refused):
        broken = [one.rule or one.code for one in outcome.issues if one.severity in ("fatal", "error")]
        state, reason = "refused", ", ".join(dict.fromkeys(broken))
    return orjson.dumps([state, reason])


def heard(given: bytes) -> Ended:
    """Return what an answer says."""
    return Ended(*orjson.loads(given)) if given else Ended("stored")
