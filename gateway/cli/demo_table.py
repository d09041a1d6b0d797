"""The demo's live table: what came in, what became of it, what the regulator has, and where to look."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.demo_told import told
from gateway.cli.words import say

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway
    from gateway.cli.demo_stage import Stage
    from gateway.pipeline.counters import Counters

REFRESH = 0.5
"""Seconds between two looks at the counters."""

PRINTED = 10.0
"""Seconds between two pictures where the output is no terminal: a file, a pipe, a job of CI."""

ENDS = ("stored", "quarantined", "refused")
"""Ends of messages that are shown by door; what was not understood counts as refused."""

RULES = 1
"""Rules that refused something that are shown."""

TYPES = 11
"""Resource types that are shown, those with the most resources."""

PAGES = ("RequestGroup?_count=5&_include=RequestGroup:subject", "$feed?_count=2")


async def show(stage: Stage, over: asyncio.Task[int], leave: asyncio.Task[bool], *, once: bool) -> None:
    """Refresh the table until somebody leaves, or until the day is over where one is enough."""
    console = Console()
    gateway = stage.gateway
    screen = Live(console=console, auto_refresh=False) if console.is_terminal else Printed(console)
    with screen as live:
        pace = Pace(time.monotonic())
        while True:
            done = over.done() or leave.done()
            received = gateway.engine.counters.received
            rate = pace.at(time.monotonic(), received, done=done)
            words = "" if once else say("demo.over" if over.done() else "demo.running")
            live.update(render(stage, rate, words), refresh=True)
            if leave.done() or (once and done):
                return
            waiting = {leave} if over.done() else {leave, over}
            await asyncio.wait(waiting, timeout=REFRESH, return_when=asyncio.FIRST_COMPLETED)


class Pace:
    """How many messages came in a second: since the last look; over the whole day once that is over.

    Args:
        began: when, in seconds of a clock that only goes forward.
    """

    def __init__(self, began: float) -> None:
        self._began, self._at, self._before = began, began, 0
        self._rate = self._whole = 0.0

    def at(self, now: float, received: int, *, done: bool) -> float:
        """Return the rate at a moment."""
        if done:
            self._whole = self._whole or received / max(now - self._began, 0.001)
            return self._whole
        rate = (received - self._before) / max(now - self._at, 0.001)
        self._at, self._before = now, received
        return rate


class Printed:
    """What :class:`Live` is where nothing can be drawn over: a picture now and then, and the last one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: Group | None = None
        self._next = 0.0

    def __enter__(self) -> Printed:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last is not None:
            self._console.print(self._last)

    def update(self, picture: Group, *, refresh: bool) -> None:
        """Print a picture if it is time for one, or keep it as the last."""
        if refresh and time.monotonic() < self._next:
            self._last = picture
            return
        self._console.print(picture, "")
        self._last, self._next = None, time.monotonic() + PRINTED


def render(stage: Stage, rate: float, words: str) -> Group:
    """Return the picture as it stands, ``words`` below it; no higher than a terminal of 24 lines."""
    gateway = stage.gateway
    beside = Table.grid(padding=(0, 2))
    doors = sorted(gateway.doors, key=lambda name: (not name.startswith("his/"), name))
    beside.add_row(_messages(gateway.engine.counters, doors, rate), _resources(gateway))
    below = Table.grid(padding=(0, 2))
    newest = stage.visits.newest if stage.visits else {}
    left = Table.grid()
    left.add_row(_visits(newest))
    left.add_row(_laboratory(stage))
    below.add_row(left, _feed(stage))
    title = Text(say("demo.title"), style="bold")
    return Group(title, beside, below, *links(stage), Text(words))


