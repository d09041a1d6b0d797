"""Limits: how much is read at once and how far back; and what became of it, counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta, timezone

from gateway.errors import Misconfigured

FEW = 20
"""So many may vanish at once, whatever share of the whole they are."""

_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(slots=True, frozen=True)
class Limits:
    """How much at once, and how far back.

    Attributes:
        batch: rows of a page; ``in_flight``: of those handed over at once.
        overlap: seconds that are read again.
        withdraw: share of the known rows that may vanish at once; more are withheld.
    """

    batch: int = 2000
    in_flight: int = 2000
    overlap: float = 60.0
    withdraw: float = 0.1
    zone: str = "+08:00"


@dataclass(slots=True)
class Counts:
    """What one view has done since the door opened. No patient data.

    Attributes:
        read: rows read; ``delivered``: of them, those that said something new.
        duplicates: rows that share their key with another; ``keyless``: rows without one.
        withdrawn: rows that vanished, or are about something else now, and were taken back; ``withheld``:
            those that vanished and were not.
        astray: details that the database joins to a row and whose number is that of none.
        late: rows that only the comparison of keys found.
        lost: columns that the view does not have.
        behind: seconds between the last time read and now, -1 where it is no time.
        error: why it is not read now, ``""`` where it is.
    """

    read: int = 0
    delivered: int = 0
    quarantined: int = 0
    refused: int = 0
    rejected: int = 0
    retried: int = 0
    duplicates: int = 0
    keyless: int = 0
    withdrawn: int = 0
    withheld: int = 0
    astray: int = 0
    late: int = 0
    lost: tuple[str, ...] = ()
    behind: int = -1
    error: str = ""


def troubles(counts: Counts) -> str:
    """Return what somebody should look at, ``""`` for nothing; the words are those of :class:`Counts`."""
    said = {
        "lost": ", ".join(counts.lost),
        "keyless": counts.keyless,
        "withheld": counts.withheld,
        "astray": "some" if counts.astray else "",
        "duplicates": "some" if counts.duplicates else "",
        "late": "some" if counts.late else "",
    }
    return "; ".join(f"{name}: {value}" for name, value in said.items() if value)


def wall_clock(zone: str) -> timezone:
    """Return a zone. Raises ``Misconfigured`` where it is none."""
    found = _ZONE.fullmatch(zone)
    if found is None:
        raise Misconfigured("zone is written +08:00", where="zone")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)
