"""Period: a day and its two ends, as sources are asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(slots=True, frozen=True)
class Period:
    """A day.

    Attributes:
        day: ``"2026-03-06"``.
        after: the day after it.
        zone: in which it begins and ends: ``"+08:00"`` or ``"Z"``.
    """

    day: str
    after: str
    zone: str

    @classmethod
    def of(cls, day: str, zone: str) -> Period:
        """Return the period of a day."""
        return cls(day, (date.fromisoformat(day) + timedelta(days=1)).isoformat(), zone)

    def ends(self, between: str, *, zoned: bool) -> dict[str, str]:
        """Return ``day``, ``start`` and ``end`` as texts.

        Args:
            between: what stands between day and time.
            zoned: whether the zone follows the time.
        """
        rest = f"{between}00:00:00{('+00:00' if self.zone == 'Z' else self.zone) if zoned else ''}"
        return {"day": self.day, "start": self.day + rest, "end": self.after + rest}
