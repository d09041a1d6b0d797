"""Date parameters: ranges of moments, read in the configured zone where they name none (R4 §3.1.1.4.7)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from gateway.errors import Rejected
from gateway.store.dates import EARLIEST, LATEST, Range, date_range
from gateway.store.index import spans
from gateway.store.search import prefix


@dataclass(slots=True, frozen=True)
class Moment:
    """One value of a date search.

    Attributes:
        prefix: how a stored range stands to it.
        span: the closed range of microseconds that is asked for, widened already for ``ap``.
        zone: in which stored dates without a zone are read.
    """

    prefix: str
    span: Range
    zone: str

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element fulfils it."""
        test = prefix.TESTS[self.prefix]
        return any(test(low, high, *self.span) for low, high in spans(kind, value, self.zone))


def parse(text: str, zone: str, name: str) -> Moment:
    """Return the value of a date parameter.

    Raises:
        Rejected: it is no date; code ``value``.
    """
    how, bare = prefix.take(text)
    try:
        span = date_range(bare.replace(" ", "+"), zone)
    except Rejected as error:
        raise Rejected(
            f"takes a date such as ge2026-03-01T08:00:00+08:00; prefixes are {', '.join(prefix.PREFIXES)}",
            code="value",
            where=name,
        ) from error
    return Moment(how, _approximate(span) if how == "ap" else span, zone)


def _approximate(span: Range) -> Range:
    """Widen by a tenth of the distance to now, as R4 §3.1.1.4.5 recommends."""
    now = time.time_ns() // 1000
    slack = abs(now - (span[0] + span[1]) // 2) // 10
    return span[0] - slack, span[1] + slack


def beginnings(moment: Moment) -> Range:
    """Return the beginnings that can fulfil it, for a stored range of one moment."""
    low, high = moment.span
    return {
        "eq": (low, high),
        "ap": (low, high),
        "ne": (EARLIEST, LATEST),
        "gt": (high, LATEST),
        "sa": (high, LATEST),
        "ge": (low, LATEST),
        "lt": (EARLIEST, low),
        "eb": (EARLIEST, low),
        "le": (EARLIEST, high),
    }[moment.prefix]
