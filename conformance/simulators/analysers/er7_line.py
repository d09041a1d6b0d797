"""An instrument's end of an HL7 v2 line (MLLP R1), on which several messages may come back."""

from __future__ import annotations

import time

from conformance.simulators.analysers.reach import Line, Opening, Spoken, unheard
from conformance.simulators.mllp import END, START, frame

_LONGEST = 1 << 20
"""Bytes of a message that is waited for."""


class Er7Line(Line):
    """A line to a host over which HL7 v2 is spoken."""

    def __init__(
        self, opening: Opening, patience: float, charset: str = "utf-8", spoken: Spoken = unheard
    ) -> None:
        super().__init__(opening, patience, charset, spoken)
        self._heard = b""

    def put(self, message: str) -> None:
        """Send a message; no answer is waited for."""
        raw = message.encode(self._charset)
        self._spoken(True, raw)
        self.wire.sendall(frame(raw))

    def take(self) -> str:
        """Return the next message that comes. Raises ``OSError``: none in time, or the host closed."""
        until = time.monotonic() + self._patience
        while END not in self._heard:
            piece = self.wire.recv(65536)
            if not piece:
                raise ConnectionResetError("closed before an answer came")
            self._heard += piece
            if time.monotonic() > until or len(self._heard) > _LONGEST:
                raise TimeoutError("no whole answer")
        found, _, rest = self._heard.partition(END)
        self._heard = rest.lstrip(b"\r\n")
        raw = found.lstrip(START + b"\r\n")
        self._spoken(False, raw)
        return raw.decode(self._charset, "replace")

    def ask(self, message: str) -> str:
        """Send a message and return what comes next."""
        self.put(message)
        return self.take()
