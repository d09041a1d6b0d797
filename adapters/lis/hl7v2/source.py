"""Where the bytes come from: an MLLP port."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.wire.hl7v2 import MllpDoor

NAME = "lis/hl7v2"


def source(settings: Mapping[str, str | int | float | bool]) -> MllpDoor:
    """Return the door, not yet open; analysers may ask at it, and tell of several samples at once."""
    return MllpDoor(NAME, settings, asked=True, apart=True)
