"""The FHIR server over HTTP on both engines, at 10,000, 100,000 and 1,000,000 resources in one growing store.

A real `qiao serve` on core 0, the load on core 1; a PostgreSQL of our own, started for the run, has both.
Nothing is warmed but by the requests before the clock.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal
from urllib.request import Request as Asked
from urllib.request import urlopen

from benchmarks import postgresql
from benchmarks.filled import grow
from benchmarks.load import Request, load
from benchmarks.machine import pinned, work

Engine = Literal["sqlite", "postgresql"]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")

DOORS = ("HIS_HL7V2", "LIS_HL7V2", "PACS_RIS_HL7V2")
PAGE = 1000


@dataclass(slots=True, frozen=True)
class Size:
    """How much is measured.

    Attributes:
        resources: sizes of the store, rising.
        seconds: of one load.
        searches: of each kind, one after another.
    """

    resources: tuple[int, ...]
    seconds: float
    searches: int


FULL = Size(resources=(10_000, 100_000, 1_000_000), seconds=10, searches=300)
QUICK = Size(resources=(2_000,), seconds=1, searches=20)


def curve(size: Size, engines: tuple[Engine, ...] = ENGINES) -> Iterator[dict[str, Any]]:
    """Yield one row for each engine and size of the store."""
    for engine in engines:
        with _store(engine) as url:
            patient = have = 0
            for resources in size.resources:
                patient, have = grow(url, resources, patient, have)
                row: dict[str, Any] = {"engine": engine, "resources": have, "bytes_each": _bytes(url) / have}
                with _serving(url) as base:
                    row |= _measured(base, size)
                have += row.pop("created")
                yield row


@contextmanager
def _store(engine: Engine) -> Iterator[str]:
    """Yield the URL of an empty store."""
    if engine == "postgresql":
        with postgresql.server() as url:
            yield url
        return
    path = work() / "server.db"
    for left in work().glob("server.db*"):
        left.unlink()
    yield f"sqlite:///{path}"
    path.unlink()


def _bytes(url: str) -> int:
    """Return what the store takes on disk."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.stat().st_size
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # as autovacuum does sooner or later
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def _serving(url: str) -> Iterator[str]:
    """Run `qiao serve` and yield the base URL of its API."""
    closed = {f"QIAO_ADAPTERS__{door}__ENABLED": "false" for door in DOORS}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
    command = [sys.executable, "-m", "gateway", "serve", "--json", "--port", "0", "--store", url]
    log = work() / "server.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            pinned(0, command), cwd=work(), env=kept | closed, stdout=subprocess.PIPE, stderr=errors
        )
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        if not ready:
            raise SystemExit(f"qiao serve did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
        yield json.loads(ready)["api"]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _measured(base: str, size: Size) -> dict[str, Any]:
    """Return every figure of one store."""
    known = _known(base)
    row: dict[str, Any] = {}
    for connections in (16, 64):
        reads = [{"method": "GET", "path": f"/fhir/{one}"} for one in known.resources]
        found = load(base, reads, connections, size.seconds)
        row |= {f"read_{connections}": found["rate"], "client": found["client"]}
    created = 0
    for connections in (16, 64):
        found = load(base, _creates(), connections, size.seconds)
        row |= {f"create_{connections}": found["rate"], f"create_{connections}_p95": found["p95"]}
        created += found["requests"]
    row |= _timed("search", size.searches, _searches(base, known))
    row |= _timed("dense", size.searches, lambda _: _get(f"{base}/Observation?status=final&_count=50"))
    row |= _timed("since", size.searches // 10 or 1, lambda _: _get(known.since))
    return row | _export(base) | {"created": created}


@dataclass(slots=True)
class Known:
    """What is in the store.

    Attributes:
        resources: references of some thousand, from all over it.
        patients: ids of some that have observations.
        codes: ``system|code`` of some observations.
        since: a page of what was written since a moment in the middle.
    """

    resources: list[str]
    patients: list[str]
    codes: list[str]
    since: str


def _known(base: str) -> Known:
    observations = list(_found(f"{base}/Observation?_count=1000", 5))
    patients = sorted({one["subject"]["reference"].rpartition("/")[2] for one in observations})
    codings = [one["code"]["coding"][0] for one in observations if one["code"].get("coding")]
    codes = sorted({f"{one.get('system', '')}|{one['code']}" for one in codings})
    middle = observations[len(observations) // 2]["meta"]["lastUpdated"].replace("+", "%2B")
    references = [f"Observation/{one['id']}" for one in observations]
    references += [f"Patient/{one['id']}" for one in _found(f"{base}/Patient?_count=1000", 2)]
    since = f"{base}/_history?_since={middle}&_sort=_lastUpdated&_count={PAGE}"
    return Known(references, patients, codes, since)


def _found(url: str, pages: int) -> Iterator[dict[str, Any]]:
    """Yield the matches of a search, page by page."""
    for _ in range(pages):
        bundle = json.loads(_get(url))
        yield from (one["resource"] for one in bundle.get("entry", ()))
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            return
        url = following[0]


def _get(url: str, **headers: str) -> bytes:
    with urlopen(Asked(url, headers=headers), timeout=120) as answer:  # noqa: S310 -- our own server
        data: bytes = answer.read()
        return data


def _creates() -> list[Request]:
    """Return creates of a small Observation; the server gives each an id of its own."""
    body = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7", "display": "Glucose"}]},
        "effectiveDateTime": "2026-03-09T08:00:00+08:00",
        "valueQuantity": {
            "value": 5.6,
            "unit": "mmol/L",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        },
    }
    bodies = (
        body | {"identifier": [{"system": "urn:bench", "value": str(number)}]} for number in range(2000)
    )
    return [{"method": "POST", "path": "/fhir/Observation", "body": json.dumps(one)} for one in bodies]


def _searches(base: str, known: Known) -> Callable[[int], bytes]:
    def search(number: int) -> bytes:
        patient = known.patients[number * 7919 % len(known.patients)]
        code = known.codes[number % len(known.codes)].replace("|", "%7C")
        return _get(f"{base}/Observation?patient={patient}&code={code}")

    return search


def _timed(name: str, times: int, ask: Callable[[int], bytes]) -> dict[str, float]:
    """Return median and 95th percentile of asking once after another, milliseconds."""
    for number in range(min(5, times)):
        ask(number)
    spent = []
    for number in range(times):
        start = time.perf_counter()
        ask(number)
        spent.append((time.perf_counter() - start) * 1e3)
    spent.sort()
    return {f"{name}_p50": median(spent), f"{name}_p95": spent[len(spent) * 95 // 100]}


def _export(base: str) -> dict[str, float]:
    """Return resources a second: from the request to the manifest, and of fetching the files."""
    start = time.perf_counter()
    asked = Asked(f"{base}/$export", headers={"Prefer": "respond-async", "Accept": "application/fhir+json"})  # noqa: S310
    with urlopen(asked, timeout=120) as answer:  # noqa: S310 -- our own server
        job = answer.headers["Content-Location"]
    while True:
        with urlopen(job, timeout=120) as answer:  # noqa: S310
            if answer.status == 200:
                manifest = json.load(answer)
                break
        time.sleep(0.02)
    ready = time.perf_counter()
    lines = sum(_lines(file["url"]) for file in manifest["output"])
    done = time.perf_counter()
    return {
        "export": lines / (done - start),
        "manifest_s": ready - start,
        "export_files": lines / (done - ready),
    }


def _lines(url: str) -> int:
    """Return how many lines a file has, without keeping it."""
    count = 0
    with urlopen(url, timeout=600) as answer:  # noqa: S310
        while part := answer.read(1 << 20):
            count += part.count(b"\n")
    return count
