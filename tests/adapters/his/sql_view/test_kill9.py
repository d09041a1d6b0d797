"""Kill -9 in the middle of a first reading: started again, every row is in the store once, with one version.

``QIAO_CRASH_SEED`` repeats a run.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.store import Walk, open_store
from tests.adapters.his.sql_view.conftest import Hospital
from tests.adapters.his.sql_view.test_polling import fill, people

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

ROWS, KILLS = 1500, 6


def settings(folder: Path, hospital: Hospital) -> Path:
    path = folder / "qiao.toml"
    path.write_text(
        f'[store]\nurl = "sqlite:///{folder / "qiao.db"}"\n'
        f'[adapters."his/sql_view"]\nurl = "{hospital.url}"\nonly = "patient"\nbatch = 50\nin_flight = 20\n'
        f'state = "sqlite:///{folder / "state.db"}"\n'
    )
    return path


def stored(folder: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{folder / 'qiao.db'}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM inbox").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_every_row_is_there_once_with_one_version(small: Hospital, tmp_path: Path) -> None:
    seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
    dice = random.Random(seed)
    fill(small, people(ROWS))
    config = settings(tmp_path, small)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.loaded"])
    command = ["adapter", "run", "his/sql_view", "--config", str(config)]
    killed = 0
    for _ in range(KILLS):
        process = context.Process(target=main, args=(command,))
        wanted = stored(tmp_path) + dice.randrange(1, 200)
        process.start()
        while process.is_alive() and stored(tmp_path) < wanted:
            time.sleep(0.002)
        killed += process.is_alive()
        process.kill()
        process.join()
    last = context.Process(target=main, args=(command,))
    last.start()
    last.join()
    assert killed, f"QIAO_CRASH_SEED={seed}"
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        counts = store.counts("default")
        assert counts.resources == {"Patient": ROWS}, f"QIAO_CRASH_SEED={seed}"
        entries = store.inbox_walk(Walk(since_us=0), 10 * ROWS)
        assert Counter(one.state for one in entries) == {"stored": len(entries)}
    with closing(sqlite3.connect(tmp_path / "qiao.db")) as connection:
        versions = connection.execute("SELECT ver, count(*) FROM version GROUP BY ver").fetchall()
    assert versions == [(1, ROWS)], f"QIAO_CRASH_SEED={seed}"