def _messages(counters: Counters, doors: Sequence[str], rate: float) -> Table:
    """Return what came through each door and how it ended, then all of it, and what stands out."""
    table = Table.grid(padding=(0, 1))
    table.add_column(min_width=20)
    for _ in range(len(ENDS) + 1):
        table.add_column(justify="right", min_width=6)
    table.add_row("", say("demo.received"), *(say(f"demo.{one}") for one in ENDS), style="dim")
    for name in doors:
        ends = counters.doors.get(name, Counter())
        table.add_row(say(f"demo.door.{name}"), *_ended(ends))
    table.add_row(say("demo.together"), *_ended(sum(counters.doors.values(), Counter())), style="bold")
    said = [f"{say('demo.repeats')} {counters.repeats}", f"{say('demo.rate.now')} {rate:.0f}"]
    whole = Table.grid()
    whole.add_row(table)
    whole.add_row(Text("  ".join(said)))
    for reason, count in counters.quarantined.most_common(1):
        whole.add_row(Text(f"{say('demo.quarantined')}: {reason} {count}", style="yellow"))
    return whole


def _ended(ends: Counter[str]) -> list[Text]:
    """Return the cells of a row."""
    stored, held, refused = ends["stored"], ends["quarantined"], ends["refused"] + ends["rejected"]
    return [
        Text(str(ends.total())),
        Text(str(stored), style="green" if stored else ""),
        Text(str(held), style="yellow" if held else ""),
        Text(str(refused)),
    ]


def _visits(newest: dict[str, Any]) -> Table:
    table = _grid()
    table.add_row(say("demo.visits"), str(newest.get("visits", 0)), style="bold")
    table.add_row(say("demo.submitted"), str(newest.get("submitted", 0)))
    table.add_row(say("demo.effective"), str(newest.get("effective", 0)), style="green")
    table.add_row(say("demo.gated"), str(newest.get("refused", 0)), style="yellow")
    for rule, count in list(newest.get("by_rule", {}).items())[:RULES]:
        table.add_row(f"  {rule}", str(count), style="yellow")
    return table


def _laboratory(stage: Stage) -> Table:
    """Return how many questions of analysers were answered with work; how many critical values are open."""
    newest = stage.laboratory.newest if stage.laboratory else {}
    open_ = stage.critical()
    table = _grid()
    table.add_row(say("demo.asked"), f"{newest.get('told', 0)}/{newest.get('asked', 0)}", style="bold")
    table.add_row(say("demo.critical"), str(open_), style="red" if open_ else "")
    return table


def _feed(stage: Stage) -> Table:
    feed = stage.feed()
    head = stage.gateway.store.ledger.head("default").head.hex() if feed["ledger"] else ""
    table = _grid()
    table.add_row(say("demo.ledger"), str(feed["ledger"]), style="bold")
    table.add_row(say("demo.acknowledged"), str(feed["acknowledged"]), style="green")
    table.add_row(say("demo.open"), str(feed["open"]))
    table.add_row(
        say("demo.exceptions"), str(feed["exceptions"]), style="yellow" if feed["exceptions"] else ""
    )
    table.add_row(say("demo.countersigned"), str(stage.signed))
    branch = told(stage.gateway.store)
    stuck = f" ({say('demo.exceptions')} {branch['exceptions']})" if branch["exceptions"] else ""
    table.add_row(say("demo.told"), f"{branch['acknowledged']}{stuck}", style="yellow" if stuck else "green")
    table.add_row(say("demo.head"), f"{head[:12]}…" if head else "", style="cyan")
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=26)
    table.add_column(justify="right", min_width=6)
    return table


def _resources(gateway: Gateway) -> Table:
    """Return the resources by type."""
    found = gateway.store.counts("default").resources
    table = Table.grid(padding=(0, 1))
    for type_ in sorted(sorted(found, key=lambda one: -found[one])[:TYPES]):
        table.add_row(type_, str(found[type_]), style="cyan")
    return table


def links(stage: Stage) -> list[Text]:
    """Return what can be opened in a browser: resources, the feed, and the regulator's page."""
    urls = [*(f"{stage.gateway.url}/{page}" for page in PAGES), f"{stage.platform.url}/"]
    return [Text(url, style=f"link {url}") for url in urls]
