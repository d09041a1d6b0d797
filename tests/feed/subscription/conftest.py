"""A store, a worker whose clock the test holds, and a receiver that really listens."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.feed.subscription import Events, Notifier, Worker, load_topics, urls
from gateway.feed.subscription.sending import Sender, trusted
from gateway.settings import SubscriptionSettings
from gateway.store import Store, open_store
from gateway.store.model import Change, Transact, Transacted
from tests.emptying import empty

BASE = "http://qiao.test/fhir"
START = 1_900_000_000_000_000
TOPIC = "urn:qiao:topic:Observation-changed"


@dataclass
class Got:
    """One request that the receiver got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def bundle(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def kind(self) -> str:
        return str(self.said("type"))

    @property
    def numbers(self) -> list[int]:
        """The event numbers of the notification."""
        events = [one for one in self._parameters if one["name"] == "notification-event"]
        return [int(one["part"][0]["valueString"]) for one in events]

    def said(self, name: str) -> Any:
        """What the status says under a name."""
        for one in self._parameters:
            if one["name"] == name:
                return next(value for key, value in one.items() if key.startswith("value"))
        return None

    @property
    def _parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.bundle["entry"][0]["resource"]["parameter"]
        return found


@dataclass
class Receiver:
    """An HTTP server that keeps what it gets; ``answer`` says what it answers: a status, with headers."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], tuple[int, dict[str, str]]] = lambda _: (200, {})

    def refuse(self, status: int = 503, **headers: str) -> None:
        self.answer = lambda _: (status, headers)

    def accept(self) -> None:
        self.answer = lambda _: (200, {})

    @property
    def numbers(self) -> list[int]:
        """The event numbers of all notifications that it took or not, in their order."""
        return [number for one in self.got for number in one.numbers]

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else the body waits 40 ms for the acknowledgement of the head

        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            got = Got(self.command, self.path, dict(self.headers.items()), body)
            made.got.append(got)
            status, headers = made.answer(got)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        do_POST = do_PUT = take  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


class Rig:
    """A store with whoever writes to it, reads it and is notified."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.settings = SubscriptionSettings()
        self.clock = START
        self.loopback = True
        self.may: Callable[[str, str], bool] = lambda _client, _tenant: True
        self.opened: list[Store] = []
        self.store = self.open()

    def open(self) -> Store:
        """Open the store once more, as a process does that starts after another one died."""
        self.store = open_store(self.url, synchronous="OFF")
        self.opened.append(self.store)
        return self.store

    def later(self, seconds: float) -> None:
        self.clock += round(seconds * 1_000_000)

    @property
    def notifier(self) -> Notifier:
        return Notifier(self.store, load_topics(), self.settings, loopback=self.loopback)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Worker]:
        """A worker that works when it is told to (``await worker.settle()``); it dies at the end."""

        async def write(transact: Transact) -> Transacted:
            return self.store.write([transact])[0]

        def may(client: str, tenant: str) -> bool:
            return self.may(client, tenant)

        sender = Sender(trusted())
        worker = Worker(
            self.store, self.notifier, write, lambda _: BASE,
            may=may, send=sender, now=lambda: self.clock,
        )  # fmt: skip
        worker.open()
        try:
            yield worker
        finally:
            await sender.close()

    def do(
        self, method: Any, type_: str, id_: str, body: dict[str, Any] | None = None, by: str = "client:test"
    ) -> Transacted:
        change = Change(method, type_, id_, body=body)
        done = self.store.write([Transact("default", by, [change])])[0]
        assert done.error is None, done.error
        return done

    def put(self, body: dict[str, Any]) -> None:
        """Create or update a resource."""
        self.do("update", body["resourceType"], body["id"], body)

    def observation(self, n: int, **elements: Any) -> None:
        body = {
            "resourceType": "Observation",
            "id": f"o{n}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        }
        self.put(body | elements)

    def subscription(self, endpoint: str, id_: str = "s1", **more: Any) -> dict[str, Any]:
        return subscription(endpoint, id_, **more)

    def subscribe(self, endpoint: str, id_: str = "s1", **more: Any) -> None:
        self.put(subscription(endpoint, id_, **more))

    def shown(self, id_: str = "s1") -> dict[str, Any]:
        """The Subscription as a client reads it."""
        version = self.store.read("default", "Subscription", id_)
        assert version is not None
        found: dict[str, Any] = json.loads(version.body)
        return found

    def events(self, id_: str = "s1", **asked: Any) -> Got:
        """What $events answers."""
        return Got("", "", {}, self.notifier.events("default", id_, BASE, Events(**asked)))


def subscription(
    endpoint: str,
    id_: str = "s1",
    *,
    criteria: str = TOPIC,
    content: str = "id-only",
    filters: tuple[str, ...] = (),
    status: str = "requested",
    payload: str | None = "application/fhir+json",
    header: tuple[str, ...] = (),
    end: str = "",
    **numbers: int,
) -> dict[str, Any]:
    """A Subscription; ``numbers``: heartbeat, timeout, most."""
    names = {"heartbeat": urls.HEARTBEAT_PERIOD, "timeout": urls.TIMEOUT, "most": urls.MAX_COUNT}
    kinds = {"heartbeat": "valueUnsignedInt", "timeout": "valueUnsignedInt", "most": "valuePositiveInt"}
    channel: dict[str, Any] = {"type": "rest-hook", "endpoint": endpoint}
    if numbers:
        channel["extension"] = [{"url": names[name], kinds[name]: value} for name, value in numbers.items()]
    if payload is not None:
        channel["payload"] = payload
    if content and payload is not None:
        channel["_payload"] = {"extension": [{"url": urls.PAYLOAD_CONTENT, "valueCode": content}]}
    if header:
        channel["header"] = list(header)
    made: dict[str, Any] = {
        "resourceType": "Subscription",
        "id": id_,
        "status": status,
        "reason": "test",
        "criteria": criteria,
        "channel": channel,
    }
    if filters:
        made["_criteria"] = {
            "extension": [{"url": urls.FILTER_CRITERIA, "valueString": text} for text in filters]
        }
    return made | ({"end": end} if end else {})


@pytest.fixture
def engine() -> str:
    """SQLite; a file whose tests run on both engines says so by parameters of this name."""
    return "sqlite"


@pytest.fixture
def rig(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    url = f"sqlite:///{tmp_path / 'qiao.db'}"
    if engine == "postgresql":
        url = request.getfixturevalue("database")
        empty(url)
    made = Rig(url)
    yield made
    for store in made.opened:
        store.close()


@pytest.fixture
def subscribed() -> Callable[..., dict[str, Any]]:
    """Makes a Subscription, for who has no rig."""
    return subscription
