"""Chaos: the line to the regulator is cut and mended at random under load, and the gateway killed meanwhile.

Ten minutes of such a line, pressed into some seconds: pauses between attempts end at one second instead of
at a quarter of an hour. ``QIAO_CHAOS_SEED`` repeats a run. Everything is what it is elsewhere:
``qiao serve``, two front ends of the internet hospital as processes, a platform that checks what it gets.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from cryptography import x509

from conformance.simulators.regulator.book import Book
from conformance.simulators.regulator.message import Checks
from conformance.simulators.regulator.mischief import Mischief
from conformance.simulators.regulator.platform import Platform
from conformance.simulators.regulator.server import Server
from gateway.cli import main
from gateway.security.signature.demonstration import PHARMACIST, PHYSICIAN, Hospital, Signer, demonstration
from gateway.store import Store, open_store

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

VISITS, RATE = 16, 3.0
"""Of each of two front ends, and how many of them a second: some 320 entries of the ledger."""
MISCHIEF = ("", "", "lost", "half", "error", "duplicate", "timeout", "refuse", "batch", "away")
LONGEST = 90.0
"""Seconds for load and drain together, on a busy machine."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Line:
    """The platform behind a line that can be cut: connections break, and nobody answers at the port."""

    def __init__(self, platform: Platform, port: int) -> None:
        self._platform, self._port = platform, port
        self._server: Server | None = None
        self.cuts = 0

    def mend(self) -> None:
        if self._server is None:
            self._server = Server("127.0.0.1", self._port, self._platform)
            self._server.start()

    def cut(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
            self.cuts += 1


class Gateway:
    """``qiao serve``, which can be killed."""

    def __init__(self, config: Path, port: int) -> None:
        self._config, self._port = config, port
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.loaded"])
        self._process: BaseProcess | None = None

    def start(self) -> None:
        self._process = self._context.Process(target=main, args=(["serve", "--config", str(self._config)],))
        self._process.start()
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=5).close()
                return
            except OSError:
                assert time.monotonic() < until and self._process.is_alive()
                time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.join()
        assert self._process.exitcode == 0


def settings(folder: Path, url: str, api: int, platform: int) -> Path:
    ca = folder / "ca"
    hospital = Signer("gateway", "渡桥市人民医院互联网医院", "12990101MA0000017Q")
    demonstration(
        ca,
        (PHYSICIAN, PHARMACIST, hospital),
        Hospital("渡桥市人民医院互联网医院", "12990101MA0000017Q"),
        "ES256",
    )
    doors = "".join(f'[adapters."{one}"]\nport = 0\n' for one in ("his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2"))
    path = folder / "qiao.toml"
    path.write_text(
        f'[store]\nurl = "{url}"\n[api]\nport = {api}\n{doors}'
        '[tenants.default]\njurisdiction = ["cn-chongqing"]\n'
        f'[signatures]\ntrust = ["{ca}/trust.pem"]\nkeys = "{ca}/keys"\n'
        f'[receivers.regulator]\nurl = "http://127.0.0.1:{platform}"\nsign_key = "gateway"\nbatch = 10\n'
        "timeout = 5\nlongest_pause = 1\n"
    )
    return path


