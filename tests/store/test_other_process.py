"""Another process may open and close the database while the gateway writes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Make = Callable[..., Draft]

LOOK = """
import sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(connection.execute("SELECT COUNT(*) FROM version").fetchone()[0])
connection.close()
"""


def look(path: str) -> int:
    """Open, read and close the database in a process of its own; return the number of versions."""
    done = subprocess.run([sys.executable, "-c", LOOK, path], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_reader_from_outside_disturbs_nobody(desk: Any, patient: Make) -> None:
    checkpointer = desk.store._checkpointer
    seen = []
    for n in range(6):
        desk.stored(patient(f"p{n}", mrn=str(n), text={"div": "x" * 4000}))
        checkpointer.size()  # it once opened and closed -shm here, and dropped SQLite's locks with it
        seen.append(look(desk.path))
        checkpointer._checkpoint(desk.store._session.connect())
    assert seen == [1, 2, 3, 4, 5, 6]
    assert desk.store.counts("default").resources == {"Patient": 6}
