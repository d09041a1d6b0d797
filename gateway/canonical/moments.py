"""Moments: FHIR dates and times as microseconds and days, and what a year is by Chinese law.

Days are those of China, UTC+8 without summer time. A year counts as the Civil Code says (民法典 §§ 201, 202):
the first day is not counted, the last is the corresponding day, and where the month has none (29 February)
the last of the month. So a year of life is complete *after* the birthday, which is also how the Supreme
People's Court counts 周岁 (法释〔2006〕1号 § 2); who is born on a leap day turns older on 1 March.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, 8, tzinfo=CHINA)
_US = timedelta(microseconds=1)
MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE


def day_of(us: int) -> date:
    """Return the day in China of a moment."""
    return _at(us // (1_000_000 * 60))


@lru_cache(maxsize=64)
def _at(minutes: int) -> date:
    return (_EPOCH + timedelta(minutes=minutes)).astimezone(CHINA).date()


def local(us: int) -> datetime:
    """Return a moment as it reads on a clock in China."""
    return (_EPOCH + us * _US).astimezone(CHINA)


def moment(text: object) -> int | None:
    """Return the first microsecond of a FHIR date, dateTime or instant; None where it is none."""
    return _moment(text) if isinstance(text, str) else None


@lru_cache(maxsize=4096)
def _moment(text: str) -> int | None:
    found = _read(text)
    return None if found is None else (found - _EPOCH) // _US


def day(text: object) -> date | None:
    """Return the day in China of a FHIR date or dateTime, the first one of a month or year; None for none."""
    return _day(text) if isinstance(text, str) else None


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    found = _read(text)
    return None if found is None else found.date()


def last_day(text: object) -> date | None:
    """Return the last day that a FHIR date or dateTime may mean: of ``"2019-05"`` the 31st."""
    first = day(text)
    if first is None or not isinstance(text, str) or len(text) > 7:
        return first
    month = first.month if len(text) == 7 else 12
    return date(first.year, month, monthrange(first.year, month)[1])


def stated(text: object) -> object:
    """Return a date or dateTime as it is, None for nothing: what cannot be read is not the same as nothing.

    Raises:
        ValueError: it cannot be read.
    """
    if text is not None and moment(text) is None:
        raise ValueError("no date")
    return text


def stated_us(text: object) -> int | None:
    """Return the moment of what is :func:`stated`."""
    return moment(stated(text))


def end_us(text: object) -> int | None:
    """Return the first microsecond after what a date or dateTime means as an end; a day is over at night.

    None where nothing is said, or the last day that there is (9999-12-31: without end).

    Raises:
        ValueError: it cannot be read.
    """
    if not isinstance(text, str) or len(text) > 10:
        return stated_us(text)
    last = last_day(text)
    if last is None:
        raise ValueError("no date")
    if last == date.max:
        return None
    midnight = datetime(last.year, last.month, last.day, tzinfo=CHINA) + timedelta(days=1)
    return (midnight - _EPOCH) // _US


def anniversary(start: date, years: int) -> date:
    """Return the corresponding day after so many years (民法典 § 202)."""
    year = start.year + years
    return date(year, start.month, min(start.day, monthrange(year, start.month)[1]))


def age(born: date, today: date, after_birthday: bool = True) -> int:
    """Return the completed years of life; by default a year is complete on the day after the birthday."""
    years = today.year - born.year
    last = anniversary(born, years)
    reached = today > last if after_birthday else today >= last
    return years if reached else years - 1


def _read(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    padded = text + "0000-01-01"[len(text) :] if len(text) < 10 else text
    try:
        found = datetime.fromisoformat(padded)
        return found.replace(tzinfo=CHINA) if found.tzinfo is None else found.astimezone(CHINA)
    except (ValueError, OverflowError):
        return None
