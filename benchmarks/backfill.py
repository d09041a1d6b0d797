"""A view backfilled: `qiao adapter run his/sql_view` from SQLite into SQLite, with workers and without.

Whole processes, their start included; synchronous=FULL; what the store holds is counted afterwards.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import ROOT, memory_mib, work


@dataclass(slots=True, frozen=True)
class Size:
    """How much is measured: rows of a view, and how often each case is run; the median counts."""

    rows: int
    rounds: int


FULL = Size(rows=1_000_000, rounds=1)
QUICK = Size(rows=10_000, rounds=1)

CASES = {"the gateway alone": 0, "with workers": -1}
"""Case → ``[pipeline] workers``."""

_CHANGED = "2026-03-01 08:00:00"


def _patient(at: int) -> dict[str, str]:
    return {
        "patient_no": f"P{at:08}", "outpatient_no": f"M{at:08}", "name": f"张{at % 977}",
        "sex": str(1 + at % 2),
        "birth_date": f"{1940 + at % 70}-0{1 + at % 9}-1{at % 10}", "phone": f"138{at:08}",
        "address": f"重庆市渝中区人民路{at % 999}号", "marital_status": "20", "ethnic_group": "01",
        "contact_name": f"李{at % 311}", "contact_phone": f"139{at:08}", "active": "1",
        "changed_at": _CHANGED,
    }  # fmt: skip


def _visit(at: int) -> dict[str, str]:
    return {
        "visit_no": f"V{at:09}", "patient_no": f"P{at % 300_000:08}", "visit_type": "OEI"[at % 3],
        "status": "finished", "dept_code": f"D{at % 40}", "dept_name": f"科室{at % 40}",
        "doctor_no": f"G{at % 300}", "doctor_name": f"王{at % 300}", "chief_complaint": "腹痛三天",
        "start_at": "2026-02-01 08:00:00", "end_at": "2026-02-03 08:00:00", "changed_at": _CHANGED,
    }  # fmt: skip


VIEWS: dict[str, Callable[[int], dict[str, str]]] = {"patient": _patient, "visit": _visit}


def run(size: Size) -> list[dict[str, Any]]:
    """Return one row for each view and case."""
    his = _his(size.rows)
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(size.rounds):
        for view in VIEWS:
            for case, workers in CASES.items():
                found.setdefault((view, case), []).append(_backfilled(his, view, workers, size.rows))
    return [
        {"view": view, "case": case, "rows": size.rows}
        | {name: median(one[name] for one in measured) for name in measured[0]}
        for (view, case), measured in found.items()
    ]


def _his(rows: int) -> Path:
    """Return the database of a hospital with its views as tables; made once."""
    path = work() / f"his-{rows}.db"
    if path.exists():
        return path
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    with closing(sqlite3.connect(made)) as his:
        for view, make in VIEWS.items():
            names = list(make(0))
            his.execute(f"CREATE TABLE qiao_{view} ({', '.join(f'{name} TEXT' for name in names)})")
            places = ", ".join("?" * len(names))
            his.executemany(f"INSERT INTO qiao_{view} VALUES ({places})", _values(make, rows))  # noqa: S608
            his.execute(f"CREATE INDEX by_{view} ON qiao_{view} (changed_at, {names[0]})")
        his.execute(
            "CREATE TABLE qiao_diagnosis (visit_no TEXT, diagnosis_no TEXT, diagnosis_code TEXT, "
            "diagnosis_name TEXT, diagnosis_type TEXT, diagnosis_rank TEXT, diagnosed_at TEXT)"
        )
        his.execute("CREATE INDEX by_diagnosis ON qiao_diagnosis (visit_no)")
        his.commit()
    return made.rename(path)


def _values(make: Callable[[int], dict[str, str]], rows: int) -> Iterator[tuple[str, ...]]:
    return (tuple(make(at).values()) for at in range(rows))


def _backfilled(his: Path, view: str, workers: int, rows: int) -> dict[str, float]:
    place = work() / f"backfill-{view}"
    for old in work().glob(f"{place.name}*"):
        old.unlink()
    store, state, config = (place.with_name(place.name + end) for end in (".db", "-state.db", ".toml"))
    config.write_text(
        f'[store]\nurl = "sqlite:///{store}"\n[api]\nport = 0\n[pipeline]\nworkers = {workers}\n'
        f'[adapters."his/sql_view"]\nurl = "sqlite:///{his}"\nstate = "sqlite:///{state}"\nonly = "{view}"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "gateway", "adapter", "run", "his/sql_view", "--config", str(config)]
    log = place.with_name(place.name + ".log")
    before, begun = os.times(), time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--json"], cwd=ROOT, stdout=output, stderr=output)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, memory_mib(process.pid, "RssAnon"))
            time.sleep(0.5)
    seconds, after = time.monotonic() - begun, os.times()
    with closing(sqlite3.connect(store)) as made:
        (stored,) = made.execute("SELECT COUNT(*) FROM inbox WHERE state = 'stored'").fetchone()
    if process.returncode or stored != rows:
        raise SystemExit(f"{stored} of {rows} rows are stored: {log}")
    spent = sum(after[2:4]) - sum(before[2:4])
    return {"rate": rows / seconds, "cpu_us": spent / rows * 1e6, "peak_mib": peak}
