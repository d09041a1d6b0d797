"""Comparing: the keys of a view against those that are known: what was missed comes, what is gone goes."""

from __future__ import annotations

import logging
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import aclosing
from hashlib import blake2b
from json import loads

from adapters.his.sql_view.delivery import Delivery, Run
from adapters.his.sql_view.limits import FEW, Counts, Limits
from adapters.his.sql_view.pages import Pages, ahead
from adapters.his.sql_view.prepared import Prepared, Preparing
from adapters.his.sql_view.reader import Reader
from adapters.his.sql_view.state import State
from adapters.his.sql_view.views import View

_LOG = logging.getLogger("qiao.sql_view")


class Comparing:
    """Compares the keys of one view."""

    def __init__(
        self,
        view: View,
        reader: Reader,
        state: State,
        preparing: Preparing,
        delivery: Delivery,
        limits: Limits,
        counts: Counts,
        run: Run,
    ) -> None:
        self._view, self._reader, self._state = view, reader, state
        self._preparing, self._delivery = preparing, delivery
        self._limits, self._counts, self._run = limits, counts, run

    async def all(self, progress: Callable[[int], object]) -> int:
        """Read all keys, deliver what was missed, take back what has vanished; return how many.

        Raises:
            Unanswered: the database does not answer; nothing is taken back then.
            Retry: the state cannot be written now.
        """
        whole = self._view.mode == "hash"
        pages = Pages(self._view, self._reader, None, self._limits.batch, by_key=True, bare=not whole)
        seen = array("Q")

        def done(page: Prepared) -> None:
            seen.extend(map(_digest, page.keys))
            progress(page.read)

        self._preparing.begin()
        async with aclosing(ahead(lambda: self._next(pages, whole=whole), self._run)) as prepared:
            delivered = await self._delivery.course(prepared, done)
        if not whole:
            self._counts.late += delivered
        self._counts.keyless = await self._run(self._reader.without_key)
        return delivered + await self._vanished(seen)

    def _next(self, pages: Pages, *, whole: bool) -> Prepared | None:
        groups = pages.next()
        if groups is None:
            return None
        return self._preparing.page(groups, forward=False) if whole else self._preparing.missed(groups)

    async def _vanished(self, seen: array[int]) -> int:
        """Take back what is known and was not seen, unless it is more than is likely."""
        there, gone = await self._run(self._missing, seen)
        self._counts.withheld = 0
        if not gone:
            return 0
        if not seen:
            self._counts.withheld = len(gone)
            _LOG.error(
                "%s is empty: none of the %s rows that were there is taken back; it is read again",
                self._view.name, there,
            )  # fmt: skip
            return 0
        if len(gone) > max(FEW, there * self._limits.withdraw):
            self._counts.withheld = len(gone)
            _LOG.error(
                "%s: %s of %s rows have vanished, more than may be taken back at once; none is. If that is "
                "right, raise withdraw", self._view.name, len(gone), there,
            )  # fmt: skip
            return 0
        if not self._view.gone:
            self._counts.withheld = len(gone)
            _LOG.error("%s: %s rows have vanished; its layout has no word for it", self._view.name, len(gone))
            return 0
        await self._take_back(gone)
        return len(gone)

    def _missing(self, seen: array[int]) -> tuple[int, list[str]]:
        """Return how many rows are known as living, and the keys of those that were not seen."""
        ordered = array("Q", sorted(seen))
        there, gone = 0, []
        for keys in self._state.living(self._view.name):
            there += len(keys)
            # a key with NULL in it is not read: that it was not seen does not say that it is gone
            gone += [key for key in keys if not (_holds(ordered, _digest(key)) or _has_null(key))]
        return there, gone

    async def _take_back(self, keys: Sequence[str]) -> None:
        size = self._limits.batch
        for at in range(0, len(keys), size):
            known = await self._run(self._state.known, self._view.name, keys[at : at + size])
            await self._delivery.work(self._preparing.withdrawn(list(known.values())))
            self._counts.withdrawn += len(known)


def _has_null(key: str) -> bool:
    return "null" in key and None in loads(key)


def _digest(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def _holds(ordered: array[int], value: int) -> bool:
    at = bisect_left(ordered, value)
    return at < len(ordered) and ordered[at] == value
