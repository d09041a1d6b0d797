"""Decides how a search is run: which postings drive it, and what each candidate must still fulfil.

Work follows the most selective filter, so that it does not grow with the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from gateway.store import ranges
from gateway.store.dates import EARLIEST, LATEST, Range
from gateway.store.keys import neighbour_key, posting_key, system_key
from gateway.store.parameters import Parameter
from gateway.store.postings import date_keys
from gateway.store.query import DateFilter, Filter, IdFilter, Query, ReferenceFilter, TokenFilter
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NUMBER

COUNT_CAP = 5000
"""How far postings are counted to find the most selective ones."""

_SYSTEMS = (
    "WITH RECURSIVE s(sys) AS (SELECT MIN(sys) FROM sx WHERE k = ? AND type = ? UNION ALL "
    "SELECT (SELECT MIN(x.sys) FROM sx x WHERE x.k = ? AND x.type = ? AND x.sys > s.sys) FROM s "
    "WHERE s.sys IS NOT NULL) SELECT sys FROM s WHERE sys IS NOT NULL"
)

Posting = tuple[int, int, int]
"""(k, type, sys): a list of sequence numbers."""


@dataclass(slots=True)
class Driver:
    """A statement that yields candidates below a position, newest first.

    Attributes:
        sql: one or several ``… seq < ?``, then ``LIMIT ?``.
        parts: the values of each of them, without the position that follows.
        filter: the filter that its candidates fulfil already; None for a mere scan.
    """

    sql: str
    parts: tuple[tuple[Any, ...], ...]
    filter: Filter | None = None

    def values(self, position: int, limit: int) -> tuple[Any, ...]:
        """Return what the statement is run with."""
        return (*(value for part in self.parts for value in (*part, position)), limit)


@dataclass(slots=True, frozen=True)
class Condition:
    """One filter as SQL, with its values."""

    filter: Filter
    sql: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Plan:
    """How a search is run.

    Attributes:
        driver: where candidates come from.
        conditions: what each candidate must fulfil beside, by filter: SQL on ``q.value``, its
            sequence number, which reads postings and no versions.
        spans: sequence numbers that ``_lastUpdated`` allows, for each of its filters.
        empty: some filter matches nothing at all.
    """

    driver: Driver
    conditions: list[Condition] = field(default_factory=list)
    spans: list[list[Range]] = field(default_factory=list)
    empty: bool = False

    @property
    def left(self) -> list[Condition]:
        """The conditions that the driver does not fulfil by itself."""
        return [each for each in self.conditions if each.filter is not self.driver.filter]

    def allows(self, seq: int) -> bool:
        """Tell whether ``_lastUpdated`` allows a sequence number."""
        return all(any(low <= seq <= high for low, high in spans) for spans in self.spans)

    @property
    def bounds(self) -> Range:
        """The sequence numbers outside which ``_lastUpdated`` allows none."""
        low = max((min(low for low, _ in spans) for spans in self.spans), default=0)
        return low, min((max(high for _, high in spans) for spans in self.spans), default=LATEST)


class Planner:
    """Plans one search on one snapshot."""

    def __init__(self, connection: Connection, tenant: int, query: Query, snapshot: int) -> None:
        self._connection = connection
        self._tenant = tenant
        self._query = query
        self._type = NUMBER[query.type]
        self._snapshot = snapshot
        scan = Driver(
            "SELECT seq FROM version WHERE type = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?",
            ((self._type, tenant << TENANT_SHIFT),),
        )
        self.plan = Plan(scan)
        self._best = COUNT_CAP * 4  # a dense posting is still better than the whole type

    def run(self) -> Plan:
        """Return the plan."""
        bounds: dict[Parameter, tuple[Range, Range]] = {}
        for each in self._query.filters:
            self._take(each, bounds)
        for parameter, (short, long) in bounds.items():
            self._offer_dates(parameter, short, long)
        return self.plan

    def _take(self, each: Filter, bounds: dict[Parameter, tuple[Range, Range]]) -> None:
        if isinstance(each, IdFilter):
            self._ids(each)
        elif isinstance(each, DateFilter) and each.parameter is None:
            self.plan.spans.append([s for prefix, span in each.any_of for s in self._updated(prefix, span)])
        elif isinstance(each, DateFilter):
            assert each.parameter is not None
            self._dates(each.parameter, each)
            hull = ranges.hulls(each)
            before = bounds.get(each.parameter, ((EARLIEST, LATEST), (EARLIEST, LATEST)))
            bounds[each.parameter] = (ranges.both(before[0], hull[0]), ranges.both(before[1], hull[1]))
        else:
            self._postings(each, self._lists(each))

    def _lists(self, each: TokenFilter | ReferenceFilter) -> list[Posting]:
        name, tenant, type_ = each.parameter.posting, self._tenant, self._type
        if isinstance(each, ReferenceFilter):
            return [(posting_key(tenant, name, target), type_, 0) for target in each.any_of]
        key = neighbour_key if name == "identifier" else posting_key
        found: list[Posting] = []
        for value, system in each.any_of:
            k = key(tenant, name, value.casefold())
            systems = self._systems(k) if system is None else [system_key(system)]
            found += [(k, type_, sys) for sys in systems]
        return found

    def _systems(self, k: int) -> Sequence[int]:
        return self._connection.exec_driver_sql(_SYSTEMS, (k, self._type, k, self._type)).scalars().all()

    def _postings(self, each: Filter, lists: list[Posting]) -> None:
        """Every list is both a condition and, if it is the shortest so far, the driver."""
        lists = list(dict.fromkeys(lists))
        if not lists:
            self.plan.empty = True
            return
        one = "EXISTS (SELECT 1 FROM sx WHERE k = ? AND type = ? AND sys = ? AND seq = q.value)"
        values = tuple(value for posting in lists for value in posting)
        self.plan.conditions.append(Condition(each, f"({' OR '.join([one] * len(lists))})", values))
        size = sum(self._size("sx WHERE k = ? AND type = ? AND sys = ?", posting) for posting in lists)
        if size < self._best:
            self._best = size
            part = "SELECT seq FROM sx WHERE k = ? AND type = ? AND sys = ? AND seq < ?"
            sql = " UNION ".join([part] * len(lists)) + " ORDER BY seq DESC LIMIT ?"
            self.plan.driver = Driver(sql, tuple(lists), each)

    def _size(self, rows: str, values: tuple[Any, ...]) -> int:
        sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM {rows} LIMIT {COUNT_CAP})"  # noqa: S608
        return int(self._connection.exec_driver_sql(sql, values).scalar_one())

    def _dates(self, parameter: Parameter, each: DateFilter) -> None:
        keys = date_keys(self._tenant, self._type, parameter)
        tests = [ranges.test(prefix, span) for prefix, span in each.any_of]
        any_of = " OR ".join(sql for sql, _ in tests)
        sql = f"EXISTS (SELECT 1 FROM sx_range r WHERE r.seq = q.value AND r.p IN (?, ?) AND ({any_of}))"  # noqa: S608
        values = (*keys, *(value for _, values in tests for value in values))
        self.plan.conditions.append(Condition(each, sql, values))

    def _offer_dates(self, parameter: Parameter, short: Range, long: Range) -> None:
        """Drive by the dates where they bound the candidates to few."""
        keys = date_keys(self._tenant, self._type, parameter)
        values = ((keys[0], *short), (keys[1], *long))
        size = sum(self._size("sx_range WHERE p = ? AND lo >= ? AND lo <= ?", each) for each in values)
        if size < min(self._best, COUNT_CAP):
            self._best = size
            part = "SELECT seq FROM sx_range WHERE p = ? AND lo >= ? AND lo <= ? AND seq < ?"
            self.plan.driver = Driver(f"{part} UNION {part} ORDER BY seq DESC LIMIT ?", values)

    def _ids(self, each: IdFilter) -> None:
        """Ids are a handful: look up which of their versions the snapshot sees."""
        marks = ",".join("?" * len(each.any_of))
        exists = f"EXISTS (SELECT 1 FROM version x WHERE x.seq = q.value AND x.fhir_id IN ({marks}))"  # noqa: S608
        self.plan.conditions.append(Condition(each, exists, each.any_of))
        self._best = -1
        sql = (
            "WITH RECURSIVE chain(seq) AS ("  # noqa: S608
            f" SELECT seq FROM current WHERE tenant = ? AND type = ? AND fhir_id IN ({marks})"
            f" UNION ALL SELECT x.prev_seq FROM chain CROSS JOIN version x WHERE x.seq = chain.seq"
            " AND x.seq > ? AND x.prev_seq IS NOT NULL"
            ") SELECT seq FROM chain WHERE seq < ? ORDER BY seq DESC LIMIT ?"
        )
        self.plan.driver = Driver(sql, ((self._tenant, self._type, *each.any_of, self._snapshot),), each)

    def _updated(self, prefix: str, span: Range) -> list[Range]:
        """Commit order and ``lastUpdated`` agree, so a time is a sequence number."""
        low, high = ranges.approximate(span) if prefix == "ap" else span
        first, last = self.tenant_first, self._snapshot
        begin, end = self._first_at(low), self._first_at(high + 1)
        return {
            "eq": [(begin, end - 1)],
            "ap": [(begin, end - 1)],
            "ne": [(first, begin - 1), (end, last)],
            "gt": [(end, last)],
            "sa": [(end, last)],
            "ge": [(begin, last)],
            "lt": [(first, begin - 1)],
            "eb": [(first, begin - 1)],
            "le": [(first, end - 1)],
        }[prefix]

    @property
    def tenant_first(self) -> int:
        """The tenant's lowest possible sequence number."""
        return (self._tenant << TENANT_SHIFT) + 1

    def _first_at(self, ts_us: int) -> int:
        """Return the first sequence number at or after a moment, by bisection."""
        low, high = self.tenant_first, self._snapshot + 1
        while low < high:
            middle = (low + high) // 2
            found = self._connection.exec_driver_sql(
                "SELECT ts_us FROM version WHERE seq = ?", (middle,)
            ).scalar()
            if found is not None and found < ts_us:
                low = middle + 1
            else:
                high = middle
        return low
