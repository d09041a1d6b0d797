"""Polling: services asked again and again; what they answer is delivered, then remembered, in this order.

What the question before has answered too (the overlap, a service that always tells everything) is not
delivered again, however it ended: what was refused stands in the inbox. What is asked for again, because the
end of a window was not remembered, has the number that it had: the inbox knows it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from adapters.his.xml_http.answer import read
from adapters.his.xml_http.answered import Item
from adapters.his.xml_http.failed import Failed
from adapters.his.xml_http.fetch import Service
from adapters.his.xml_http.marks import MOST, Mark, Marks
from adapters.his.xml_http.polls import CHINA, Poll
from gateway.errors import Retry

_LOG = logging.getLogger("qiao.xml")

LONGEST_PAUSE = 300.0
MOST_PAGES = 10_000
AT_ONCE = 64
"""Items that are delivered together: one commit for all of them."""

Hand = Callable[[Sequence[Item], str], Awaitable[Sequence[bytes]]]
"""Deliver items of a poll, by its name; returns their answers. Raises ``Retry`` where one was not kept."""


@dataclass(slots=True)
class Counts:
    """What one poll has done. No patient data.

    Attributes:
        known: items that the question before has answered too.
        error: why it does not go on, ``""`` where it does.
    """

    asked: int = 0
    items: int = 0
    known: int = 0
    refused: int = 0
    failures: int = 0
    until: str = ""
    error: str = ""


class Polling:
    """One service while it is polled.

    Args:
        hand: delivers items.
        clock: the present moment.
    """

    def __init__(
        self,
        poll: Poll,
        marks: Marks,
        hand: Hand,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.poll, self.counts = poll, Counts()
        self._marks, self._hand, self._clock = marks, hand, clock or _now
        self._service = Service(poll)

    def status(self) -> Mapping[str, int | str]:
        """Return what it has done, each under the name of the poll."""
        return {f"{self.poll.name}.{name}": value for name, value in asdict(self.counts).items()}

    async def run(self) -> None:
        """Ask until cancelled; what fails is asked again, later and later."""
        pause = 0.0
        try:
            while True:
                try:
                    await self.round()
                    pause = 0.0
                except Exception as error:  # noqa: BLE001 -- whatever happens, it is asked again
                    reason = error.reason if isinstance(error, Failed | Retry) else type(error).__name__
                    if self.counts.error != reason:
                        _LOG.warning("poll %s: %s", self.poll.name, reason)
                    self.counts.error, self.counts.failures = reason, self.counts.failures + 1
                    pause = min(max(2 * pause, min(self.poll.every, 5.0)), LONGEST_PAUSE)
                await asyncio.sleep(max(self.poll.every, pause))
        finally:
            await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._service.close()

    async def round(self) -> None:
        """Ask for everything until now.

        Raises:
            Failed: the service does not answer. Retry: what it answered could not be kept.
        """
        now = self._clock()
        before = self._marks.at(self.poll.name) or Mark(self.poll.since)
        while before.until < now:
            until = min(before.until + timedelta(seconds=self.poll.window), now)
            seen = await self._window(before, until)
            before = Mark(until, frozenset(seen) if len(seen) <= MOST else frozenset())
            await asyncio.to_thread(self._marks.put, self.poll.name, before)
            self.counts.until, self.counts.error = until.isoformat(timespec="seconds"), ""

    async def _window(self, before: Mark, until: datetime) -> set[str]:
        """Ask for what came since a mark; return what was answered, each item as its digest."""
        poll = self.poll
        since = before.until - timedelta(seconds=poll.overlap)
        told = {
            "since": since.astimezone(CHINA).strftime(poll.time),
            "until": until.astimezone(CHINA).strftime(poll.time),
            "size": str(poll.size),
        }
        page_before: list[bytes] = []
        seen: set[str] = set()
        times = Counter[str]()
        for page in range(poll.first, poll.first + (MOST_PAGES if poll.size else 1)):
            items = await self._service.ask({**told, "page": str(page)})
            self.counts.asked += 1
            if [one.raw for one in items] == page_before:
                return seen  # a service that gives the last page for every further one, or nothing
            page_before = [one.raw for one in items]
            seen |= await self._delivered(items, before, times)
            if len(items) < poll.size:
                return seen
        if poll.size:
            raise Failed(f"more than {MOST_PAGES} pages; set a smaller window")
        return seen

    async def _delivered(self, items: Sequence[Item], before: Mark, times: Counter[str]) -> set[str]:
        """Deliver what the question before has not answered; return the digests of all items.

        Args:
            times: how often each item came in this window; what comes again and again has its own numbers.
        """
        seen, new = set[str](), []
        for item in items:
            digest = blake2b(item.raw, digest_size=8).hexdigest()
            seen.add(digest)
            if digest in before.seen:
                self.counts.known += 1
                continue
            times[digest] += 1
            new.append(replace(item, control=_control(self.poll.name, before, item, times[digest])))
        for begin in range(0, len(new), AT_ONCE):
            answers = await self._hand(new[begin : begin + AT_ONCE], self.poll.name)
            self.counts.items += len(answers)
            self.counts.refused += sum(read(one).code != "AA" for one in answers)
        return seen


def _control(name: str, before: Mark, item: Item, time: int) -> str:
    """Return the number of a delivery: of its bytes and of what was known before.

    What was one value, another, and the first again, is three deliveries.
    """
    said = f"{name}\0{before.until.isoformat()}\0{time}\0".encode()
    return blake2b(said + item.raw, digest_size=16).hexdigest()


def _now() -> datetime:
    return datetime.now(CHINA)
