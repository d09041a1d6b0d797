"""Polling: one view read forward, its rows delivered, then remembered, in this order: so nothing is lost.

A reading begins at what was read last less the overlap: late and equal times are met again, and what was
delivered already is known by its hash. A page ends between two positions, never inside one, whatever stands
there twice.
"""

from __future__ import annotations

import asyncio
import logging
import re
from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import Any, TypeVar

import orjson

from adapters.his.sql_view import outcome as words
from adapters.his.sql_view.database import Head, Key, Reader, Unreadable
from adapters.his.sql_view.state import GONE, At, Known, State, key_text
from adapters.his.sql_view.values import (
    before,
    behind,
    kind_of,
    not_after,
    packed,
    sorts,
    text_of,
    unpacked,
)
from adapters.his.sql_view.views import View
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Misconfigured, Retry
from gateway.wire.rows import CONTENT_TYPE, written

_LOG = logging.getLogger("qiao.sql_view")

T = TypeVar("T")

_DIGIT = re.compile(r"\d")
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")

QUICK = 5.0
"""Seconds that most polls look back; those in between look back the whole overlap."""

SHARE = 4
"""How often within the overlap a poll looks back the whole of it."""

LONGEST_PAUSE = 60.0

LARGEST_PAGE = 64
"""Times the batch: as many rows may stand at one position."""


