"""Owns the one exception of this package: what cannot be carried out, said in both languages."""

from __future__ import annotations

from conformance.harness.words import Words


class Unusable(Exception):
    """Something in a script, a fixture or an answer cannot be used; ``words`` says what, and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)


class Unsupported(Unusable):
    """What R4 permits, and this engine does not do; never counted as passed."""
