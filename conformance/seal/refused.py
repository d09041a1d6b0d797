"""Refused: why a report cannot be sealed or signed, in both languages."""

from __future__ import annotations

from conformance.harness.words import Words


class SealRefused(Exception):
    """A folder cannot be sealed, a key not be used, a signature not be added."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)
