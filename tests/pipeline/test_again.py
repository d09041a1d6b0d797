"""Replaying a whole hospital day: nothing that is right changes, and what is mended is mended everywhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance.simulators.day import hospital_day
from gateway import registry
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Rejected, Retry
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.pipeline.again import Replayed, replay_all
from gateway.pipeline.job import answer
from gateway.store import Receive, Settle, Store, Walk, open_store

DOORS = {"HIS": "his/hl7v2", "LIS": "lis/hl7v2", "RIS": "pacs/ris_hl7v2"}
ADAPTERS = registry.find()


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def take(store: Store, maps: Maps, raw: bytes, adapter: str = "his/hl7v2") -> None:
    spec, at = ADAPTERS[adapter], now_us()
    envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
    try:
        reading = steps.read(spec, maps, envelope)
    except Rejected:
        return
    result = steps.translate(maps, envelope, reading)
    receive = Receive(envelope, reading.header.control_id, reading.header.digest, 0)
    store.write([receive, Settle(envelope, result, partial(answer, spec, envelope, reading.record))])


@pytest.fixture
def day(tmp_path: Path, maps: Maps) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}", synchronous="OFF")
    for event in hospital_day(3, patients=20):
        if not event.repeat:
            take(store, maps, event.message, DOORS[event.sender])
    yield store
    store.close()


def state(path: Path) -> dict[tuple[int, str], dict[str, Any]]:
    connection = sqlite3.connect(path / "qiao.db")
    rows = connection.execute(
        "SELECT c.type, c.fhir_id, v.body FROM current c JOIN version v ON v.seq = c.seq"
    ).fetchall()
    connection.close()
    bodies = {(type_, id_): json.loads(body) for type_, id_, body in rows}
    for body in bodies.values():
        del body["meta"]
    return bodies


def total(store: Store, maps: Maps, walk: Walk | None = None, **how: Any) -> Replayed:
    figures = Replayed("")
    for done in replay_all(store, maps, ADAPTERS, walk or Walk(), **how):
        figures.absorb(done)
    return figures


def ended(bodies: dict[tuple[int, str], dict[str, Any]]) -> dict[str, str]:
    """Return which patient goes on for which."""
    return {
        f"Patient/{body['id']}": link["other"]["reference"]
        for body in bodies.values()
        for link in body.get("link", ())
        if link["type"] == "replaced-by"
    }


def test_a_day_replayed_is_the_same_day(day: Store, maps: Maps, tmp_path: Path) -> None:
    before, inbox = state(tmp_path), day.counts("default").inbox
    first = total(day, maps, batch=7)
    after = state(tmp_path)
    assert first.messages == inbox["stored"] + inbox["quarantined"]
    assert first.kept == 0
    assert day.counts("default").inbox == inbox
    # All that a replay may mend: what pointed to a patient who was merged since points to the living one.
    moved = json.dumps(list(before.values()))
    for gone, living in ended(before).items():
        moved = moved.replace(f'{{"reference": "{gone}"', f'{{"reference": "{living}"')
    for old, new, expected in zip(before.values(), after.values(), json.loads(moved), strict=True):
        assert new in (old, expected)
    second = total(day, maps)
    assert (second.stored, sum(second.versions.values())) == (0, 0)
    assert state(tmp_path) == after


def test_a_dry_run_writes_nothing_and_tells_the_same_counts(day: Store, maps: Maps, tmp_path: Path) -> None:
    total(day, maps)
    before = state(tmp_path)
    figures = total(day, maps, dry=True)
    assert (figures.stored, figures.messages) == (0, figures.unchanged + figures.quarantined.total())
    assert state(tmp_path) == before


def test_it_goes_on_where_it_was_stopped(day: Store, maps: Maps) -> None:
    whole = total(day, maps)
    batches = replay_all(day, maps, ADAPTERS, Walk(), batch=10)
    first = next(batches)
    rest = total(day, maps, Walk(first=first.last))
    assert first.messages == 10
    assert rest.messages == whole.messages - 9  # the last one of the first part is done once more


def test_it_waits_while_another_process_holds_the_store(
    day: Store, maps: Maps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pipeline.again.time.sleep", lambda _: None)
    real, failures = day.write, iter([True, True, False])

    def write(batch: Any) -> Any:
        if next(failures, False):
            raise Retry("busy", after=0.0)
        return real(batch)

    monkeypatch.setattr(day, "write", write)
    assert total(day, maps, Walk(), batch=1000).messages > 100
