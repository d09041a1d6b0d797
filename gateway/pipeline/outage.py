"""Outage: what the log says while the store fails: its beginning, a count now and then, and its end."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.pipeline.job import log

QUIET = 10.0
"""Seconds between two lines about the same outage; senders may try thousands of times a second."""


class Outage:
    """The outage of the store that there is, if any; of the writing thread.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason = ""
        self._sent_back = 0
        self._speak_at = 0.0

    def failed(self, sent_back: int, reason: str) -> None:
        """Take note of a failed commit.

        Args:
            sent_back: messages and requests that wait at their senders for it.
            reason: without anything of a message.
        """
        self._sent_back += sent_back
        now = self._clock()
        if reason == self._reason and now < self._speak_at:
            return
        log.error(
            "the store failed, %d messages and requests wait at their senders: %s", self._sent_back, reason
        )
        self._reason, self._sent_back, self._speak_at = reason, 0, now + QUIET

    def over(self) -> None:
        """Take note that the store commits."""
        if self._reason:
            log.info("the store works again; %d more were sent back until then", self._sent_back)
            self._reason, self._sent_back = "", 0
