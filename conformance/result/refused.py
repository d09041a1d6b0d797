"""Owns how this package says no: an error with its reason in both languages."""

from __future__ import annotations

from conformance.harness.words import Words


class Refused(ValueError):
    """A file or a record that cannot be used.

    Attributes:
        reason: why, in both languages; ``str()`` is the English one.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Words(zh, en)
