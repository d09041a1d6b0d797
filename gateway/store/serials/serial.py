"""Serial: the number under which a business document is known to the regulator."""

from __future__ import annotations

import re
from dataclasses import dataclass

GATEWAY = "gateway"
"""``Serial.by`` of what was minted here."""

_SERIAL = re.compile(r"[!-~]{1,64}").fullmatch


@dataclass(slots=True, frozen=True)
class Serial:
    """A serial and the one document that has it; it is never given back and never given again.

    Attributes:
        value: the serial itself.
        kind: ``prescription``, ``exam``, ``lab``, ``admission``, ``transfer`` or ``referral``.
        organisation: code of the institution that made the document.
        local_number: its number there.
        by: who minted it: ``gateway``, or the name of the platform whose serial was claimed.
        ts_us: when, microseconds since 1970-01-01T00:00:00Z.
        fresh: it was minted or claimed by this call; a repeat finds the one that is there.
    """

    value: str
    kind: str
    organisation: str
    local_number: str
    by: str = GATEWAY
    ts_us: int = 0
    fresh: bool = False


def is_serial(text: str) -> bool:
    """Tell whether a text can be a serial: 1 to 64 printable ASCII characters without a space."""
    return _SERIAL(text) is not None
