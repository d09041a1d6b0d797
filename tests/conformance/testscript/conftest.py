"""A server, a bench to run scripts against it, and a patient that it has."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.testscript import HttpxSender
from tests.conformance.testscript.stub import PATIENT, Bench, Stub


@pytest.fixture
def server() -> Iterator[Stub]:
    stub = Stub()
    thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield stub
    stub.shutdown()
    stub.server_close()
    thread.join()


@pytest.fixture(scope="session")
def sender() -> Iterator[HttpxSender]:
    with HttpxSender() as found:
        yield found


@pytest.fixture
def bench(tmp_path: Path, server: Stub, sender: HttpxSender) -> Bench:
    return Bench(tmp_path, server, sender)


@pytest.fixture
def patient(server: Stub) -> dict[str, Any]:
    """A patient that the server has."""
    server.versions["Patient/p1"] = [{**PATIENT, "meta": {"versionId": "1"}}]
    return PATIENT
