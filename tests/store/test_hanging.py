"""A PostgreSQL that hangs without dying, and a network that swallows: bounded, and nothing lost or twice."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.errors import Misconfigured, Retry
from gateway.store import direct, open_store
from gateway.store.engines import postgresql as engine_module
from gateway.store.engines.driver import Driver

Make = Callable[..., Draft]
pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

SECONDS = 0.5
"""What these stores give a server."""


class Line:
    """One connection through a :class:`Wire`; ``up`` leads to the server, ``down`` to the client."""

    def __init__(self, client: socket.socket, port: int) -> None:
        self.up, self.down = threading.Event(), threading.Event()
        self.up.set()
        self.down.set()
        self._client, self._server = client, socket.create_connection(("127.0.0.1", port))
        self._carriers = [
            threading.Thread(target=self._carry, args=way)
            for way in ((self.up, client, self._server), (self.down, self._server, client))
        ]
        for carrier in self._carriers:
            carrier.start()

    def close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for carrier in self._carriers:
            carrier.join()
        self._client.close()
        self._server.close()

    @staticmethod
    def _carry(gate: threading.Event, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                gate.wait()
                target.sendall(data)
        gate.wait()  # a network that swallows does not tell who has left either
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class Wire:
    """A network between a store and its server, which may hold back what goes over it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self.lines: list[Line] = []
        self._taker = threading.Thread(target=self._take)
        self._taker.start()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._open.wait()
                self.lines.append(Line(client, self._port))

    def hold(self, *, up: bool = False, down: bool = False, new: bool = False) -> None:
        """Hold back what goes up or down over the lines that there are; ``new``: let none begin."""
        for line in self.lines:
            _ = (line.up.clear() if up else None, line.down.clear() if down else None)
        if new:
            self._open.clear()

    def release(self) -> None:
        for line in self.lines:
            line.up.set()
            line.down.set()
        self._open.set()

    def close(self) -> None:
        self.release()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._taker.join()
        self._listening.close()
        for line in self.lines:
            line.close()


@pytest.fixture
def wire(postgresql: Any) -> Iterator[Wire]:
    with closing(Wire(postgresql.port)) as wire:
        yield wire


@pytest.fixture
def impatient(desk: Any) -> Iterator[Any]:
    """A desk whose store gives the server half a second."""
    with closing(open_store(desk.url, answer_seconds=SECONDS)) as store:
        yield type(desk)(store, desk.url)


@pytest.fixture
def remote(desk: Any, wire: Wire, postgresql: Any) -> Iterator[Any]:
    """The same over a network."""
    url = desk.url.replace(f":{postgresql.port}/", f":{wire.port}/")
    with closing(open_store(url, answer_seconds=SECONDS)) as store:
        yield type(desk)(store, url)
        wire.release()


