"""Moment: how a command is told since when: a time, an age (``2h``, ``7d``), or an inbox id."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.cli.words import say
from gateway.errors import Misconfigured

_AGE = re.compile(r"(\d{1,6})([mhd])")
_ID = re.compile(r"[0-9a-f]{32}")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Moment(NamedTuple):
    """Where a walk through the inbox begins: microseconds since 1970 (0 for any), or an inbox id."""

    us: int = 0
    id: str = ""


def moment(text: str) -> Moment:
    """Return the moment that ``--since`` names; a time without a zone is local.

    Raises:
        Misconfigured: it is none.
    """
    if _ID.fullmatch(text):
        return Moment(id=text)
    age = _AGE.fullmatch(text)
    if age:
        return Moment(_us(datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})))
    try:
        return Moment(_us(datetime.fromisoformat(text).astimezone()))
    except (ValueError, OverflowError):
        raise Misconfigured(say("since.bad", text=text), where="--since") from None


def _us(at: datetime) -> int:
    return max(0, int(at.timestamp() * 1_000_000))
