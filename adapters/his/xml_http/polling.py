"""Polling: services asked again and again; what they answer is delivered, then remembered, in this order.

What is asked for twice (the overlap, a window whose end was not remembered) has the same bytes, and the inbox
knows it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from adapters.his.xml_http.answer import read
from adapters.his.xml_http.answered import Failed, Item
from adapters.his.xml_http.fetch import Service
from adapters.his.xml_http.polls import CHINA, Poll
from gateway.errors import Misconfigured, Retry

_LOG = logging.getLogger("qiao.xml")

LONGEST_PAUSE = 300.0
MOST_PAGES = 10_000
AT_ONCE = 64
"""Items that are delivered together: one commit for all of them."""

Hand = Callable[[Sequence[Item], str], Awaitable[Sequence[bytes]]]
"""Deliver items of a poll, by its name; returns their answers. Raises ``Retry`` where one was not kept."""


@dataclass(slots=True)
class Counts:
    """What one poll has done. ``error``: why it does not go on, ``""`` where it does. No patient data."""

    asked: int = 0
    items: int = 0
    refused: int = 0
    failures: int = 0
    until: str = ""
    error: str = ""


class Marks:
    """Until when each service has been asked, in a small file that survives a power cut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
            for value in self._known.values():
                datetime.fromisoformat(value)
        except (OSError, ValueError, AttributeError, TypeError):
            said = "what was asked for last cannot be read; mend the file, or remove it to begin anew"
            raise Misconfigured(said, where=str(path)) from None

    def at(self, name: str) -> datetime | None:
        """Return until when a service was asked, None for never."""
        said = self._known.get(name)
        return datetime.fromisoformat(said) if said else None

    def put(self, name: str, moment: datetime) -> None:
        """Remember it. Raises ``Retry`` where it cannot be written."""
        known = {**self._known, name: moment.isoformat()}
        other = self._path.with_name(self._path.name + ".new")
        try:
            with other.open("w", encoding="utf-8") as file:
                json.dump(known, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            other.replace(self._path)
        except OSError as error:
            raise Retry(f"the state of the polls cannot be written ({error.strerror})") from None
        self._known = known


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
        since = self._marks.at(self.poll.name) or self.poll.since
        while since < now:
            until = min(since + timedelta(seconds=self.poll.window), now)
            await self._window(since - timedelta(seconds=self.poll.overlap), until)
            await asyncio.to_thread(self._marks.put, self.poll.name, until)
            since = until
            self.counts.until, self.counts.error = until.isoformat(timespec="seconds"), ""

    async def _window(self, since: datetime, until: datetime) -> None:
        poll = self.poll
        told = {
            "since": since.astimezone(CHINA).strftime(poll.time),
            "until": until.astimezone(CHINA).strftime(poll.time),
            "size": str(poll.size),
        }
        before: list[bytes] = []
        for page in range(poll.first, poll.first + (MOST_PAGES if poll.size else 1)):
            items = await self._service.ask({**told, "page": str(page)})
            self.counts.asked += 1
            if [one.raw for one in items] == before:
                return  # a service that gives the last page for every further one, or nothing
            for begin in range(0, len(items), AT_ONCE):
                answers = await self._hand(items[begin : begin + AT_ONCE], poll.name)
                self.counts.items += len(answers)
                self.counts.refused += sum(read(one).code != "AA" for one in answers)
            if len(items) < poll.size:
                return
            before = [one.raw for one in items]
        if poll.size:
            raise Failed(f"more than {MOST_PAGES} pages; set a smaller window")


def _now() -> datetime:
    return datetime.now(CHINA)