def at_commit(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something when the next commit is about to be sent."""

    def execute(connection: Any, sql: str, *more: Any) -> Any:
        if sql == "COMMIT":
            monkeypatch.undo()
            do()
        return direct.execute(connection, sql, *more)

    monkeypatch.setattr(engine_module, "execute", execute)


def stored(desk: Any) -> list[tuple[str, int]]:
    return [(id_, ver) for id_, ver in desk.execute("SELECT fhir_id, ver FROM version ORDER BY seq")]


def test_who_reads_is_told_and_reads_on_afterwards(impatient: Any, patient: Make, postgresql: Any) -> None:
    impatient.stored(patient("p1", mrn="1"))
    assert impatient.store.read("default", "Patient", "p1") is not None
    with postgresql.hanging():
        for _ in range(2):
            with pytest.raises(Retry, match="cannot be read"):
                impatient.store.read("default", "Patient", "p1")
        with pytest.raises(Retry):
            impatient.store.search("default", "Patient", [("gender", "male")])
        with pytest.raises(Retry):
            impatient.store.sole("subscriptions").mine()
    assert impatient.store.read("default", "Patient", "p1") is not None


def test_who_writes_is_told_and_writes_on_afterwards(impatient: Any, patient: Make, postgresql: Any) -> None:
    impatient.stored(patient("p1", mrn="1"))
    with postgresql.hanging():
        for _ in range(2):
            with pytest.raises(Retry, match="cannot commit"):
                impatient.stored(patient("p1", mrn="1", gender="male"))
    assert impatient.stored(patient("p1", mrn="1", gender="male")) == ["Patient/p1/_history/2"]
    assert impatient.store.counts("default").inbox == {"stored": 2}


def test_a_store_that_hangs_is_not_opened(desk: Any, postgresql: Any) -> None:
    with postgresql.hanging(), pytest.raises(Retry, match="cannot be opened"):
        open_store(desk.url, answer_seconds=SECONDS)


def test_some_time_it_must_have(desk: Any) -> None:
    with pytest.raises(Misconfigured, match="above 0"):
        open_store(desk.url, answer_seconds=0)


def test_a_commit_that_was_made_but_not_answered_is_acknowledged(
    remote: Any, wire: Wire, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.stored(patient("p1", mrn="1"))
    at_commit(monkeypatch, lambda: wire.hold(down=True))
    assert remote.stored(patient("p2", mrn="2")) == ["Patient/p2/_history/1"]
    assert remote.stored(patient("p3", mrn="3")) == ["Patient/p3/_history/1"]
    wire.release()
    assert stored(remote) == [("p1", 1), ("p2", 1), ("p3", 1)]


def test_what_became_of_a_commit_is_found_out_before_anything_else(
    remote: Any, wire: Wire, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.stored(patient("p1", mrn="1"))
    receive = remote.receive(control_id="A7")

    def look() -> Any:
        at = receive.envelope
        return remote.store.find_repeat(at.tenant, at.sender, receive.repeat_key, "A7", receive.digest, 0)

    at_commit(monkeypatch, lambda: wire.hold(down=True, new=True))
    with pytest.raises(Retry, match="not known"):
        remote.store.write([receive])
    with pytest.raises(Retry, match="not known"):
        remote.store.sure()
    wire.release()
    remote.store.sure()
    assert look() is not None
    assert remote.store.counts("default").inbox == {"stored": 1, "received": 1}


def test_a_commit_that_comes_late_is_not_made(
    remote: Any, wire: Wire, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.stored(patient("p1", mrn="1"))
    at_commit(monkeypatch, lambda: wire.hold(up=True, new=True))
    with pytest.raises(Retry, match="not known"):
        remote.stored(patient("p2", mrn="2"))
    wire.release()
    remote.store.sure()
    assert stored(remote) == [("p1", 1)]
    assert remote.stored(patient("p2", mrn="2")) == ["Patient/p2/_history/1"]


def test_a_session_that_stands_still_in_its_commit_is_ended(
    impatient: Any, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient.stored(patient("p1", mrn="1"))
    pid = direct.execute(impatient.store._session.writer, "SELECT pg_backend_pid()").fetchone()[0]
    at_commit(monkeypatch, lambda: os.kill(pid, signal.SIGSTOP))
    try:
        with pytest.raises(Retry, match="not known"):
            impatient.stored(patient("p2", mrn="2"))
        with pytest.raises(Retry, match="55P03"):
            impatient.stored(patient("p2", mrn="2"))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert impatient.stored(patient("p2", mrn="2")) == ["Patient/p2/_history/1"]
    assert stored(impatient) == [("p1", 1), ("p2", 1)]


def test_the_lock_of_a_session_behind_a_cut_network_is_freed_at_once(
    remote: Any, wire: Wire, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote.stored(patient("p1", mrn="1"))
    at_commit(monkeypatch, lambda: wire.hold(up=True, down=True))
    with pytest.raises(Retry, match="cannot commit"):
        remote.stored(patient("p2", mrn="2"))
    assert remote.stored(patient("p2", mrn="2")) == ["Patient/p2/_history/1"]


def test_a_gateway_that_stops_waits_for_nobody(
    desk: Any, patient: Make, postgresql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked, said = open_store(desk.url), threading.Event(), []
    wait = Driver.wait

    def asking(self: Driver, *more: Any) -> Any:
        asked.set()
        return wait(self, *more)

    def read() -> None:
        try:
            store.read("default", "Patient", "p1")
        except Retry as error:
            said.append(error)

    store.read("default", "Patient", "p1")
    with postgresql.hanging():
        monkeypatch.setattr(Driver, "wait", asking)
        reader = threading.Thread(target=read)
        reader.start()
        assert asked.wait(30)
        store.abandon()
        reader.join(30)
        assert said
        with pytest.raises(Retry, match="cannot commit"):
            store.write([desk.receive()])
        store.close()
