"""What goes over an analyser's line, as evidence shows it (CLSI LIS1-A)."""

from __future__ import annotations

import re

from conformance.harness.talk import Talk
from conformance.simulators.analysers.reach import Spoken

_SIGNS = {"\x02": "STX", "\x03": "ETX", "\x04": "EOT", "\x05": "ENQ", "\x06": "ACK", "\x15": "NAK",
          "\x17": "ETB", "\r": "CR", "\n": "LF"}  # fmt: skip


def written(talk: Talk, charset: str = "utf-8") -> Spoken:
    """Return what writes all that goes over a line into a talk."""

    def spoken(ours: bool, piece: bytes) -> None:
        if ours:
            talk.asked += shown(piece, charset)
        else:
            talk.heard += shown(piece, charset)

    return spoken


def shown(piece: bytes, charset: str = "utf-8") -> str:
    """Return what went over a line as a line of text, control characters by their names."""
    text = piece.decode(charset, "replace")
    return (
        re.sub(r"[\x00-\x1f]", lambda found: f"<{_SIGNS.get(found[0], f'{ord(found[0]):02X}')}>", text) + "\n"
    )
