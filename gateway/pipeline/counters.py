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
        doors: adapter → how what it delivered ended: ``stored``, ``quarantined``, ``refused``, ``rejected``,
            ``repeats``, ``busy``.
    """

    received: int = 0
    repeats: int = 0
    stored: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    recovered: int = 0
    doors: dict[str, Counter[str]] = field(default_factory=dict)

    def ended(self, door: str, answer: bytes | Retry, outcome: Outcome | None) -> None:
        """Count one delivered message; without an outcome it was a repeat, or could not be committed."""
        if outcome is None:
            self.again(door, busy=isinstance(answer, Retry))
            return
        self.received += 1
        self._of(door)[_END.get(type(outcome), "refused")] += 1
        self._settled(outcome)

    def again(self, door: str, *, busy: bool) -> None:
        """Count one delivered message that was a repeat, or could not be committed."""
        self.received += 1
        self.repeats += not busy
        self.busy += busy
        self._of(door)["busy" if busy else "repeats"] += 1

    def not_kept(self, door: str, reason: str) -> None:
        """Count one delivered message that was no message at all."""
        self.received += 1
        self.rejected[reason] += 1
        self._of(door)["rejected"] += 1

    def _of(self, door: str) -> Counter[str]:
        return self.doors.setdefault(door, Counter())

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


_END: dict[type[Outcome], str] = {Stored: "stored", Quarantined: "quarantined", NotUnderstood: "rejected"}
