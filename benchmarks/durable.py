"""Durable end to end over MLLP on a filled store: rate, ACK latency, versions per message, memory.

The sender waits for every ACK, and the gateway answers after its commit (synchronous=FULL), so the rate is
that of messages that would survive a power cut.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.filled import filled
from benchmarks.machine import ROOT, cpu_seconds, memory_mib, work
from benchmarks.messages import KINDS
from benchmarks.served import Gateway, copy_of, load, rows, serving, unsettled

FIRST = 10_000_000
"""Numbers below are those of the filled store: every message timed here is about a new patient."""


@dataclass(slots=True, frozen=True)
class Size:
    """How much is measured.

    Attributes:
        resources: in the store before the first message.
        messages: of one round.
        rounds: of each case, in turn; the median counts.
        warm: messages of each kind before the clock, whose rows are counted.
        endurance: messages of the memory run.
    """

    resources: int
    messages: int
    rounds: int
    warm: int
    endurance: int


FULL = Size(resources=1_000_000, messages=3000, rounds=5, warm=500, endurance=200_000)
QUICK = Size(resources=50_000, messages=1000, rounds=3, warm=200, endurance=10_000)


CONNECTIONS = (4, 16)


def _numbers(step: int) -> Iterator[int]:
    return count(FIRST, step)


def end_to_end(size: Size) -> list[dict[str, Any]]:
    """Return one row for each kind of message and number of connections, acknowledged after processing."""
    store = copy_of(filled(size.resources), "end-to-end")
    first = _numbers(max(size.messages, size.warm))
    with serving(store) as gateway:
        per_message = {kind: _rows_per_message(gateway, kind, next(first), size.warm) for kind in KINDS}
        cases = [(kind, lines) for lines in CONNECTIONS for kind in KINDS]
        rounds = [
            (case, _timed(gateway, case[0], next(first), size.messages, case[1]))
            for _ in range(size.rounds)
            for case in cases
        ]
    store.unlink()
    return [
        {
            "message": kind,
            "connections": lines,
            **_medians([measured for case, measured in rounds if case == (kind, lines)]),
            "versions": per_message[kind].get("version", 0.0),
            "postings": sum(n for table, n in per_message[kind].items() if table.startswith("sx")),
        }
        for kind, lines in cases
    ]


def _rows_per_message(gateway: Gateway, kind: str, first: int, messages: int) -> dict[str, float]:
    before = rows(gateway.store)
    load(gateway.ports[kind], kind, first, messages, 4)
    after = rows(gateway.store)
    return {table: (after[table] - before[table]) / messages for table in after}


def _timed(gateway: Gateway, kind: str, first: int, messages: int, connections: int) -> dict[str, Any]:
    before = cpu_seconds(gateway.process.pid)
    measured = load(gateway.ports[kind], kind, first, messages, connections)
    measured["cpu_us"] = (cpu_seconds(gateway.process.pid) - before) / messages * 1e6
    return measured


def _medians(measured: list[dict[str, Any]]) -> dict[str, float]:
    return {key: median(one[key] for one in measured) for key in ("rate", "p50", "p95", "cpu_us")}


BURST = 900
"""Messages of one burst."""


def receipt(size: Size) -> list[dict[str, Any]]:
    """Return the rate of acknowledgements after the commit of the inbox alone, and of the work behind it.

    A burst that fits into what the gateway takes in at once (``max_messages``); a longer one is taken in at
    the speed of the work.
    """
    store = copy_of(filled(size.resources), "receipt")
    first, found = _numbers(size.messages * 2), []
    with serving(store, _receipt_maps()) as gateway:
        for kind in KINDS:
            load(gateway.ports[kind], kind, next(first), size.warm, 4)
            _drained(gateway)
            start = time.perf_counter()
            measured = load(gateway.ports[kind], kind, next(first), BURST, 16)
            _drained(gateway)
            spent = time.perf_counter() - start
            found.append(
                {"message": kind, "connections": 16, **_medians([measured | {"cpu_us": 0.0}])}
                | {"settled": BURST / spent}
            )
    store.unlink()
    return found


def _receipt_maps() -> Path:
    target = work() / "maps-receipt"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "mappings", target)
    profile = target / "senders/default.yaml"
    text = profile.read_text("utf-8")
    changed = re.sub(r"^acknowledge:.*$", "acknowledge: receipt", text, flags=re.MULTILINE)
    profile.write_text(changed if changed != text else text + "\nacknowledge: receipt\n", "utf-8")
    return target


def _drained(gateway: Gateway) -> None:
    while unsettled(gateway.store):
        time.sleep(0.2)


def endurance(size: Size, say: Callable[[str], None]) -> list[dict[str, float]]:
    """Send ``size.endurance`` messages over 16 connections; return a row of memory for each mark.

    Its own is the anonymous memory; the pages of the store that SQLite maps belong to the file.
    """
    store = copy_of(filled(QUICK.resources), "endurance")
    found: list[dict[str, float]] = []
    sent, kinds = 0, list(KINDS)
    with serving(store) as gateway:
        for mark in (size.endurance * share // 100 for share in (10, 25, 50, 75, 100)):
            while sent < mark:
                step = min(5000, mark - sent)
                kind = kinds[sent // 5000 % len(kinds)]
                load(gateway.ports[kind], kind, FIRST + sent, step, 16)
                sent += step
            process = gateway.process.pid
            own, peak = memory_mib(process, "RssAnon"), memory_mib(process, "VmHWM")
            found.append({"messages": sent, "own_mib": own, "peak_mib": peak})
            say(f"  after {sent:,} messages: {own:.0f} MiB")
    store.unlink()
    return found
