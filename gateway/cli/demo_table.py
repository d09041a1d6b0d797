"""The demo's live table: what came in, what became of it, and where to look."""

from __future__ import annotations

import asyncio
import time
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.words import say

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway
    from gateway.pipeline.counters import Counters

REFRESH = 0.5
"""Seconds between two looks at the counters."""

REASONS = 5
"""Reasons of quarantine that are shown, the most frequent ones."""

PAGES = (
    "metadata",
    "Patient?_count=5",
    "DiagnosticReport?_count=5",
    "Encounter?_count=5&_include=Encounter:patient",
)


async def show(gateway: Gateway, over: asyncio.Task[int], leave: asyncio.Task[bool], *, once: bool) -> None:
    """Refresh the table until somebody leaves, or until the day is over where one is enough."""
    console = Console()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        before, at = 0, time.monotonic()
        while True:
            done = over.done() or leave.done()
            now = time.monotonic()
            received = gateway.engine.counters.received
            rate = (received - before) / max(now - at, 0.001)
            before, at = received, now
            words = "" if once else say("demo.over" if over.done() else "demo.running")
            live.update(render(gateway, rate, words), refresh=True)
            if leave.done() or (once and done):
                return
            waiting = {leave} if over.done() else {leave, over}
            await asyncio.wait(waiting, timeout=REFRESH, return_when=asyncio.FIRST_COMPLETED)


def render(gateway: Gateway, rate: float, words: str) -> Group:
    """Return the picture as it stands, ``words`` below it; no higher than a terminal of 24 lines."""
    beside = Table.grid(padding=(0, 2))
    beside.add_row(_messages(gateway.engine.counters, rate), _resources(gateway))
    title = Text(say("demo.title"), style="bold")
    return Group(title, Text(""), beside, Text(""), *links(gateway), Text(""), Text(words))


def _messages(counters: Counters, rate: float) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=24)
    table.add_column(justify="right", min_width=6)
    table.add_row(say("demo.received"), str(counters.received), style="bold")
    table.add_row(say("demo.repeats"), str(counters.repeats))
    table.add_row(say("demo.stored"), str(counters.stored), style="green")
    table.add_row(say("demo.quarantined"), str(counters.quarantined.total()), style="yellow")
    for reason, count in counters.quarantined.most_common(REASONS):
        table.add_row(f"  {reason}", str(count), style="yellow")
    table.add_row(say("demo.refused"), str(counters.refused))
    table.add_row(say("demo.rejected"), str(counters.rejected.total()))
    table.add_row(say("demo.rate.now"), f"{rate:.0f}")
    return table


def _resources(gateway: Gateway) -> Table:
    """Return the resources by type, in two columns of types."""
    counts = [
        (type_, str(count)) for type_, count in sorted(gateway.store.counts("default").resources.items())
    ]
    half = (len(counts) + 1) // 2
    table = Table.grid(padding=(0, 1))
    for left, right in zip_longest(counts[:half], counts[half:], fillvalue=("", "")):
        table.add_row(*left, *right, style="cyan")
    return table


def links(gateway: Gateway) -> list[Text]:
    """Return what can be opened in a browser, and the doors."""
    lines = [Text(f"{gateway.url}/{page}", style=f"link {gateway.url}/{page}") for page in PAGES]
    return lines + [Text(f"mllp://{address}  {name}") for name, address in gateway.addresses.items()]
