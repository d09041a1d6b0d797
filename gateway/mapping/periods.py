"""Periods that a message gives as a start, an offset and a duration: functions that read a whole segment.

AIG, AIL, AIP and AIS (chapter 10) say when a resource is booked, PR1 (chapter 6) how long a procedure took.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway.mapping import times
from gateway.mapping.functions import FUNCTIONS, Function
from gateway.mapping.texts import number

if TYPE_CHECKING:
    from gateway.mapping.run import Run

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "wk": 604800}
"""UCUM units of a fixed length; a month has none."""

_BOOKED = {"AIG": 8, "AIL": 6, "AIP": 6, "AIS": 4}
"""Number of the start; offset, its unit, duration and its unit follow."""

_MOST = 366 * 86400


def _leaf(f: list[str], at: int, run: Run) -> str:
    raw = f[at] if len(f) > at and f[at] != '""' else ""
    return run.unescape(raw.split("~", 1)[0].split("^", 1)[0]).strip()


def seconds_of(amount: str, unit: str, run: Run, default: str = "") -> int | None:
    """Return a duration in seconds, None where amount or unit cannot be read; a year is the most."""
    value = number(amount)
    table = run.tables.get("time-units")
    entry = table.get(unit or default) if table and (unit or default) else None
    if value is None or entry is None or entry.code not in _SECONDS:
        return None
    seconds = value * _SECONDS[entry.code]
    return int(seconds) if abs(seconds) <= _MOST else None


def later(moment: str, seconds: int) -> str | None:
    """Return a FHIR dateTime so many seconds later; a day moves by whole days only, a month not at all."""
    try:
        if "T" in moment:
            return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat()
        if len(moment) == 10 and seconds % 86400 == 0:
            return (date.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat()
    except (ValueError, OverflowError):
        return None
    return None


def _period(start: str | None, length: int | None) -> dict[str, str] | None:
    if start is None:
        return None
    end = later(start, length) if length and length > 0 else None
    return {"start": start, "end": end} if end else {"start": start}


def _appointed(run: Run) -> str:
    """Return when the appointment begins: TQ1-7, else SCH-11.4."""
    start = _leaf(run.fields_of("TQ1"), 7, run)
    if start:
        return start
    parts = run.other("SCH", 11).split("~", 1)[0].split("^")
    return run.unescape(parts[3].split("&", 1)[0]).strip() if len(parts) > 3 else ""


def resource_period(f: list[str], run: Run) -> Any:
    """AIG, AIL, AIP, AIS → Period: own start, else the appointment's start and the offset; plus duration.

    Of PR1 the :func:`performed_period`, of TQ1 the :func:`service_period`.
    """
    if f[0] in ("PR1", "TQ1"):
        return performed_period(f, run) if f[0] == "PR1" else service_period(f, run)
    at = _BOOKED.get(f[0])
    if at is None:
        return None
    start = times.to_datetime(_leaf(f, at, run), run.zone)
    if start is None:
        begin = times.to_datetime(_appointed(run), run.zone)
        offset = seconds_of(_leaf(f, at + 1, run), _leaf(f, at + 2, run), run, "min")
        start = begin if begin is None or not offset else later(begin, offset)
    return _period(start, seconds_of(_leaf(f, at + 3, run), _leaf(f, at + 4, run), run, "min"))


def appointment_times(f: list[str], run: Run) -> Any:
    """SCH → start and end of the Appointment: both or neither (app-2), each as exact as a minute.

    The start is SCH-11.4 or TQ1-7, else that of the first service, person, place or thing that is booked; the
    end SCH-11.5 or TQ1-8, else the start and the duration of SCH-9, SCH-11.3, TQ1-6 or of what is booked.
    """
    tq = [*(f[11] if len(f) > 11 else "").split("~", 1)[0].split("^"), *([""] * 5)]
    tq1 = run.fields_of("TQ1")
    start, length = _instant(tq[3], run) or _instant(_leaf(tq1, 7, run), run), None
    end = _instant(tq[4], run) or _instant(_leaf(tq1, 8, run), run)
    if end is None or (start is not None and not _ordered(start, end)):
        end = None
        length = (
            seconds_of(_leaf(f, 9, run), _leaf(f, 10, run), run, "min")
            or _tq_seconds(run.unescape(tq[2]).strip(), run)
            or seconds_of(*_quantity(tq1, 6, run), run)
        )
    for name, at in (("AIS", 4), ("AIP", 6), ("AIL", 6), ("AIG", 8)):
        booked = run.fields_of(name)
        own = _instant(_leaf(booked, at, run), run)
        start = start or own
        if start is not None and end is None and not length and own in (None, start):
            length = seconds_of(_leaf(booked, at + 3, run), _leaf(booked, at + 4, run), run, "min")
    if start is not None and end is None and length and length > 0:
        end = later(start, length)
    return {"start": start, "end": end} if start and end and _ordered(start, end) else None


def _ordered(start: str, end: str) -> bool:
    try:
        return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
    except ValueError:
        return False


def _instant(raw: str, run: Run) -> str | None:
    return times.to_instant(run.unescape(raw.split("&", 1)[0]).strip(), run.zone)


def _quantity(f: list[str], at: int, run: Run) -> tuple[str, str]:
    """Return number and unit of a CQ, which TQ1-6 is."""
    parts = [*(f[at] if len(f) > at else "").split("~", 1)[0].split("^"), "", ""]
    return run.unescape(parts[0]).strip(), run.unescape(parts[1].split("&", 1)[0]).strip()


def _tq_seconds(text: str, run: Run) -> int | None:
    """TQ.3: a number of minutes, or a letter and a number (``M45``, ``H2``)."""
    unit = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk"}.get(text[:1].upper(), "")
    return seconds_of(text[1:], unit, run) if unit else seconds_of(text, "min", run)


def performed_period(f: list[str], run: Run) -> Any:
    """PR1-5 and PR1-7 (minutes) → Period of the procedure."""
    start = times.to_datetime(_leaf(f, 5, run), run.zone)
    return _period(start, seconds_of(_leaf(f, 7, run), "min", run))


def service_period(f: list[str], run: Run) -> Any:
    """TQ1-7, TQ1-8 and TQ1-6 → Period: the end that is missing by the duration of the service."""
    start = times.to_datetime(_leaf(f, 7, run), run.zone)
    end = times.to_datetime(_leaf(f, 8, run), run.zone)
    parts = [*(f[6] if len(f) > 6 else "").split("~", 1)[0].split("^"), "", ""]
    unit = run.unescape(parts[1].split("&", 1)[0]).strip()
    length = seconds_of(run.unescape(parts[0]).strip(), unit, run)
    if end is None:
        return _period(start, length)
    if start is None and length and length > 0:
        start = later(end, -length)
    if start is None:
        return {"end": end}
    return {"start": start, "end": end} if times.rising(start, end) else {"start": start}


def repeat_offset(raw: str, run: Run) -> Any:
    """RPT.9 and RPT.10 → Timing.repeat.offset in minutes."""
    parts = [*(run.unescape(part).strip() for part in raw.split("^")), *([""] * 10)]
    seconds = seconds_of(parts[8], parts[9], run, "min")
    return seconds // 60 if seconds is not None and seconds >= 0 else None


FUNCTIONS |= {
    "resource_period": Function("segment", resource_period, "Period"),
    "appointment_times": Function("segment", appointment_times, ""),
    "performed_period": Function("segment", performed_period, "Period"),
    "service_period": Function("segment", service_period, "Period"),
    "repeat_offset": Function("raw", repeat_offset, "unsignedInt"),
}
