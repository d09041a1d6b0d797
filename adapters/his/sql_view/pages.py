"""Pages: a view in pieces that end between two positions; the next is made while one is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.groups import Group, grouped
from adapters.his.sql_view.head import Head
from adapters.his.sql_view.reader import Position, Reader
from adapters.his.sql_view.values import sorts
from adapters.his.sql_view.views import View

T = TypeVar("T")

LARGEST = 64
"""Times the batch: as many rows may stand at one position."""

_DIGITS = str.maketrans("", "", "0123456789")


class Pages:
    """The rows of a view from a position on; to be asked in a thread, for it waits for the database.

    Args:
        by_key: ordered by key alone; ``bare``: only what the order needs.
        batch: rows of a page.
    """

    def __init__(
        self, view: View, reader: Reader, position: Position | None, batch: int, *, by_key: bool, bare: bool
    ) -> None:
        self._view, self._reader, self._position, self._batch = view, reader, position, batch
        self._by_key, self._bare = by_key, bare
        self._limit, self._ends = batch, set[Any]()
        self._ended = False

    def next(self) -> list[Group] | None:
        """Return the rows of the next page, None where there is none.

        Raises:
            Unanswered: the database does not answer, or the order of the view is none.
        """
        while not self._ended:
            limit = self._limit
            heads, full = self._reader.page(self._position, limit, by_key=self._by_key, bare=self._bare)
            if not self._by_key:
                _check_order(self._view, heads)
            groups = list(grouped(heads, by_key=self._by_key))
            if not full:
                self._ended = True
            elif len(groups) == 1 or self._stands(heads[-1]):  # one position must be met whole
                self._limit = self._larger(limit)
                continue
            else:
                groups.pop()
                self._position = heads[-1].changed, heads[-1].key
            if groups:
                return groups
        return None

    def _stands(self, last: Head) -> bool:
        """Tell whether nothing was gained: the times of a view are finer than its driver hands them over.

        Then all rows at one time are met again behind each of them, unless a page is large enough for all.
        """
        end = last.key if self._by_key else (last.changed, last.key)
        if end in self._ends:
            return True
        if self._by_key or self._position is None or self._position[0] != last.changed:
            self._ends, self._limit = set(), self._batch
        self._ends.add(end)
        return False

    def _larger(self, limit: int) -> int:
        if limit >= self._batch * LARGEST:
            raise Unanswered(
                f"{self._view.source} has more than {limit} rows with one key, or at one time that is finer "
                "than a microsecond; correct key or changed",
                lasting=True,
            )
        return limit * 4


def _check_order(view: View, heads: Sequence[Head]) -> None:
    """Refuse texts that do not sort by time: what comes late would never be read."""
    texts = {head.changed for head in heads if isinstance(head.changed, str)}
    styles = {one.partition(".")[0].translate(_DIGITS) for one in texts}
    if len(styles) > 1 or not all(sorts(one) for one in texts):
        raise Unanswered(
            f"{view.changed} of {view.source} is text that does not sort by time; "
            "set mode: hash for this view, or name another column",
            lasting=True,
        )


async def ahead(make: Callable[[], T | None], run: Callable[..., Awaitable[Any]]) -> AsyncGenerator[T, None]:
    """Yield what ``make`` returns until it is None; the next one is made in a thread while one is worked."""
    asked = asyncio.ensure_future(run(make))
    try:
        while (made := await asked) is not None:
            asked = asyncio.ensure_future(run(make))
            yield made
    finally:
        asked.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await asked
