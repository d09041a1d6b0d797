"""What became of a row, in a word: nobody waits for it but the door itself, which counts."""

from __future__ import annotations

from gateway.canonical import Envelope, NotUnderstood, Outcome, Quarantined, Record, Refused

STORED, QUARANTINED, REFUSED, REJECTED = b"stored", b"quarantined", b"refused", b"rejected"


def answer(_: Envelope, __: Record | None, outcome: Outcome) -> bytes:
    """Return the word for an outcome; ``rejected``: the gateway has not kept it."""
    if isinstance(outcome, NotUnderstood):
        return REJECTED
    if isinstance(outcome, Quarantined):
        return QUARANTINED
    return REFUSED if isinstance(outcome, Refused) else STORED
