"""Moments, times and quantities that FHIRPath computes with, and how they compare (FHIRPath 2.0 §6.1, §6.2).

Booleans, strings, integers and decimals are Python's own. What cannot be told (``2020`` against ``2020-05``,
grams against metres) compares as None, which FHIRPath calls empty.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_moment = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|[+-]\d\d:\d\d)?)?"
).fullmatch
_time = re.compile(r"T?(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?").fullmatch

HOUR = 3
"""Parts of a moment before its hour: year, month, day."""


@dataclass(slots=True, frozen=True)
class Moment:
    """A date or a date with a time, as precise as it was written.

    Attributes:
        text: as it was written.
        parts: year, month, day, hour, minute, second; as many as were written.
        zone: minutes east of UTC; None where nothing was said.
    """

    text: str
    parts: tuple[Decimal | int, ...]
    zone: int | None = None

    @property
    def type(self) -> str:
        """The FHIRPath type: a moment with a time is a DateTime."""
        return "DateTime" if len(self.parts) > HOUR or "T" in self.text else "Date"


@dataclass(slots=True, frozen=True)
class Time:
    """A time of day: hour, minute, second; as many as were written."""

    text: str
    parts: tuple[Decimal | int, ...]


@dataclass(slots=True, frozen=True)
class Quantity:
    """A number with a unit: a UCUM code, ``"1"`` for none."""

    value: Decimal
    unit: str


def moment(text: str) -> Moment | None:
    """Return a date, dateTime or instant as a Moment, None for any other text."""
    found = _moment(text)
    if found is None:
        return None
    *numbers, zone = found.groups()
    return Moment(text, _parts(numbers), None if zone is None else _zone(zone))


def time(text: str) -> Time | None:
    """Return a time of day, None for any other text."""
    found = _time(text)
    return None if found is None else Time(text, _parts(list(found.groups())))


def _parts(numbers: list[str | None]) -> tuple[Decimal | int, ...]:
    return tuple(Decimal(one) if "." in one else int(one) for one in numbers if one is not None)


def _zone(text: str) -> int:
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return minutes if text[0] == "+" else -minutes


def compare(one: Any, other: Any) -> int | None:
    """Return -1, 0 or 1, None where the order cannot be told.

    Raises:
        TypeError: values of these types have no order.
    """
    if type(one) is Quantity or type(other) is Quantity:
        return _quantities(quantity(one), quantity(other))
    if type(one) is Moment or type(other) is Moment:
        return _moments(_as_moment(one), _as_moment(other))
    if type(one) is Time or type(other) is Time:
        return _precise(_as_time(one).parts, _as_time(other).parts)
    if isinstance(one, bool) or isinstance(other, bool) or isinstance(one, str) != isinstance(other, str):
        raise TypeError("no order between these types")
    return int(one > other) - int(one < other)


def _moments(one: Moment, other: Moment) -> int | None:
    first, second = one.parts, other.parts
    if one.zone is not None and other.zone is not None and one.zone != other.zone:
        # Only where both say their zone: a bare date is a day of wherever the other one was written.
        first, second = _utc(one), _utc(other)
    return _precise(first, second)


def _precise(first: tuple[Decimal | int, ...], second: tuple[Decimal | int, ...]) -> int | None:
    for one, other in zip(first, second, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(first) == len(second) else None


def _utc(one: Moment) -> tuple[Decimal | int, ...]:
    if len(one.parts) <= HOUR:
        return one.parts
    year, month, day, hour, minute = (int(part) for part in (*one.parts, 0)[:5])
    moved = datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(minutes=one.zone or 0)
    whole: tuple[Decimal | int, ...] = (moved.year, moved.month, moved.day, moved.hour, moved.minute)
    return (*whole, *one.parts[5:])[: len(one.parts)]


def _as_moment(one: Any) -> Moment:
    found = moment(one) if isinstance(one, str) else one
    if type(found) is not Moment:
        raise TypeError("not a date")
    return found


def _as_time(one: Any) -> Time:
    found = time(one) if isinstance(one, str) else one
    if type(found) is not Time:
        raise TypeError("not a time")
    return found


CALENDAR = {
    "year": "a", "month": "mo", "week": "wk", "day": "d",
    "hour": "h", "minute": "min", "second": "s", "millisecond": "ms",
}  # fmt: skip
CALENDAR |= {name + "s": code for name, code in CALENDAR.items()}
"""Words for units of time, with their UCUM code."""

_SCALES: tuple[dict[str, Decimal], ...] = (
    {
        "ms": Decimal("0.001"),
        "s": Decimal(1),
        "min": Decimal(60),
        "h": Decimal(3600),
        "d": Decimal(86400),
        "wk": Decimal(604800),
    },
    {"mo": Decimal(1), "a": Decimal(12)},
    {
        "ng": Decimal("1e-9"),
        "ug": Decimal("1e-6"),
        "mg": Decimal("1e-3"),
        "g": Decimal(1),
        "kg": Decimal(1000),
    },
    {
        "nm": Decimal("1e-9"),
        "um": Decimal("1e-6"),
        "mm": Decimal("1e-3"),
        "cm": Decimal("1e-2"),
        "m": Decimal(1),
        "km": Decimal(1000),
    },
    {
        "uL": Decimal("1e-6"),
        "mL": Decimal("1e-3"),
        "dL": Decimal("0.1"),
        "L": Decimal(1),
        "ml": Decimal("1e-3"),
        "l": Decimal(1),
    },
    {"%": Decimal("0.01"), "1": Decimal(1)},
)


def quantity(one: Any) -> Quantity:
    """Return a number as a quantity without a unit, a quantity as it is.

    Raises:
        TypeError: it is neither.
    """
    if type(one) is Quantity:
        return one
    if isinstance(one, bool) or not isinstance(one, int | Decimal):
        raise TypeError("not a quantity")
    return Quantity(Decimal(one), "1")


def _quantities(one: Quantity, other: Quantity) -> int | None:
    unit, to = CALENDAR.get(one.unit, one.unit), CALENDAR.get(other.unit, other.unit)
    if unit == to:
        return (one.value > other.value) - (one.value < other.value)
    for scale in _SCALES:
        if unit in scale and to in scale:
            first, second = one.value * scale[unit], other.value * scale[to]
            return (first > second) - (first < second)
    return None


_LONGEST = 18
"""Digits of a quantity of time, in whatever unit: more are no moment of the calendar."""


def moved(start: Moment, by: Quantity, sign: int) -> Moment:
    """Return a moment later (``sign`` 1) or earlier (-1) by a quantity of time, no more precise (§6.6.7).

    Raises:
        TypeError: the quantity is no time.
        OverflowError: it leads out of the calendar.
    """
    unit = CALENDAR.get(by.unit, by.unit)
    if by.value.adjusted() > _LONGEST:
        raise OverflowError("out of the calendar")
    if unit in ("a", "mo"):
        return _months(start, int(by.value) * sign * (12 if unit == "a" else 1))
    if unit not in _SCALES[0]:
        raise TypeError("not a unit of time")
    year, month, day, hour, minute = (
        *(int(part) for part in start.parts[:5]),
        *(1, 1, 0, 0)[max(len(start.parts) - 1, 0) :],
    )[:5]
    second = Decimal(start.parts[5]) if len(start.parts) > 5 else Decimal(0)
    shift = timedelta(microseconds=int((by.value * sign * _SCALES[0][unit] + second) * 1_000_000))
    end = datetime(year, month, day, hour, minute, tzinfo=UTC) + shift
    seconds = Decimal(end.second) + Decimal(end.microsecond) / 1_000_000
    return _written((end.year, end.month, end.day, end.hour, end.minute, seconds)[: len(start.parts)], start)


def boundary(one: Moment, last: bool) -> Moment:
    """Return the first or the last moment that ``one`` can mean, where it was written (lowBoundary)."""
    year, month, *rest = (*one.parts, 12 if last else 1)[: max(len(one.parts), 2)]
    ends = (
        (monthrange(int(year), int(month))[1], 23, 59, Decimal("59.999")) if last else (1, 0, 0, Decimal(0))
    )
    return _written((year, month, *rest, *ends[len(rest) :]), one)


def _months(start: Moment, months: int) -> Moment:
    index = int(start.parts[0]) * 12 + (int(start.parts[1]) - 1 if len(start.parts) > 1 else 0) + months
    year, month = divmod(index, 12)
    parts: tuple[Decimal | int, ...] = (year, month + 1, *start.parts[2:])
    if len(start.parts) > 2:
        parts = (year, month + 1, min(int(start.parts[2]), monthrange(year, month + 1)[1]), *start.parts[3:])
    return _written(parts[: len(start.parts)], start)


def _written(parts: tuple[Decimal | int, ...], like: Moment) -> Moment:
    seconds = (
        ""
        if len(parts) < 6
        else f":{parts[5]:06.3f}"
        if parts[5] != int(parts[5])
        else f":{int(parts[5]):02}"
    )
    date = "-".join(f"{int(part):0{4 if at == 0 else 2}}" for at, part in enumerate(parts[:HOUR]))
    clock = ":".join(f"{int(part):02}" for part in parts[HOUR:5]) + seconds
    zone = "" if like.zone is None else "Z" if like.zone == 0 else like.text[-6:]
    return Moment(f"{date}T{clock}{zone}" if clock else date, parts, like.zone)
