"""Answer: Outcome → one word for the door; an instrument hears ACK for all that is kept, else NAK.

=====================================  ==========================
stored                                 ``stored``
quarantined: kept, resending is no use ``kept``
refused, not understood: kept as well  ``refused``
cannot be committed now                (NAK: it keeps its message)
=====================================  ==========================
"""

from __future__ import annotations

from gateway.canonical import Envelope, Outcome, Quarantined, Record, Stored

STORED, KEPT, REFUSED = b"stored", b"kept", b"refused"


def answer(envelope: Envelope, record: Record | None, outcome: Outcome) -> bytes:
    """Return how a message ended."""
    if isinstance(outcome, Stored):
        return STORED
    return KEPT if isinstance(outcome, Quarantined) else REFUSED
