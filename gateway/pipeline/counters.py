"""Counters: what came in and what became of it, since the process started. No patient data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from gateway.canonical import NotUnderstood, Outcome, Quarantined, Stored
from gateway.errors import Retry


@dataclass(slots=True)
class Counters:
    """Every message that a door delivers ends in exactly one of them; ``received`` is their sum.

    Attributes:
        received: delivered by the doors and ended.
        repeats: the same message again; answered as before, nothing stored.
        stored: in the store.
        quarantined: kept, not stored, by reason.
        refused: broke a rule.
        rejected: not understood and given back (AR), by reason; in the inbox if they begin with MSH.
        busy: could not be committed; the sender keeps it.
        recovered: found unfinished after a stop or a fault and ended; they count above as well,
            but not in ``received``.
    """

    received: int = 0
    repeats: int = 0
    stored: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    recovered: int = 0

    def ended(self, answer: bytes | Retry, outcome: Outcome | None) -> None:
        """Count one delivered message; without an outcome it was a repeat, or could not be committed."""
        self.received += 1
        if outcome is not None:
            self._settled(outcome)
        elif isinstance(answer, Retry):
            self.busy += 1
        else:
            self.repeats += 1

    def found_again(self, outcome: Outcome) -> None:
        """Count one message that had been left unfinished."""
        self.recovered += 1
        self._settled(outcome)

    def _settled(self, outcome: Outcome) -> None:
        if isinstance(outcome, Stored):
            self.stored += 1
        elif isinstance(outcome, Quarantined):
            self.quarantined[outcome.reason] += 1
        elif isinstance(outcome, NotUnderstood):
            self.rejected[outcome.reason] += 1
        else:
            self.refused += 1
