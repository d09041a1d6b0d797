"""docs/writeback.md is typed as it is printed, in an empty folder: a prescription arrives at a HIS."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/writeback.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.serial
def test_what_is_printed_works_as_it_is_printed(tmp_path: Path) -> None:
    port, his = free(), free()
    command = tmp_path / "bin" / "qiao"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m gateway "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    folder = tmp_path / "empty"
    folder.mkdir()
    script = block("sh").replace("8080", str(port)).replace("26575", str(his))
    closed = "".join(f'[adapters."{one}"]\nenabled = false\n' for one in ("his/hl7v2", "lis/hl7v2"))
    script = script.replace("[writeback.his]", f"[api]\nport = {port}\n{closed}[writeback.his]")
    environment = {
        **os.environ,
        "PATH": f"{command.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.Popen(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, wrong = done.communicate(timeout=120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(done.pid, signal.SIGKILL)
    assert done.returncode == 0, wrong
    assert "RDE^O11^RDE_O11" in said and "ADT^A04" in said
    assert re.search(r"writeback:his\s+2 acknowledged prescription effective", said)
    assert '{"name":"state","valueCode":"acknowledged"}' in said


def test_the_tables_that_are_printed_are_those_of_the_map(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'his.db'}")
    with engine.begin() as connection:
        for one in filter(str.strip, block("sql").split(";")):
            connection.execute(text(one))
    from gateway.mapping import load_maps
    from gateway.mapping.outbound import OutMaps

    said = OutMaps(frozenset(load_maps().tables)).set("his-tables")
    for events in said.kinds.values():
        for one in events.values():
            for table in one.map.tables:
                columns = {found["name"] for found in inspect(engine).get_columns(table.table)}
                assert set(table.columns) == columns
    engine.dispose()