@contextmanager
def front_ends(folder: Path, api: int) -> Iterator[list[subprocess.Popen[str]]]:
    command = [
        sys.executable,
        "-m",
        "conformance.simulators.internet",
        "--to",
        f"http://127.0.0.1:{api}/fhir",
    ]
    command += ["--keys", str(folder / "ca" / "keys"), "--once", "--visits", str(VISITS), "--no-attempts"]
    running = [
        subprocess.Popen(
            [
                *command,
                "--rate",
                str(RATE),
                "--patience",
                "60",
                "--seed",
                str(seed),
                "--list",
                str(folder / f"serials-{seed}"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.communicate()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_whatever_the_line_does_the_regulator_ends_with_everything(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    seed = int(os.environ.get("QIAO_CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
    dice, note = random.Random(seed), f"QIAO_CHAOS_SEED={seed}"
    url = f"sqlite:///{tmp_path / 'qiao.db'}" if engine == "sqlite" else request.getfixturevalue("database")
    api, port = free_port(), free_port()
    config = settings(tmp_path, url, api, port)
    authority = x509.load_pem_x509_certificates((tmp_path / "ca" / "trust.pem").read_bytes())
    book, mischief = Book(tmp_path / "regulator.db"), Mischief()
    line = Line(Platform(book, mischief, Checks(book, authority)), port)
    gateway = Gateway(config, api)
    try:
        gateway.start()
        with front_ends(tmp_path, api) as running:
            kills = _storm(dice, line, mischief, gateway, running)
            told = [json.loads(one.communicate(timeout=60)[0].splitlines()[-1]) for one in running]
        mischief.tell({})
        line.mend()
        with closing(open_store(url)) as store:
            _drained(store, note)
        gateway.stop()
    finally:
        line.cut()
        gateway.kill()
    assert kills and line.cuts, note
    assert not any(one["unexpected"] for one in told), (note, told)
    with closing(open_store(url)) as store:
        _compare(store, book, tmp_path, note)


def _storm(
    dice: random.Random,
    line: Line,
    mischief: Mischief,
    gateway: Gateway,
    running: list[subprocess.Popen[str]],
) -> int:
    """Do harm until the front ends are done; returns how often the gateway was killed."""
    until, kills = time.monotonic() + LONGEST, 0
    while any(one.poll() is None for one in running):
        assert time.monotonic() < until
        what = dice.random()
        if what < 0.4:
            line.cut()
        else:
            line.mend()
            mischief.tell({"mode": dice.choice(MISCHIEF), "seconds": 0.1, "share": dice.choice((0.3, 1.0))})
        if what > 0.96 or (kills == 0 and what > 0.7):
            gateway.kill()
            gateway.start()
            kills += 1
        time.sleep(dice.uniform(0.02, 0.25))
    return kills


def _drained(store: Store, note: str) -> None:
    """Wait until nothing is on its way any more."""
    until = time.monotonic() + LONGEST
    while True:
        size = store.ledger.head("default").size
        receiver = store.deliveries.receiver("default", "regulator")
        if receiver is not None and receiver.upto == size:
            counts = store.deliveries.counts(receiver)
            if counts["waiting"] == counts["sent"] == 0:
                return
        assert time.monotonic() < until, note
        time.sleep(0.05)


def _compare(store: Store, book: Book, folder: Path, note: str) -> None:
    head = store.ledger.head("default")
    verified = store.ledger.verify("default")
    assert verified.ok, (note, verified)
    receiver = store.deliveries.receiver("default", "regulator")
    assert receiver is not None
    counts = store.deliveries.counts(receiver)
    exceptions = store.deliveries.find("default", receiver, ("refused", "held", "given-up"))
    # produced = acknowledged + open exceptions, each of which says why
    assert head.size == counts["acknowledged"] + len(exceptions), (note, counts)
    assert all(one.reason for one in exceptions if one.state == "refused"), note
    state = book.state()
    theirs = state["ledgers"]["default"]
    # what was acknowledged is there, once; nothing came that was refused; nobody saw the chain broken
    assert state["entries"] == counts["acknowledged"], (note, state)
    assert not {"out of order", "rewritten", "range", "signature", "message signature"} & set(
        state["faults"]
    ), (note, state)
    assert theirs["missing"] <= len(exceptions), note
    if not exceptions:
        assert theirs["head"] == head.head.hex(), note
    # every document that a front end got a serial for is at the regulator, or an exception
    given = {one for file in folder.glob("serials-*") for one in file.read_text().split()}
    known = {row[0] for row in book._db.execute("SELECT serial FROM serial")}
    assert given <= known | {one.entry.serial for one in exceptions}, note
    assert len(given) > VISITS, note
