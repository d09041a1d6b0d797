"""A real `qiao serve` on a copy of a filled store, bound to one core, and the load against it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, pinned, work

DOORS = {"ADT^A01": "his/hl7v2", "ORU^R01": "lis/hl7v2"}
"""Which adapter takes which message."""


@dataclass(slots=True)
class Gateway:
    """A running gateway.

    Attributes:
        process: the `qiao serve`.
        store: its database file.
        ports: MLLP port by message type.
    """

    process: subprocess.Popen[bytes]
    store: Path
    ports: dict[str, int]


def free_port() -> int:
    """Return a TCP port that is free on loopback now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(store: Path, maps: Path | None = None) -> Iterator[Gateway]:
    """Run `qiao serve` on ``store`` bound to core 0; ``maps`` replaces the maps that qiao ships."""
    ports = {kind: free_port() for kind in DOORS}
    config = store.with_suffix(".toml")
    lines = [f'[store]\nurl = "sqlite:///{store}"', f"[api]\nport = {free_port()}"]
    lines += [f'[mapping]\nroot = "{maps}"'] if maps else []
    lines += [f'[adapters."{door}"]\nport = {ports[kind]}' for kind, door in DOORS.items()]
    lines += ['[adapters."pacs/ris_hl7v2"]\nenabled = false']
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    log = store.with_suffix(".log")
    command = pinned(0, [sys.executable, "-m", "gateway", "serve", "--config", str(config)])
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=work(), stdout=output, stderr=output, env=_environment())
    try:
        for port in ports.values():
            _wait_for(port, process, log)
        yield Gateway(process, store, ports)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("QIAO_")}


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    tail = log.read_text("utf-8", "replace")[-2000:]
    raise SystemExit(f"qiao serve did not open its port ({process.poll()}):\n{tail}")


def copy_of(store: Path, name: str) -> Path:
    """Return a fresh copy of ``store`` under ``name``; without the leavings of an earlier run."""
    target = work() / f"{name}.db"
    for left in work().glob(f"{name}.db*"):
        left.unlink()
    shutil.copyfile(store, target)
    return target


def load(port: int, kind: str, first: int, count: int, connections: int) -> dict[str, Any]:
    """Send from a process of its own on core 1 and return its measurement (`benchmarks.sender`).

    Raises:
        SystemExit: an answer was anything but AA, so that the figure would mean nothing.
    """
    arguments = [str(value) for value in (port, kind, first, count, connections)]
    command = pinned(1, [sys.executable, "-m", "benchmarks.sender", *arguments])
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    if set(measured["codes"]) - {"AA", "CA"}:
        raise SystemExit(f"{kind}: not every message was accepted: {measured['codes']}")
    return measured


def ceiling(kind: str, count: int, connections: int) -> dict[str, Any]:
    """Return what the sender reaches against a server that only answers: the measurement's own limit."""
    command = pinned(0, [sys.executable, "-m", "benchmarks.sender", "echo"])
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as echo:
        assert echo.stdout is not None
        try:
            return load(int(echo.stdout.readline()), kind, 0, count, connections)
        finally:
            echo.kill()


def rows(store: Path) -> dict[str, int]:
    """Return how many rows the tables have that one message adds to."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        wanted = [
            name for name in tables if name in ("inbox", "version", "sx", "sx_range", "sx_str", "ident")
        ]
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in wanted}  # noqa: S608


def unsettled(store: Path) -> int:
    """Return how many received messages have not been worked on yet."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM inbox WHERE state = 'received'").fetchone()[0])
