"""What tests of the conformance harness share: our demo as a target, a server that is not ours, bad ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

HERE = Path(__file__).parent
PEERS = HERE / "peers"
PEER_PYTHON = HERE.parents[1] / ".venv-peer" / "bin" / "python"
"""Interpreter of the environment that has `fhirstarter` (`make .venv-peer/.ready`)."""


@dataclass(slots=True, frozen=True)
class Standing:
    """A demo that stands as a target.

    Attributes:
        target: its ``target.yaml``.
        folder: what it keeps: ``qiao.db``, ``regulator.db``, ``ca``, ``qiao.log``.
        said: what the file says.
    """

    process: int
    target: Path
    folder: Path
    said: dict[str, Any]

    @property
    def fhir(self) -> str:
        """Base URL of the FHIR API."""
        return str(self.said["fhir"])

    @property
    def platform(self) -> str:
        """URL of the simulated regulator."""
        return str(self.said["platform"]["url"])

    def token(self, identity: str = "operator") -> str:
        """Return the token of an identity."""
        return str(self.said["identities"][identity]["token"])


Stand = Callable[..., AbstractContextManager[Standing]]


@pytest.fixture(scope="session")
def _starter() -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    command = [sys.executable, str(HERE / "standing.py")]
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1])}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:

        def ask(said: dict[str, Any]) -> dict[str, Any]:
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(json.dumps(said) + "\n")
            program.stdin.flush()
            line = program.stdout.readline()
            assert line, "the program that starts demos is gone"
            answer: dict[str, Any] = json.loads(line)
            return answer

        yield ask


@pytest.fixture(scope="session")
def stand(_starter: Callable[[dict[str, Any]], dict[str, Any]]) -> Stand:
    """``with stand(folder, "--jurisdiction", "cn", QIAO_X="…") as standing:`` → a demo of its own.

    Nothing was played in it unless ``idle=False``; environment variables hold in its processes only.
    """

    @contextmanager
    def standing(folder: Path, *arguments: str, idle: bool = True, **environment: str) -> Iterator[Standing]:
        target = folder / "target.yaml"
        given = ["--dir", str(folder), "--target", str(target), *arguments, *(["--idle"] if idle else [])]
        asked = {"arguments": given, "environment": environment, "errors": str(folder / "errors")}
        answer = _starter({"start": asked})
        assert "failed" not in answer, answer["failed"]
        try:
            yield Standing(answer["process"], target, folder, yaml.safe_load(target.read_text("utf-8")))
        finally:
            ended = _starter({"stop": answer["process"]})
        assert ended["code"] == 0, (folder / "errors").read_text("utf-8")

    return standing


@pytest.fixture(scope="module")
def standing(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """One demo that the tests of a module share."""
    with stand(tmp_path_factory.mktemp("standing")) as one:
        yield one


@contextmanager
def served(python: Path | str, program: str, *arguments: object, **environment: str) -> Iterator[str]:
    """Run a server of ``peers/`` until the block ends; yields the FHIR base that its first line names."""
    command = [str(python), str(PEERS / f"{program}.py"), *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "ignore"} | environment,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, f"{program} does not start"
            yield json.loads(line)["fhir"]
        finally:
            process.kill()


@pytest.fixture(scope="module")
def foreign_server() -> Iterator[str]:
    """FHIR base of a server that is not ours: fhirstarter, with one for a module, its store in memory."""
    yield from _foreign()


@pytest.fixture
def empty_foreign_server() -> Iterator[str]:
    """FHIR base of another one, with nothing in it; what it stores is a day old at once."""
    yield from _foreign(FHIR_AGE="86400")


def _foreign(**environment: str) -> Iterator[str]:
    if not PEER_PYTHON.exists():
        pytest.skip("needs fhirstarter in an environment of its own: make .venv-peer/.ready")
    with served(PEER_PYTHON, "fhirstarter_app", FHIR_SEQUENCE="R4B", **environment) as base:
        yield base


Bad = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def own_form() -> Bad:
    """``with own_form(target, "--yes") as base:`` → FHIR base; a gateway that takes nothing as FHIR."""

    def serving(target: Path, *arguments: str) -> AbstractContextManager[str]:
        return served(sys.executable, "own_form", target, *arguments)

    return serving


@pytest.fixture(scope="session")
def bad_server() -> Bad:
    """``with bad_server("dying", 20) as base:`` → FHIR base; ``peers/bad.py`` lists the kinds."""

    def serving(kind: str, *arguments: object) -> AbstractContextManager[str]:
        return served(sys.executable, "bad", kind, *arguments)

    return serving
