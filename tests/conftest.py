"""What every test shares: real components from Debian, a served gateway, no silent skips, serial tests."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REQUIRE_ALL = os.environ.get("QIAO_REQUIRE_ALL") == "1"

MEMORY, ROOM = Path("/dev/shm"), 4 << 30


def _in_memory() -> None:
    """Let temporary folders lie in memory where there is room.

    A store is synced to disk with every commit, which waits for the disk, and no test cuts the power.
    """
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


_in_memory()

Require = Callable[..., str]

DOORS = ("HIS_HL7V2", "HIS_XML_HTTP", "HIS_CDA", "LIS_HL7V2", "LIS_ASTM", "PACS_RIS_HL7V2")
"""Adapters that listen; in tests each on a port that is free."""


def _system_path() -> str:
    """The search path without this virtual environment, whose packages bring look-alikes (``storescu``)."""
    own = Path(sys.prefix).resolve()
    entries = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    outside = [entry for entry in entries if not Path(entry).resolve().is_relative_to(own)]
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return os.pathsep.join([*outside, "/usr/sbin", *map(str, servers)])


def _find(package: str, *, binary: str) -> str:
    found = shutil.which(binary, path=_system_path())
    if found is None:
        pytest.skip(f"needs {binary}: apt-get install {package}")
    return found


@pytest.fixture
def require() -> Require:
    """``require("dcmtk", binary="storescu")`` → path of a real component, or a skip naming the command."""
    return _find


class Postgresql:
    """A real PostgreSQL that tests may stop and start; ``fsync`` is off, nobody cuts the power."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._initdb, self._pg_ctl = (
            str(Path(_find("postgresql", binary=name)).resolve()) for name in ("initdb", "pg_ctl")
        )
        self._user: list[str] = []
        if os.geteuid() == 0:  # it refuses to run as root
            name = next(name for name in ("postgres", "nobody") if _known(name))
            shutil.chown(folder, name)
            setpriv = _find("util-linux", binary="setpriv")
            self._user = [
                setpriv,
                f"--reuid={name}",
                "--regid",
                str(pwd.getpwnam(name).pw_gid),
                "--clear-groups",
            ]
        self._count = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._run(self._initdb, "-U", "qiao", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\n"
                "fsync=off\nfull_page_writes=off\nautovacuum=off\n"
            )
        self.start()

    def _run(self, *command: str) -> None:
        with (self._folder / "out").open("a") as out:  # the server keeps it open: a pipe would never end
            done = subprocess.run(
                [*self._user, command[0], "-D", str(self._folder / "data"), *command[1:]],
                cwd=self._folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, timeout=60,
            )  # fmt: skip
        assert done.returncode == 0, (self._folder / "out").read_text()

    def start(self) -> None:
        self._run(self._pg_ctl, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run(self._pg_ctl, "-w", "-m", mode, "stop")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it hang without dying: no process of it goes on, nothing is closed."""
        first = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        asked = self.execute(self.url("postgres"), "SELECT pid FROM pg_stat_activity")
        with suspended(first, *(pid for (pid,) in asked)):
            yield

    def url(self, database: str) -> str:
        return f"postgresql://qiao@127.0.0.1:{self.port}/{database}"

    def database(self, *, encoding: str = "UTF8") -> str:
        """Make an empty database; returns its URL."""
        self._count += 1
        name = f"d{self._count}"
        self.execute(self.url("postgres"), f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'")
        return self.url(name)

    @staticmethod
    def execute(url: str, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of its own; returns the rows."""
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def suspended(*processes: int) -> Iterator[None]:
    """Stop processes as a debugger or a full machine does; let them go on afterwards."""

    def tell(number: signal.Signals) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, number)

    tell(signal.SIGSTOP)
    try:
        yield
    finally:
        tell(signal.SIGCONT)


