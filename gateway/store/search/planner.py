"""Decides how one type is searched: work follows the most selective filter, not the size of the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from gateway.store import supervised_business
from gateway.store.dates import EARLIEST, LATEST, Range
from gateway.store.index import SHORT_US, Parameter, range_keys
from gateway.store.search import updated, visible
from gateway.store.search.budget import Budget
from gateway.store.search.date import Moment, beginnings
from gateway.store.search.driver import COUNT_CAP, MAX_LISTS, Aside, Driver, read, scan_of, size
from gateway.store.search.filters import (
    Belongs,
    Business,
    Chain,
    Filter,
    Has,
    Ids,
    Listed,
    Named,
    Updated,
    Values,
)
from gateway.store.search.joined import Join
from gateway.store.search.others import Others
from gateway.store.search.plan import Condition, Plan
from gateway.store.search.sources import Cabinet, Filed, Source
from gateway.store.types import NUMBER

MAX_KNOWN = 20_000
"""Candidates that are held in memory as a set."""
MAX_PARTS = 250
"""Posting lists that one statement merges, where nothing else narrows a search."""
FEW = 200
"""So few candidates are tested one by one before a chain is searched from its far end."""
SOME = 1000
"""So few candidates are tested one by one before a span of strings or numbers is read."""

_BUSINESS = (
    "(SELECT 1 FROM version v CROSS JOIN supervised s WHERE v.seq = q.value AND s.tenant = ? AND s.type = ? "
    "AND s.fhir_id = v.fhir_id) IS NOT NULL"
)
_SPANNED = ("sx_str", "sx_number")
"""Tables that do not tell quickly whether one version is in them."""


class Planner:
    """Plans the search of one type on one snapshot."""

    def __init__(
        self, connection: Connection, tenant: int, type_: str, snapshot: int, budget: Budget, others: Others
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._type = type_
        self._snapshot = snapshot
        self._budget = budget
        self._others = others
        self._cabinet = Cabinet(connection, tenant, type_)
        self._spanned: list[tuple[Filter, Filed]] = []
        self.plan = Plan()

    def run(self, filters: Sequence[Filter]) -> Plan:
        """Return the plan; what is cheap to plan comes first, it tells how far the rest must go."""
        dates: dict[Parameter | Values, list[Values]] = {}
        late: list[Chain | Has] = []
        limits: list[Business] = []
        for each in filters:
            if isinstance(each, Chain | Has):
                late.append(each)
            elif isinstance(each, Business):
                limits.append(each)
            elif isinstance(each, Values) and _of_dates(each):
                dates.setdefault(each.parameter if each.parameter.single else each, []).append(each)
            else:
                self._take(each)
        for moments in dates.values():
            self._dates(moments[0].parameter, moments)
        for spanned, filed in self._spanned:
            self._gather(spanned, filed)
        for limit in limits:
            self._limit(limit)
        for each in late:
            self._follow(each)
        return self.plan

    def _take(self, each: Filter) -> None:
        if isinstance(each, Updated):
            spans = updated.spans(self._connection, self._tenant, self._snapshot, each.any_of)
            self.plan.spans.append(spans)
        elif isinstance(each, Ids) and not each.negated:
            ids = each.any_of
            self._know(each, visible.seqs_of(self._connection, self._tenant, self._type, ids, self._snapshot))
        elif isinstance(each, Listed):
            self._take(self._others.items(each, self._type))
        elif isinstance(each, Named):
            self._take(each.named_by(self._others))
        elif isinstance(each, Belongs):
            self._belong(each)
        elif isinstance(each, Values):
            self._file(each, self._cabinet.of(each))
        else:
            self.plan.tests.append(each)

    def _limit(self, each: Business) -> None:
        """Let what is supervised of the type drive, where it is little; else look up each candidate."""
        most = min(self.plan.driver.size, COUNT_CAP)
        if most > FEW:
            count = supervised_business.count(self._connection, self._tenant, self._type, most)
            if count <= most:
                ids = supervised_business.ids(self._connection, self._tenant, self._type, count)
                seqs = visible.seqs_of(self._connection, self._tenant, self._type, ids, self._snapshot)
                self._know(each, seqs)
                return
        self.plan.conditions.append(Condition(each, _BUSINESS, (self._tenant, NUMBER[self._type])))

    def _follow(self, each: Chain | Has) -> None:
        """Search a chain from its far end, unless so few candidates are left that they are tested."""
        near = None if self._few() else self._others.nearer(each, self._type, self._count)
        if near is None:
            self.plan.tests.append(each)
        elif isinstance(near, Join):
            self.plan.joins.append(near)
        else:
            self._take(near)

    def _few(self) -> bool:
        driver = self.plan.driver
        if driver.narrow or self._budget.indexed:
            return driver.size <= FEW
        return self._count(FEW) <= FEW

    def _count(self, most: int) -> int:
        """Count the candidates so far; ``most`` + 1 where there are more."""
        return self.plan.driver.count(self._connection, scan_of(self._tenant, self._type), most)

    def _belong(self, each: Belongs) -> None:
        filed = self._cabinet.belonging(each)
        owner_type, _, id_ = each.owner.partition("/")
        if owner_type != self._type or filed is None:
            self._file(each, filed)
            return
        seqs = self._read(filed.sources)
        if seqs is None:
            self.plan.tests.append(each)
            return
        own = visible.seqs_of(self._connection, self._tenant, self._type, (id_,), self._snapshot)
        self._know(each, [*seqs, *own])
        if not filed.exact:
            self.plan.tests.append(each)

    def _file(self, each: Filter, filed: Filed | None) -> None:
        """Make a filter a condition, and the driver if it is the most selective so far."""
        if filed is None:
            self.plan.tests.append(each)
            return
        if not filed.exact:
            self.plan.tests.append(each)
        if not filed.sources:
            self.plan.empty = True
        elif filed.sources[0].table in _SPANNED:
            self._spanned.append((each, filed))
        elif len(filed.sources) > MAX_LISTS:
            self._gather(each, filed)
        else:
            self._condition(each, filed.sources)
            size = 0
            for source in filed.sources:
                size += self._size(source, self.plan.driver.size - size)
                if size >= self.plan.driver.size:
                    self.plan.aside.append(Aside(tuple(filed.sources), each))
                    return
            self.plan.driver = Driver(tuple(filed.sources), None, each, size)

    def _gather(self, each: Filter, filed: Filed) -> None:
        """Hold the candidates of many lists, or of a span of values, in memory; else test each resource."""
        few = self.plan.driver.size <= SOME
        seqs = None if few else self._read(filed.sources)
        if seqs is not None:
            self._know(each, seqs)
            return
        if filed.exact:
            self.plan.tests.append(each)
        if not few:
            self.plan.aside.append(Aside(tuple(filed.sources), each))
        lists = all(source.table == "sx" for source in filed.sources)
        if not few and lists and len(filed.sources) <= MAX_PARTS and not self.plan.driver.narrow:
            self.plan.driver = Driver(tuple(filed.sources), None, each)

    def _know(self, each: Filter, seqs: Iterable[int]) -> None:
        found = frozenset(seqs)
        self.plan.known[each] = found
        self.plan.empty = self.plan.empty or not found
        if len(found) < self.plan.driver.size:
            self.plan.driver = Driver((), sorted(found), each, len(found))

    def _condition(self, each: Filter, sources: Iterable[Source]) -> None:
        """Look each candidate up by itself: PostgreSQL joins an EXISTS with the whole of a dense list."""
        parts = [
            f"(SELECT 1 FROM {source.table} x WHERE {source.where} AND x.seq = q.value LIMIT 1) IS NOT NULL"  # noqa: S608
            for source in sources
        ]
        values = tuple(value for source in sources for value in source.values)
        self.plan.conditions.append(Condition(each, f"({' OR '.join(parts)})", values))

    def _size(self, source: Source, most: int) -> int:
        return size(self._connection, source, min(COUNT_CAP, most))

    def _read(self, sources: Sequence[Source]) -> set[int] | None:
        """Return the candidates of some sources, as long as they may be held."""
        found = read(self._connection, sources, MAX_KNOWN)
        self._budget.spend(MAX_KNOWN if found is None else len(found))
        return found

    def _dates(self, parameter: Parameter, filters: Sequence[Values]) -> None:
        """A window of dates is several filters: together they bound where the one range of each match begins.

        Of several ranges of one resource each filter may be fulfilled by another one: they are not joined.
        """
        short, long = (EARLIEST, LATEST), (EARLIEST, LATEST)
        for each in filters:
            filed = self._cabinet.of(each)
            if filed is None:
                self.plan.tests.append(each)
                continue
            self._condition(each, filed.sources)
            if not filed.exact:
                self.plan.tests.append(each)
            hull = _hulls([wanted for wanted in each.any_of if isinstance(wanted, Moment)])
            short, long = _both(short, hull[0]), _both(long, hull[1])
        sources = [
            Source("sx_range", "x.p = ? AND x.lo >= ? AND x.lo <= ?", (p, *span))
            for pair in range_keys(parameter, self._tenant)
            for p, span in zip(pair, (short, long), strict=True)
        ]
        if parameter.single:
            self.plan.windows.update((source.values[0], source.values[1:]) for source in sources)
        size = sum(self._size(source, COUNT_CAP) for source in sources)
        if sources and size < min(self.plan.driver.size, COUNT_CAP):
            self.plan.driver = Driver(tuple(sources), None, None, size)
        elif sources:
            self.plan.aside.append(Aside(tuple(sources)))


def _of_dates(each: Values) -> bool:
    return each.parameter.type == "date" and bool(each.parameter.postings)


def _both(one: Range, other: Range) -> Range:
    return max(one[0], other[0]), min(one[1], other[1])


def _hulls(moments: Sequence[Moment]) -> tuple[Range, Range]:
    """Return the beginnings that can fulfil a filter, for short and for long stored ranges."""
    found = [beginnings(moment) for moment in moments]
    short = min(low - SHORT_US for low, _ in found), max(high for _, high in found)
    exact = all(moment.prefix in ("eq", "sa") for moment in moments)
    long = min(low for low, _ in found) if exact else EARLIEST, short[1]
    return (max(short[0], EARLIEST), short[1]), long
