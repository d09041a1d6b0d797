"""The whole of it: a gateway that runs, a platform that listens, a kill -9 in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical.json import dumps, loads
from gateway.store import open_store

COUNT = 120


class Listening:
    """A platform that takes messages by HTTP; it remembers which entries came, each time."""

    def __init__(self, entries_of: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> None:
        self.came: list[int] = []
        self.tokens: set[str] = set()
        self.some, self.all = threading.Event(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else the body waits 40 ms for the acknowledgement of the head

            def do_POST(self) -> None:
                bundle = loads(self.rfile.read(int(self.headers["content-length"])))
                outer.tokens.add(self.headers["authorization"])
                header = bundle["entry"][0]["resource"]
                outer.take([one["n"] for one in entries_of(bundle)])
                response = {"identifier": header["id"], "code": "ok"}
                said = {"resourceType": "MessageHeader", "id": "r", "response": response}
                body = dumps({"resourceType": "Bundle", "type": "message", "entry": [{"resource": said}]})
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/fhir"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, numbers: list[int]) -> None:
        self.came += numbers
        if len(self.came) > COUNT // 4:
            self.some.set()
        if len(set(self.came)) == COUNT:
            self.all.set()


@pytest.fixture
def listening(kit: Any) -> Iterator[Listening]:
    found = Listening(kit.entries_of)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.mark.serial
def test_a_killed_gateway_loses_nothing(
    serve: Callable[..., Any], tmp_path: Path, listening: Listening, kit: Any
) -> None:
    path = tmp_path / "qiao.db"
    with closing(open_store(f"sqlite:///{path}")) as store:
        kit.enter(store, *(kit.prescription(at) for at in range(COUNT)))
    settings = {
        "QIAO_RECEIVERS__PROVINCE__URL": listening.url,
        "QIAO_RECEIVERS__PROVINCE__TOKEN": "t0ken",
        "QIAO_RECEIVERS__PROVINCE__BATCH": "2",
    }
    gateway = serve(path, **settings)
    assert listening.some.wait(60)
    gateway.kill()
    gateway = serve(path, **settings)
    try:
        assert listening.all.wait(60)
    finally:
        gateway.stop()
    with closing(open_store(f"sqlite:///{path}")) as store:
        receiver = store.deliveries.receiver("default", "province")
        assert receiver is not None
        counts = store.deliveries.counts(receiver)
    assert counts["acknowledged"] + counts["waiting"] + counts["sent"] == COUNT
    assert counts["acknowledged"] >= COUNT - 10, (
        "what was under way when it stopped is known at the next start"
    )
    assert len(listening.came) <= COUNT + 10, "only what was under way comes twice"
    assert listening.tokens == {"Bearer t0ken"}
