"""Kill -9 in the middle of a large file: every row is there afterwards, none twice, and none is in doubt."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.store import open_store

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

ROWS, KILLS, PATIENCE = 1500, 3, 120.0


def wait(ready: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_file_goes_on_after_kill_9_without_loss_or_doubles(
    tmp_path: Path, serve: Callable[..., Any]
) -> None:
    store, drop = tmp_path / "qiao.db", tmp_path / "drop"
    drop.mkdir()
    lines = [f"P{at},张三,1" for at in range(ROWS)]
    lines[700] = "P700,张,三,1"
    (drop / "patient.csv").write_bytes("\r\n".join(["患者编号,姓名,性别", *lines]).encode("gb18030"))
    settings = {"QIAO_ADAPTERS__HIS_FILES__FOLDER": str(drop), "QIAO_ADAPTERS__HIS_FILES__SETTLE": "0",
                "QIAO_ADAPTERS__HIS_FILES__INTERVAL": "0.05"}  # fmt: skip

    def count() -> int:
        try:
            with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
                return int(connection.execute("SELECT count(*) FROM inbox").fetchone()[0])
        except sqlite3.Error:
            return 0

    for turn in range(KILLS):
        served = serve(store, **settings)
        wait(lambda turn=turn: count() > (turn + 1) * ROWS // (KILLS + 2))
        served.kill()
    served = serve(store, **settings)
    wait((drop / "done" / "patient.csv").exists)
    served.stop()
    with closing(open_store(f"sqlite:///{store}")) as one:
        rows = one.inbox_list(limit=10 * ROWS)
        states = [row.state for row in rows]
    assert (states.count("stored"), states.count("quarantined"), len(rows)) == (ROWS - 1, 1, ROWS)
    assert len({row.control_id for row in rows if row.control_id}) == ROWS - 1
    report = json.loads((drop / "done" / "patient.csv.report.json").read_bytes())
    assert report["records"] == ROWS
    assert report["ended"] == {"quarantined shifted-columns": 1, "stored": ROWS - 1}
    assert len((drop / "done" / "patient.mend.csv").read_text("utf-8-sig").splitlines()) == 2
