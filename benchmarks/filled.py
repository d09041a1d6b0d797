"""A store that already holds a million resources: filled once through the store itself, kept, and copied.

An empty store flatters: its pages fit in memory and its indexes are shallow.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import ROOT, work
from benchmarks.messages import KINDS

if TYPE_CHECKING:
    from gateway.canonical import Envelope, Translation
    from gateway.store import Receive, Settle

PATIENTS = 200
"""Patients in one batch; each is admitted and gets a report."""

Translate = Callable[[bytes], tuple["Envelope", "Translation"]]


def filled(resources: int) -> Path:
    """Return a database file with ``resources`` resources or a few more, made where none is kept."""
    return kept(f"filled-{resources}", lambda draft: fill(draft, resources))


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the database file that is kept under ``name``, made where there is none with today's tables."""
    target = work() / f"{name}-{_fingerprint()}.db"
    if not target.exists():
        draft = work() / f"filling-{os.getpid()}.db"
        make(draft)
        for old in work().glob(f"{name}-*"):
            old.unlink()
        draft.rename(target)
    return target


def _fingerprint() -> str:
    declared = sorted((ROOT / "gateway/store/tables").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in declared)).hexdigest()[:12]


def fill(path: Path, resources: int) -> None:
    """Write translated messages until ``path`` holds ``resources`` resources; not durable while it runs."""
    grow(f"sqlite:///{path}", resources)


def grow(url: str, resources: int, patient: int = 0, have: int = 0) -> tuple[int, int]:
    """Write translated messages to a store until it holds ``resources`` resources or a few more.

    Args:
        url: of the store; what is written to a file is not durable while this runs.
        resources: that it holds in the end.
        patient: number of the first new patient.
        have: resources that it holds already.

    Returns:
        Number of the next patient, and how many resources the store holds.
    """
    from gateway.store import open_store

    durable = "OFF" if url.startswith("sqlite") else "NORMAL"
    store, translate = open_store(url, synchronous=durable), translator()
    start, before, told = time.perf_counter(), have, 0
    try:
        while have < resources:
            batch = [
                item for number in range(patient, patient + PATIENTS) for item in _day(number, translate)
            ]
            for written in store.write(batch):
                have += len(getattr(written.outcome, "refs", ()))
            patient += PATIENTS
            if have * 10 // resources > told:
                told = have * 10 // resources
                speed = (have - before) / (time.perf_counter() - start)
                print(f"  filling the store once: {have:,} resources, {speed:,.0f}/s", flush=True)
    finally:
        store.close()
    return patient, have


def translator() -> Translate:
    """Return bytes → Envelope and Translation, as the pipeline does it."""
    from gateway.canonical import Envelope, new_envelope_id, now_us
    from gateway.mapping import load_maps
    from gateway.wire import er7

    maps = load_maps()

    def translate(raw: bytes) -> tuple[Envelope, Translation]:
        message, now = er7.parse(raw), now_us()
        profile = maps.profile("his/hl7v2", "", message)
        envelope = Envelope(
            new_envelope_id(now), "default", "his/hl7v2", profile.id, now, "x-application/hl7-v2+er7", "", raw
        )
        return envelope, maps.translate(message, envelope, profile)

    return translate


def _day(number: int, translate: Translate) -> Iterator[Receive | Settle]:
    from gateway.store import Receive, Settle

    for make in KINDS.values():
        raw = make(number)
        envelope, translation = translate(raw)
        digest = hashlib.sha256(raw).digest()[:16]
        yield Receive(envelope, f"B{number:010d}", digest, int.from_bytes(digest[:8], "big", signed=True))
        yield Settle(envelope, translation, lambda _outcome: b"MSA|AA")
