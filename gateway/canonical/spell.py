"""Spell: what the log says of a trouble that lasts: once when it begins or changes, once when it is over."""

from __future__ import annotations

from logging import Logger


class Spell:
    """The trouble that something has now and then; of one thread.

    Args:
        name: of what has it.
    """

    def __init__(self, log: Logger, name: str) -> None:
        self._log, self._name = log, name
        self._reason = ""
        self._count = 0

    def on(self, reason: str) -> None:
        """Take note that it failed.

        Args:
            reason: without anything of a message or resource.
        """
        self._count += 1
        if reason != self._reason:
            self._reason = reason
            self._log.error("%s: %s", self._name, reason)

    def over(self) -> None:
        """Take note that it works."""
        if self._reason:
            self._log.warning("%s: goes on, after %d failures", self._name, self._count)
            self._reason, self._count = "", 0
