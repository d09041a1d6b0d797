"""What the tests of the views share: a hospital's database on three engines, and somebody who takes rows."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy

from adapters.his.sql_view import ADAPTER
from adapters.his.sql_view.source import SqlViews
from gateway import registry
from gateway.canonical import Envelope
from gateway.errors import Retry
from tests.conftest import _find


class Mariadb:
    """A real MariaDB on a free port; nothing of it outlives the tests."""

    def __init__(self, folder: Path, server: str, install: str) -> None:
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(folder, user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        common = ["--no-defaults", f"--datadir={folder}/data", f"--user={user}"]
        subprocess.run(
            [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
            cwd="/", check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        self._log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [server, *common, f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket",
             "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
             f"--pid-file={folder}/pid"],
            cwd="/", stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        engine = sqlalchemy.create_engine(self.url("mysql"))
        for _ in range(200):
            with suppress(sqlalchemy.exc.OperationalError), engine.connect():
                break
            time.sleep(0.05)
        engine.dispose()

    def url(self, database: str) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Mariadb]:
    server = _find("mariadb-server", binary="mariadbd")
    install = _find("mariadb-server", binary="mariadb-install-db")
    with tempfile.TemporaryDirectory(prefix="qiao-mariadb-") as folder:
        running = Mariadb(Path(folder), server, install)
        try:
            yield running
        finally:
            running.stop()


@dataclass
class Hospital:
    """A database of a hospital: statements run and are committed at once."""

    url: str
    engine: sqlalchemy.Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = sqlalchemy.create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))

    def run(self, *statements: str, rows: list[dict[str, Any]] | None = None) -> None:
        with self.engine.begin() as connection:
            for one in statements:
                connection.execute(sqlalchemy.text(one), rows)

    def close(self) -> None:
        self.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def hospital(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hospital]:
    if request.param == "sqlite":
        made = Hospital(f"sqlite:///{tmp_path / 'his.db'}")
    elif request.param == "postgresql":
        made = Hospital(request.getfixturevalue("postgresql").database())
    else:
        server: Mariadb = request.getfixturevalue("mariadb")
        name = f"his{abs(hash(request.node.name)) % 10**9}"
        root = Hospital(server.url("mysql"))
        root.run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        root.close()
        made = Hospital(server.url(name) + "?charset=utf8mb4")
    yield made
    made.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Hospital]:
    """A database in a file, where the engine does not matter."""
    made = Hospital(f"sqlite:///{tmp_path / 'his.db'}")
    yield made
    made.close()


@dataclass
class Taker:
    """Takes rows as the gateway does, and remembers them in the order in which they came."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    refuse: Callable[[int], bool] = lambda _: False
    before: Callable[[int], Awaitable[None]] | None = None
    asked: int = 0
    answer: bytes = b"stored"
    turns: dict[asyncio.AbstractEventLoop, asyncio.Lock] = field(default_factory=dict)

    async def __call__(self, envelope: Envelope, /) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if self.before is not None:
            await self.before(self.asked)
        if self.refuse(self.asked):
            raise Retry("not now", after=0.0)
        data = orjson.loads(envelope.raw)
        assert envelope.charset == ""
        assert len(data["rows"]) == 1
        self.taken.append({"view": data["view"], "control": data["control"], **data["rows"][0]})
        return self.answer

    async def many(self, envelopes: Sequence[Envelope], /) -> list[bytes | Retry]:
        turn = self.turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with turn:  # as the gateway: what comes next does not overtake
            return [await self._one(envelope) for envelope in envelopes]

    async def _one(self, envelope: Envelope) -> bytes | Retry:
        try:
            return await self(envelope)
        except Retry as error:
            return error

    def column(self, name: str) -> list[str | None]:
        return [one["row"].get(name) for one in self.taken]

    def clear(self) -> None:
        self.taken.clear()


@pytest.fixture
def taker() -> Taker:
    return Taker()


def wall(*parts: int) -> datetime:
    """Return a time as databases keep it: without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


Opened = Callable[..., SqlViews]


@pytest.fixture
def opened(tmp_path: Path, taker: Taker) -> Iterator[Opened]:
    """``opened(hospital, **settings)`` → the door, ready to read; a second one goes on where it was."""
    doors: list[SqlViews] = []

    def open_(hospital: Hospital, **settings: Any) -> SqlViews:
        for one in doors:
            asyncio.run(one.stop())
        doors.clear()
        said = {"url": hospital.url, "state": f"sqlite:///{tmp_path / 'state.db'}", "only": "patient"}
        door = SqlViews(registry.options(ADAPTER, said | settings))
        door.open(taker)
        doors.append(door)
        return door

    yield open_
    for one in doors:
        asyncio.run(one.stop())


def poll(door: SqlViews) -> int:
    """Read each view once."""

    async def all_() -> int:
        return sum([await one.round() for one in door.polls])

    return asyncio.run(all_())


def reconcile(door: SqlViews) -> int:
    async def all_() -> int:
        return sum([await one.reconcile() for one in door.polls])

    return asyncio.run(all_())