def _known(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A running PostgreSQL; a skip that names the command where the package is missing."""
    with tempfile.TemporaryDirectory(prefix="qiao-pg-") as folder:
        server = Postgresql(Path(folder))
        try:
            yield server
        finally:
            with suppress(AssertionError):  # a test that failed may have left it stopped
                server.stop()


@pytest.fixture(scope="module")
def database(postgresql: Postgresql) -> str:
    """URL of a PostgreSQL database that the tests of one module share."""
    return postgresql.database()


@pytest.fixture(scope="session")
def empty(postgresql: Postgresql) -> str:
    """Name of a database with the tables of an empty store: copied, which is quicker than making them."""
    from gateway.store import open_store

    url = postgresql.database()
    open_store(url).close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty store on each engine; what is there is gone after the test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'qiao.db'}"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    template = request.getfixturevalue("empty")
    server.execute(server.url("postgres"), f"CREATE DATABASE {template}_copy TEMPLATE {template}")
    yield server.url(f"{template}_copy")
    server.execute(server.url("postgres"), f"DROP DATABASE {template}_copy WITH (FORCE)")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("serial"):
            item.add_marker(pytest.mark.xdist_group("serial"))
    if hasattr(config, "workerinput"):
        from tests.spread import order

        order(items)


def pytest_collection_finish() -> None:
    """What was imported lives as long as the process: nobody looks through it for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Let the tests of a file stay in one worker, so that what they share is made once."""
    from tests.spread import Spread

    return Spread(config, log) if config.getvalue("dist") == "loadgroup" else None


def _skip_becomes_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (REQUIRE_ALL and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"QIAO_REQUIRE_ALL=1 forbids skips: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _skip_becomes_failure(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _skip_becomes_failure(report)
    return report


@dataclass
class Served:
    """A gateway that runs as a process of its own: ``qiao serve`` on free ports."""

    process: subprocess.Popen[str]
    log: Path
    api: str
    doors: dict[str, str]
    closed: dict[str, str]

    def address(self, adapter: str = "his/hl7v2") -> tuple[str, int]:
        host, _, port = self.doors[adapter].rpartition(":")
        return host, int(port)

    def stop(self) -> str:
        """Ask it to stop, as an operator does; returns its log."""
        self.process.terminate()
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0, self.log.read_text()
        return self.log.read_text()

    def kill(self) -> None:
        """Stop it in the middle of whatever it does (kill -9)."""
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture(scope="session")
def serve() -> Callable[..., Served]:
    """``serve(store, **environment)`` → a running gateway; the caller stops it.

    ``url`` takes the place of a file; the log lies beside ``store`` all the same. One that is looked at from
    outside, for its memory or its name, is ``whole``: a process of its own from its first import on.
    """
    from tests.forking import forked

    def start(store: Path, url: str = "", *, whole: bool = False, **environment: str) -> Served:
        ports = {f"QIAO_ADAPTERS__{name}__PORT": "0" for name in DOORS}
        qiao = (sys.executable, "-m", "gateway") if whole else forked()
        command = [*qiao, "serve", "--json", "--port", "0"]
        log = store.with_suffix(".log")
        with log.open("a") as errors:  # a pipe that nobody reads would fill up and block it
            process = subprocess.Popen(
                [*command, "--store", url or f"sqlite:///{store}"],
                env=os.environ | ports | environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready:
            process.communicate(timeout=60)
            raise AssertionError(log.read_text())
        return Served(process, log, **json.loads(ready))

    return start


PACKAGE = "hl7.fhir.r4.examples@4.0.1"
SHA256 = "dce87f1b5b9341867033f7d1f544fa1b5232503f6d62813887ac6b8a8b6cb682"


def _cached() -> Path:
    below = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(below) / "qiao" / "tests" / f"{PACKAGE.replace('@', '-')}.tgz"


def _right(file: Path) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == SHA256


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HL7's own package of R4 examples, fetched once and kept in the user's cache."""
    file = _cached()
    if _right(file):
        return file
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm: apt-get install npm")
    folder = tmp_path_factory.mktemp("npm")
    done = subprocess.run(
        [npm, "pack", "--silent", PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    fetched = folder / file.name
    if done.returncode:
        pytest.skip(f"needs the official examples: npm pack {PACKAGE}")
    assert _right(fetched), "the package is not the one that was published"
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(fetched, partial := file.with_suffix(f".{os.getpid()}"))
    partial.replace(file)
    return file
