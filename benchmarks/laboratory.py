"""The memory of a gateway through which one laboratory sends for weeks: ASTM and HL7, one result a message.

``python -m benchmarks.laboratory [MESSAGES [ANALYSERS]]``: all analysers are connected anew for every 25 of
their messages, as they are after a pause. Its own is the anonymous memory; the pages of the store that SQLite
maps belong to the file. Every result is counted in the store at the end.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

from benchmarks.analysers import CASES, QUICK, Case, Line, ordered, port_of, serving, stored
from benchmarks.filled import filled
from benchmarks.machine import memory_mib
from benchmarks.served import copy_of

EACH = 25
"""Messages of an analyser on one connection."""

TURNS = ("ASTM, one result a message", "HL7, one result a message")
MARKS = 10


async def _turn(port: int, case: Case, analysers: int, first: int) -> int:
    numbers = (first, float(first + EACH))
    lines = (Line(one, case, float("inf"), [], numbers).work(port) for one in range(analysers))
    return sum(await asyncio.gather(*lines)) - first * analysers


def endurance(messages: int, analysers: int, say: Callable[[str], None]) -> list[dict[str, float]]:
    """Send so many messages; return a row of memory, in MiB, for each tenth of them."""
    store = copy_of(filled(QUICK.resources), "laboratory")
    found: list[dict[str, float]] = []
    sent = turn = 0
    with serving(store) as (process, ready):
        ordered(ready, analysers)
        had, begun = stored(ready["api"]), time.perf_counter()
        for mark in (messages * share // MARKS for share in range(1, MARKS + 1)):
            while sent < mark:
                case = CASES[TURNS[turn % len(TURNS)]]
                first = turn // len(TURNS) * EACH
                sent += asyncio.run(_turn(port_of(ready, case.door), case, analysers, first))
                turn += 1
            own, peak = memory_mib(process, "RssAnon"), memory_mib(process, "VmHWM")
            rate = sent / (time.perf_counter() - begun)
            found.append({"messages": sent, "own_mib": own, "peak_mib": peak, "rate": rate})
            say(f"  after {sent:,} messages: {own:.0f} MiB, at most {peak:.0f}; {rate:.0f} a second")
        if (there := stored(ready["api"]) - had) != sent:
            raise SystemExit(f"{sent} results were acknowledged, {there} are stored")
    store.unlink()
    return found


def _told(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    wanted = [int(one) for one in sys.argv[1:]]
    messages, analysers = [*wanted, *(100_000, 100)[len(wanted) :]]
    endurance(messages, analysers, _told)
