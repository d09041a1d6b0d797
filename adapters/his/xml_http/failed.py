"""Failed: a service that is asked did not answer as it should."""

from __future__ import annotations


class Failed(Exception):
    """A service did not answer as it should; asked again later, nothing is lost. No patient data in it.

    Attributes:
        reason: what happened, for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
