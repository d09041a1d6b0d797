"""How one type is searched: what drives it, and what each candidate must still fulfil."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from gateway.store.dates import LATEST, Range
from gateway.store.search.driver import Aside, Driver, column
from gateway.store.search.filters import Filter
from gateway.store.search.joined import Join


@dataclass(slots=True, frozen=True)
class Condition:
    """One filter as SQL on ``q.value``, a sequence number; it reads no bodies."""

    filter: Filter
    sql: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Plan:
    """How one type is searched.

    Attributes:
        driver: where candidates come from.
        conditions: what postings tell of a candidate.
        known: filter → the candidates that fulfil it.
        joins: what else refers to a candidate, told by postings too.
        tests: what must be tested on the resource itself.
        spans: sequence numbers that ``_lastUpdated`` allows, for each of its filters.
        aside: what may drive it instead, once that is known to be little.
        windows: list of dates → between what the one value of each match begins.
        empty: some filter matches nothing at all.
    """

    driver: Driver = field(default_factory=Driver)
    conditions: list[Condition] = field(default_factory=list)
    known: dict[Filter, Container[int]] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    tests: list[Filter] = field(default_factory=list)
    spans: list[list[Range]] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    windows: dict[int, Range] = field(default_factory=dict)
    empty: bool = False

    def passing(
        self, connection: Connection, candidates: Iterable[int], driver: Driver | None = None
    ) -> list[int]:
        """Return the candidates that fulfil what postings tell, in their order.

        Args:
            driver: where they come from: they fulfil its filter; None: from anywhere.
        """
        done = driver.filter if driver else None
        sets = [known for each, known in self.known.items() if each is not done]
        found = list(candidates)
        for spans in self.spans:
            found = [seq for seq in found if any(low <= seq <= high for low, high in spans)]
        for known in sets:
            found = [seq for seq in found if seq in known]
        left = [each for each in self.conditions if each.filter is not done]
        if left and found:
            where = " AND ".join(each.sql for each in left)
            values = (json.dumps(found), *(value for each in left for value in each.values))
            sql = f"SELECT q.value FROM EACH(?) q WHERE {where}"  # noqa: S608
            fulfilled = set(column(connection, sql, values))
            found = [seq for seq in found if seq in fulfilled]
        for join in self.joins:
            found = join.passing(connection, found) if found else found
        return found

    def turn(self, connection: Connection, most: int) -> Driver:
        """Let what is least drive from now on, if that is at most so many candidates; returns the driver."""
        found = [driver for each in self.aside if (driver := each.driver(connection, most)) is not None]
        if found:
            self.driver, self.aside = min(found, key=lambda driver: driver.size), []
        return self.driver

    @property
    def bounds(self) -> Range:
        """The sequence numbers outside which ``_lastUpdated`` allows none."""
        low = max((min((low for low, _ in spans), default=LATEST) for spans in self.spans), default=0)
        return low, min((max((high for _, high in spans), default=0) for spans in self.spans), default=LATEST)