@dataclass(slots=True)
class Counts:
    """What one view has done since the door opened. No patient data.

    Attributes:
        read: rows read; ``delivered``: of them, those that said something new.
        duplicates: rows that share their key with another; ``keyless``: rows without one.
        withdrawn: rows that vanished and were taken back; ``withheld``: those that vanished and were not.
        late: rows that only the comparison of keys found.
        lost: columns that the view does not have.
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
    late: int = 0
    lost: tuple[str, ...] = ()
    behind: int = -1
    error: str = ""


@dataclass(slots=True, frozen=True)
class Limits:
    """How much at once, and how far back.

    Attributes:
        batch: rows of a page; ``in_flight``: of those under way at once.
        overlap: seconds that are read again.
        withdraw: share of the known rows that may vanish at once; more are withheld.
    """

    batch: int = 1000
    in_flight: int = 512
    overlap: float = 60.0
    withdraw: float = 0.1
    zone: str = "+08:00"


@dataclass(slots=True)
class Group:
    """Rows that stand at one position: one, unless a key is there twice."""

    key: str
    mark: str
    heads: list[Head] = field(default_factory=list)


class Polling:
    """Reads one view.

    Args:
        run: runs what waits for a database in a thread.
        deliver: as of ``gateway.spec.Source.start``.

    Attributes:
        progress: told how many rows more have been worked.
        count: how many rows the view has; waits for the database.
    """

    def __init__(
        self,
        view: View,
        reader: Reader,
        state: State,
        limits: Limits,
        tenant: str,
        adapter: str,
        run: Callable[..., Awaitable[Any]],
        deliver: Callable[[Envelope], Awaitable[bytes]],
    ) -> None:
        self.view, self.counts = view, Counts()
        self._reader, self._state, self._limits = reader, state, limits
        self._tenant, self._adapter = tenant, adapter
        self._run, self._deliver = run, deliver
        self.progress: Callable[[int], object] = lambda _: None
        self.count = reader.count
        self._at: At | None = None
        self._whole_at = 0
        self._zone = wall_clock(limits.zone)

    async def round(self) -> int:
        """Read until the view has nothing more; return how many rows were delivered.

        Raises:
            Unreadable: the database does not answer as it should; what was committed before stays.
            Retry: the state cannot be written now.
        """
        shape, some = await self._run(self._reader.look)
        self.counts.lost = shape.lost
        if self._at is None:
            self._at = await self._run(self._state.at, self.view.name)
        if self.view.mode == "hash":
            return await self._by_hash()
        return await self._forward(some)

    async def _forward(self, some: Any) -> int:
        before_, delivered = self._read_to(), 0
        async with aclosing(self._pages(self._begin(some), by_key=False)) as pages:
            async for groups in pages:
                last = groups[-1].heads[-1]
                key = orjson.dumps([packed(one) for one in last.key]).decode()
                delivered += await self._work(groups, (packed(last.changed), key))
        at = self._here
        if at.mark:
            now = self._now()
            at.mark, at.key = packed(not_after(unpacked(at.mark), now)), ""
            self.counts.behind = behind(unpacked(at.mark), now)
        if self._read_to() != before_:
            await self._remember([])
        return delivered

    @property
    def _here(self) -> At:
        assert self._at is not None
        return self._at

    def _read_to(self) -> tuple[str, str]:
        return self._here.mark, self._here.key

    async def _remember(self, rows: list[Known], to: tuple[str, str] | None = None) -> None:
        """Commit what was delivered, and how far the view was read by it."""
        if to is not None:
            self._here.mark, self._here.key = to
        await self._run(self._state.commit, self.view.name, self._here, rows)

    def _begin(self, some: Any) -> tuple[Any, Key] | None:
        """Return where the next reading begins, None for the beginning."""
        at = self._here
        if not at.mark:
            return None
        mark = unpacked(at.mark)
        if some is not None and kind_of(some) != kind_of(mark):
            _LOG.warning(
                "%s: the type of %s has changed; the view is read anew, what is known is not delivered again",
                self.view.name, self.view.changed,
            )  # fmt: skip
            at.mark = at.key = ""
            return None
        if at.key:
            return mark, tuple(unpacked(one) for one in orjson.loads(at.key))
        now = now_us()
        overlap = self._limits.overlap if self.view.overlap < 0 else self.view.overlap
        whole = now - self._whole_at >= overlap * 1_000_000 / SHARE
        if whole:
            self._whole_at = now
        return before(mark, overlap if whole else min(QUICK, overlap)), ()

    async def _by_hash(self) -> int:
        """Read all of a view, and take back what has vanished from it."""
        return await self._compare(whole=True)

    async def reconcile(self) -> int:
        """Compare all keys: deliver what was missed, take back what has vanished; return how many.

        Raises:
            Unreadable: the database does not answer as it should.
        """
        shape, _ = await self._run(self._reader.look)
        self.counts.lost = shape.lost
        if self._at is None:
            self._at = await self._run(self._state.at, self.view.name)
        done = await self._compare(whole=self.view.mode == "hash")
        self._at.reconciled_us = now_us()
        await self._remember([])
        return done

    @property
    def reconciled_us(self) -> int:
        """When the keys were compared last, 0 for never."""
        return self._at.reconciled_us if self._at is not None else 0

    async def _compare(self, *, whole: bool) -> int:
        seen = array("Q")
        delivered = 0
        async with aclosing(self._pages(None, by_key=True, bare=not whole)) as pages:
            async for groups in pages:
                seen.extend(_digest(one.key) for one in groups)
                delivered += await (self._work(groups) if whole else self._missed(groups))
        self.counts.keyless = await self._run(self._reader.without_key)
        ordered = array("Q", sorted(seen))
        return delivered + await self._vanished(ordered)

    async def _missed(self, groups: list[Group]) -> int:
        """Deliver the rows of which another state is known than that of the view."""
        known = await self._run(self._state.known, self.view.name, [one.key for one in groups])
        changed = [
            one
            for one in groups
            if (was := known.get(one.key)) is None or not one.mark or was.mark != one.mark or was.hash == GONE
        ]
        if not changed:
            return 0
        heads = await self._run(self._reader.whole, [one.heads[0].key for one in changed])
        delivered = await self._work(list(_grouped(heads, by_key=True)))
        self.counts.late += delivered
        return delivered

    async def _vanished(self, seen: array[int]) -> int:
        """Take back what is known and was not seen."""
        gone: list[Known] = []
        there = 0
        parts = self._state.all(self.view.name)
        while part := await self._run(next, parts, None):
            living = [one for one in part if one.hash != GONE]
            there += len(living)
            gone += [one for one in living if not _holds(seen, _digest(one.key))]
        self.counts.withheld = 0
        if not gone:
            return 0
        if len(gone) > max(20, there * self._limits.withdraw):
            self.counts.withheld = len(gone)
            _LOG.error(
                "%s: %s of %s rows have vanished, more than may be taken back at once; none is. If that is "
                "right, raise withdraw", self.view.name, len(gone), there,
            )  # fmt: skip
            return 0
        if not self.view.gone:
            self.counts.withheld = len(gone)
            _LOG.error("%s: %s rows have vanished; its layout has no word for it", self.view.name, len(gone))
            return 0
        for part in _chunks(gone, self._limits.batch):
            await self._take_back(part)
        return len(gone)

    async def _take_back(self, gone: list[Known]) -> None:
        now = self._now().replace(tzinfo=None).isoformat(" ", "seconds")
        envelopes = []
        for one in gone:
            said = orjson.loads(one.kept) if one.kept else {"row": {}}
            said["row"] = {**said["row"], **_set(self.view.gone, "")}
            if self.view.changed:
                said["row"][self.view.changed] = now
            for name, rows in said.items():
                if name != "row":
                    said[name] = [{**row, **_set(self.view.gone, f"{name}.")} for row in rows]
            envelopes.append(self._envelope(said, f"{GONE}-{one.turn + 1}", one.key))
        await self._deliver_all(envelopes)
        rows = [Known(one.key, "", GONE, one.turn + 1, one.kept) for one in gone]
        await self._remember(rows)
        self.counts.withdrawn += len(gone)

    async def _pages(
        self, position: tuple[Any, Key] | None, *, by_key: bool, bare: bool = False
    ) -> AsyncGenerator[list[Group], None]:
        """Yield the groups of each page; the next page is read while one is worked."""
        limit = self._limits.batch
        asked = asyncio.ensure_future(self._page(position, limit, by_key, bare))
        try:
            while True:
                heads, full = await asked
                if not by_key:
                    self._check_order(heads)
                groups = list(_grouped(heads, by_key=by_key))
                if full and len(groups) == 1:  # a page that is one position: it must be met whole
                    limit = self._larger(limit)
                    asked = asyncio.ensure_future(self._page(position, limit, by_key, bare))
                    continue
                if full:
                    groups.pop()
                    position = (heads[-1].changed, heads[-1].key)
                    asked = asyncio.ensure_future(self._page(position, limit, by_key, bare))
                self.counts.read += sum(len(one.heads) for one in groups)
                if groups:
                    yield groups
                if not full:
                    return
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)

    def _larger(self, limit: int) -> int:
        if limit >= self._limits.batch * LARGEST_PAGE:
            raise Unreadable(
                f"{self.view.source} has more than {limit} rows with one key; correct key", lasting=True
            )
        return limit * 4

    def _check_order(self, heads: Sequence[Head]) -> None:
        """Refuse texts that do not sort by time: what comes late would never be read."""
        texts = {head.changed for head in heads if isinstance(head.changed, str)}
        styles = {_DIGIT.sub("", one.partition(".")[0]) for one in texts}
        if len(styles) > 1 or not all(sorts(one) for one in texts):
            raise Unreadable(
                f"{self.view.changed} of {self.view.source} is text that does not sort by time; "
                "set mode: hash for this view, or name another column",
                lasting=True,
            )

    async def _page(
        self, position: tuple[Any, Key] | None, limit: int, by_key: bool, bare: bool
    ) -> tuple[list[Head], bool]:
        heads = await self._run(lambda: self._reader.page(position, limit, by_key=by_key, bare=bare))
        return heads, len(heads) >= limit

    async def _work(self, groups: list[Group], to: tuple[str, str] | None = None) -> int:
        """Deliver what is new in some groups, then remember it; return how many rows were delivered.

        Args:
            to: how far the view has been read by them.
        """
        known = await self._run(self._state.known, self.view.name, [one.key for one in groups])
        fresh = [one for one in groups if not _older(one, known.get(one.key))]
        if self.view.details and fresh:
            await self._run(self._reader.add_details, [head for one in fresh for head in one.heads])
        envelopes, rows = await self._run(self._prepared, fresh, known)
        given = await self._deliver_all(envelopes)
        kept = [row for row, at in rows if all(given[one] != words.REJECTED for one in at)]
        if kept:
            await self._remember(kept, to)
        elif to is not None:
            self._here.mark, self._here.key = to
        self.progress(len(groups))
        return len(envelopes)

    def _prepared(
        self, groups: list[Group], known: dict[str, Known]
    ) -> tuple[list[Envelope], list[tuple[Known, range]]]:
        """Return what is to be delivered, and what is to be remembered of it."""
        envelopes: list[Envelope] = []
        rows: list[tuple[Known, range]] = []
        for group in groups:
            said = [{"row": head.row, **head.details} for head in group.heads]
            texts = [orjson.dumps(one) for one in said]
            if len(texts) > 1:
                said = [one for at, one in enumerate(said) if texts[at] not in texts[:at]]
                self.counts.duplicates += len(texts) - 1
                texts.sort()
            hash_ = blake2b(b"\n".join(texts), digest_size=12).hexdigest()
            was = known.get(group.key)
            if was is not None and was.hash == hash_:
                if was.mark != group.mark:
                    rows.append((Known(group.key, group.mark, hash_, was.turn, was.kept), range(0)))
                continue
            turn = was.turn + 1 if was is not None else 0
            begin = len(envelopes)
            envelopes += [self._envelope(one, f"{hash_}-{turn}", group.key) for one in said]
            kept = _kept(self.view.keep, said[-1])
            rows.append((Known(group.key, group.mark, hash_, turn, kept), range(begin, len(envelopes))))
        return envelopes, rows

    def _envelope(self, said: dict[str, Any], content: str, key: str) -> Envelope:
        moment = now_us()
        number = blake2b(f"{self.view.name} {key} {content}".encode(), digest_size=10).hexdigest()
        raw = written(self.view.table, self.view.system, [said], number)
        return Envelope(
            new_envelope_id(moment), self._tenant, self._adapter, "", moment, CONTENT_TYPE, "", raw,
            {"view": self.view.name},
        )  # fmt: skip

    async def _deliver_all(self, envelopes: Sequence[Envelope]) -> list[bytes]:
        """Deliver in order, a bounded number at once, until each is answered."""
        given: list[bytes] = []
        for part in _chunks(envelopes, self._limits.in_flight):
            given += await self._deliver_part(part)
        self._here.seen += len(envelopes)
        self.counts.delivered += len(envelopes)
        for word in given:
            if word != words.STORED:
                self.counts.quarantined += word == words.QUARANTINED
                self.counts.refused += word == words.REFUSED
                self.counts.rejected += word == words.REJECTED
        return given

    async def _deliver_part(self, envelopes: Sequence[Envelope]) -> list[bytes]:
        given: dict[int, bytes] = {}
        pause = 0.0
        while True:
            left = [at for at in range(len(envelopes)) if at not in given]
            done = await asyncio.gather(
                *(self._deliver(envelopes[at]) for at in left), return_exceptions=True
            )
            after = 0.0
            for at, one in zip(left, done, strict=True):
                if isinstance(one, bytes):
                    given[at] = one
                elif isinstance(one, Retry):
                    after = max(after, one.after)
                else:
                    raise one
            if len(given) == len(envelopes):
                return [given[at] for at in range(len(envelopes))]
            self.counts.retried += len(envelopes) - len(given)
            pause = min(max(after, pause * 2), LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def _now(self) -> datetime:
        return datetime.now(self._zone)


def _older(group: Group, was: Known | None) -> bool:
    """Tell whether something newer of the key was delivered: the view keeps what a row was before."""
    if was is None or not was.mark or not group.mark or was.mark == group.mark or was.hash == GONE:
        return False
    mine, theirs = unpacked(group.mark), unpacked(was.mark)
    return kind_of(mine) == kind_of(theirs) and mine < theirs  # type: ignore[operator]


def _grouped(heads: Sequence[Head], *, by_key: bool) -> Iterator[Group]:
    """Yield the rows that stand at one position together; they come in order."""
    open_: Group | None = None
    position: Any = None
    for head in heads:
        at = head.key if by_key else (head.changed, head.key)
        if open_ is None or at != position:
            if open_ is not None:
                yield open_
            key = key_text([text_of(one) for one in head.key])
            open_, position = Group(key, packed(head.changed) if head.changed is not None else ""), at
        open_.heads.append(head)
    if open_ is not None:
        yield open_


def _kept(names: Sequence[str], said: dict[str, Any]) -> str:
    """Return the columns by which a row can be taken back, as JSON."""
    if not names:
        return ""
    row = {name: said["row"][name] for name in names if name in said["row"]}
    kept: dict[str, Any] = {"row": row}
    for name in names:
        detail, dot, column = name.partition(".")
        if dot:
            rows = said.get(detail, [])
            into = kept.setdefault(detail, [{} for _ in rows])
            for one, full in zip(into, rows, strict=True):
                if column in full:
                    one[column] = full[column]
    return orjson.dumps(kept).decode()


def _set(gone: Any, prefix: str) -> dict[str, str]:
    if prefix:
        return {name.removeprefix(prefix): value for name, value in gone.items() if name.startswith(prefix)}
    return {name: value for name, value in gone.items() if "." not in name}


def _digest(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def _holds(ordered: array[int], value: int) -> bool:
    at = bisect_left(ordered, value)
    return at < len(ordered) and ordered[at] == value


def _chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    for at in range(0, len(items), size):
        yield list(items[at : at + size])


def wall_clock(zone: str) -> timezone:
    """Return a zone. Raises ``Misconfigured`` where it is none."""
    found = _ZONE.fullmatch(zone)
    if found is None:
        raise Misconfigured("zone is written +08:00", where="zone")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)
