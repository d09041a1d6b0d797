"""What every test shares: real components from Debian, a served gateway, no silent skips, serial tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("QIAO_REQUIRE_ALL") == "1"

Require = Callable[..., str]


def _system_path() -> str:
    """The search path without this virtual environment, whose packages bring look-alikes (``storescu``)."""
    own = Path(sys.prefix).resolve()
    entries = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]
    outside = [entry for entry in entries if not Path(entry).resolve().is_relative_to(own)]
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return os.pathsep.join([*outside, "/usr/sbin", *map(str, servers)])


@pytest.fixture
def require() -> Require:
    """``require("dcmtk", binary="storescu")`` → path of a real component, or a skip naming the command."""

    def find(package: str, *, binary: str) -> str:
        found = shutil.which(binary, path=_system_path())
        if found is None:
            pytest.skip(f"needs {binary}: apt-get install {package}")
        return found

    return find


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("serial"):
            item.add_marker(pytest.mark.xdist_group("serial"))


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
    """``serve(store, **environment)`` → a running gateway; the caller stops it."""

    def start(store: Path, **environment: str) -> Served:
        ports = {f"QIAO_ADAPTERS__{name}__PORT": "0" for name in ("HIS_HL7V2", "LIS_HL7V2", "PACS_RIS_HL7V2")}
        command = [sys.executable, "-m", "gateway", "serve", "--json", "--port", "0"]
        log = store.with_suffix(".log")
        with log.open("a") as errors:  # a pipe that nobody reads would fill up and block it
            process = subprocess.Popen(
                [*command, "--store", f"sqlite:///{store}"],
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
