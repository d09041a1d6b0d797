"""Worker: what a process beside the gateway does: it reads and maps messages, and knows no store.

It ends with its pipe: whoever started it is gone then, or wants it to.
"""

from __future__ import annotations

import mmap
import signal
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.mapping import Laid, Maps
from gateway.pipeline import steps
from gateway.pipeline.exchange import Asked, Done, NotKept, receive, send
from gateway.pipeline.steps import Validate
from gateway.spec import AdapterSpec

PLACE = struct.Struct("<q")
"""Of the message that is being worked on, in a page that outlives the process."""

LOOKS = 3
"""A file that has changed is taken over when it stays as it is between two looks."""

LONGEST = 30.0
"""Seconds that one message may take; the system ends the process then, whatever it does."""

READY = "ready"
"""What a worker says once, when it can be asked."""


def bounded(seconds: float) -> None:
    """Let the system end this process after so many seconds, 0: not; also where its parent is gone.

    SIGALRM with no handler: a map in an endless loop, or in one of C, would let no thread of ours look.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)


class Worker:
    """Reads and maps what it is asked.

    Args:
        page: shared with who asks; says which message is worked on: it may be the last one.
    """

    def __init__(
        self, maps: Maps, adapters: Mapping[str, AdapterSpec], validate: Validate | None, page: mmap.mmap
    ) -> None:
        self._maps, self._adapters, self._validate, self._page = maps, adapters, validate, page

    def serve(self, asks: IO[bytes], answers: IO[bytes]) -> None:
        """Answer until nobody asks any more."""
        try:
            send(answers, READY)
            while True:
                send(answers, self.work(receive(asks)))
        except (EOFError, OSError):
            return

    def work(self, asked: Asked) -> list[Done | NotKept]:
        """Return what becomes of some messages, in their order."""
        bounded(LONGEST)
        self._follow(asked.version)
        done = []
        for at, envelope in enumerate(asked.envelopes):
            PLACE.pack_into(self._page, 0, at)
            bounded(LONGEST)
            done.append(self._one(envelope))
        PLACE.pack_into(self._page, 0, -1)
        bounded(0)
        return done

    def _follow(self, version: str) -> None:
        """Take over the code tables of who asks; where they have changed once more, go on with these."""
        with suppress(Exception):  # the gateway looks at the same files and says what is wrong
            for _ in range(LOOKS):
                if self._maps.version == version:
                    return
                self._maps.refresh()

    def _one(self, envelope: Envelope) -> Done | NotKept:
        try:
            reading = steps.read_one_of_many(self._adapters[envelope.adapter], self._maps, envelope)
        except Rejected as error:
            return NotKept(error.reason, error.code, error.where)
        result = steps.translate(self._maps, envelope, reading, self._validate)
        record, profile = reading.record, reading.profile
        known = self._maps.profiles.get(profile.id) is profile
        return Done(
            envelope.sender, envelope.charset, envelope.zone, profile.id if known else "", reading.header,
            reading.flaw, record is not None, not isinstance(record, Laid), result,
        )  # fmt: skip
