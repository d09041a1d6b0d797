"""Day: which day of the calendar a moment belongs to, in a zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from gateway.store.dates import zone as zone_of

_EPOCH = datetime(1970, 1, 1, tzinfo=zone_of("Z"))
_MINUTE_S = 60


@lru_cache(maxsize=256)
def _written(minute: int, pattern: str, zone: str) -> str:
    """Zones are whole minutes: all seconds of one have the same day."""
    return (_EPOCH + timedelta(seconds=minute * _MINUTE_S)).astimezone(zone_of(zone)).strftime(pattern)


def day_of(ts_us: int, zone: str, pattern: str = "%Y-%m-%d") -> str:
    """Return the day of a moment.

    Args:
        ts_us: microseconds since 1970-01-01T00:00:00Z.
        zone: ``"+08:00"`` or ``"Z"``.
        pattern: how it is written, as ``strftime`` has it; nothing shorter than a minute.
    """
    return _written(ts_us // 1_000_000 // _MINUTE_S, pattern, zone)
