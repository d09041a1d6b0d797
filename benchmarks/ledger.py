"""The ledger verified: seconds that a whole `qiao feed verify` takes, beside a gateway that is idle.

The ledger is made once through the store's own append, and kept. Of each prescription of two drugs there are
three entries with their versions: submitted and effective (the group and its drugs), redeemed (the group).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.filled import kept
from benchmarks.machine import work
from benchmarks.served import copy_of, serving
from benchmarks.visit import Resource, Scene

if TYPE_CHECKING:
    from gateway.store import Desk

EVENTS = ("submitted", "effective", "redeemed")
STATUS = {"submitted": "draft", "effective": "active", "redeemed": "completed"}
DRUGS = 2
AT_ONCE = 300
"""Prescriptions of one commit while the ledger is made."""


@dataclass(slots=True, frozen=True)
class Size:
    """How much is measured: entries of the ledger, and how often it is verified; the median counts."""

    entries: int
    rounds: int


FULL = Size(1_000_000, 3)
QUICK = Size(20_000, 1)


def run(size: Size) -> list[dict[str, Any]]:
    """Return a row for the command as it is, and one for a single process."""
    file = copy_of(kept(f"ledger-{size.entries}", lambda draft: fill(draft, size.entries)), "ledger")
    with serving(file):
        rows = [_row(file, size, options) for options in ((), ("--processes", "1"))]
    file.unlink()
    return rows


def _row(file: Path, size: Size, options: tuple[str, ...]) -> dict[str, Any]:
    found = [_verified(file, size.entries, options) for _ in range(size.rounds)]
    seconds, spent = (median(one[at] for one in found) for at in (0, 1))
    label = " ".join(("qiao feed verify", *options))
    return {"command": label, "entries": size.entries, "seconds": seconds, "cpu": spent}


def _verified(file: Path, entries: int, options: tuple[str, ...]) -> tuple[float, float]:
    """Return the seconds that one run takes, and those of the processor, its start included.

    Raises:
        SystemExit: the ledger was not found whole, so that the figure would mean nothing.
    """
    command = [sys.executable, "-m", "gateway", "feed", "verify", "--store", f"sqlite:///{file}", "--json"]
    before, start = _spent(), time.perf_counter()
    done = subprocess.run([*command, *options], cwd=work(), stdout=subprocess.PIPE, check=False)
    taken = time.perf_counter() - start
    found = json.loads(done.stdout or b"{}")
    if done.returncode or not found.get("ok") or found["entries"] != entries:
        raise SystemExit(f"the ledger is not as it was made: {found}")
    return taken, _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fill(path: Path, entries: int) -> None:
    """Make a ledger of ``entries`` entries; not durable while it is made."""
    from gateway.store import Transact, open_store

    store, scene = open_store(f"sqlite:///{path}", synchronous="OFF"), Scene()
    start, done = time.perf_counter(), 0
    prescriptions = -(-entries // len(EVENTS))
    try:
        for first in range(0, prescriptions, AT_ONCE):
            last = min(first + AT_ONCE, prescriptions)
            acts = [_life(scene, n, min(entries - n * len(EVENTS), len(EVENTS))) for n in range(first, last)]
            for one in store.write([Transact("default", "bench", [], act=act) for act in acts]):
                if one.error is not None:
                    raise one.error
            if last * 10 // prescriptions > done:
                done, made = last * 10 // prescriptions, min(last * len(EVENTS), entries)
                speed = made / (time.perf_counter() - start)
                print(f"  making the ledger once: {made:,} entries, {speed:,.0f}/s", flush=True)
    finally:
        store.close()


def _life(scene: Scene, n: int, steps: int) -> Callable[[Desk], None]:
    """Return an act that lets a prescription live through its first ``steps`` events."""

    def act(desk: Desk) -> None:
        from gateway.store import Entry

        serial, back = desk.mint("prescription", "990101001", f"CF{n}").value, 0
        documents = scene.draft(n)[: 1 + DRUGS]
        for event in EVENTS[:steps]:
            versions = [desk.write({**one, "status": STATUS[event]}) for one in _named(documents, event)]
            back = desk.append(Entry("prescription", event, versions[0], versions, serial, back)).n

    return act


def _named(documents: list[Resource], event: str) -> list[Resource]:
    return documents[:1] if event == "redeemed" else documents
