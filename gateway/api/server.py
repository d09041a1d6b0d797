"""Server: HTTP/1.1 under the API, with bounds on heads, time and connections (RFC 9112, RFC 9110 §15.5).

uvicorn with the parser of Node.js (httptools) reads and writes; it bounds neither the head of a request
nor the time that one may take. Here one look a second at every connection does: no request pays for it. Long
answers are :mod:`gateway.api.outflow`'s.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.api.language import content_language, reads_chinese
from gateway.api.outflow import Outflow
from gateway.canonical.json import dumps
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.faults import in_chinese

MAX_HEAD = 32 * 1024
"""Bytes of the request line and all headers together."""
HEAD_SECONDS = 15.0
"""From the first byte of a request, or the opening of the connection, to the end of its headers."""
BODY_SECONDS = 30.0
"""What any body may take; a long one besides that as long as it comes at :data:`BODY_RATE`."""
BODY_RATE = 4096
"""Bytes a second."""
WRITE_SECONDS = 60.0
"""How long a client may take nothing of an answer that waits for it."""
IDLE_SECONDS = 65
"""How long a connection without a request is kept."""
STOP_SECONDS = 10
"""What is left of long answers when the gateway stops."""

_SAID = {
    400: ("invalid", "this is no HTTP request"),
    408: ("timeout", "the request takes too long"),
    431: ("too-long", "the headers are too long"),
    503: ("throttled", "too many connections; come again"),
}
_HEADERS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
"""Of every answer: no cache keeps what is a patient's (RFC 9111 §5.2.2.5), no browser guesses what it is."""
_LINGER = 2
"""Looks after a refusal until the connection is closed: closed at once, what is still being sent would make
the system take the refusal back."""
Phase = Literal["head", "body", "answer", "refused"]


class Connection(HttpToolsProtocol):
    """One connection of one client."""

    max_connections = 512

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._phase: Phase = "head"
        self._since = self.loop.time()
        self._read = 0
        self._large = False
        self._waiting, self._stuck, self._looks = 0, 0.0, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > 2 * self.max_connections:
            self.transport.abort()
        elif len(self.connections) > self.max_connections:
            self.refuse(503)

    def data_received(self, data: bytes) -> None:
        """Take what came; stop where the head gets too long."""
        if self._phase == "refused" or self.transport.is_closing():
            return
        self._large = self._large or len(data) > MAX_HEAD
        if self._phase == "answer" and self.cycle.response_complete:
            self._phase, self._since = "head", self.loop.time()
        if self._phase == "head":
            self._read += len(data)
        super().data_received(data)
        if self._phase == "head" and self._read > MAX_HEAD:
            self.refuse(431)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._phase, self._since = "head", self.loop.time()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._phase, self._since, self._read = "body", self.loop.time(), 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of its body is there."""
        self._read += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._phase, self._read = "answer", 0
        super().on_message_complete()

    def resume_writing(self) -> None:
        """The client takes what waited for it."""
        self._stuck = 0.0
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, in the language of FHIR."""
        self.refuse(400)

    def refuse(self, status: int) -> None:
        """Answer without asking the application, and close; nothing goes into or behind its own answer."""
        cycle: RequestResponseCycle | None = self.cycle
        free = cycle is None or (
            cycle.response_complete if self._phase == "head" else not cycle.response_started
        )
        self._phase = "refused"
        self._unset_keepalive_if_required()
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        if free:
            self.transport.write(
                _refusal(
                    status, self.server_state.default_headers, reads_chinese({"headers": self.headers or ()})
                )
            )
        if free and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def look(self, seconds: float) -> None:
        """End a connection that takes too long; called every ``seconds``."""
        if self._phase == "refused":
            self._looks += 1
            if self._looks > _LINGER:
                self.transport.abort()
            return
        spent = self.loop.time() - self._since
        if self._phase == "head" and spent > HEAD_SECONDS:
            self.refuse(408)
        elif self._phase == "body" and self.flow.read_paused:
            self._since += seconds  # it is we who do not read on
        elif self._phase == "body" and spent > BODY_SECONDS + self._read / BODY_RATE:
            self.refuse(408)
        self._look_at_answer(seconds)

    def _look_at_answer(self, seconds: float) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._stuck = self._stuck + seconds if waiting and waiting >= self._waiting else 0.0
        self._waiting = waiting
        if self._stuck > WRITE_SECONDS:
            self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        headers = cycle.scope["headers"]
        if self._large and sum(len(name) + len(value) + 4 for name, value in headers) > MAX_HEAD:
            app = _Refusing(431)
        elif cycle.scope["http_version"] == "1.1" and not any(name == b"host" for name, _ in headers):
            app = _Refusing(400)
        super()._start_asgi_task(cycle, app)


class _Refusing:
    """An application that refuses."""

    def __init__(self, status: int) -> None:
        self._status = status

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        headers, body = _headers(self._status, reads_chinese(scope))
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _headers(status: int, chinese: bool) -> tuple[list[tuple[bytes, bytes]], bytes]:
    code, said = _SAID[status]
    body = dumps(operation_outcome([issue("error", code, in_chinese(said) if chinese else said)]))
    headers = [
        content_language(chinese),
        (b"content-type", b"application/fhir+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    return headers + ([(b"retry-after", b"5")] if status == 503 else []), body


def _refusal(status: int, default: list[tuple[bytes, bytes]], chinese: bool) -> bytes:
    headers, body = _headers(status, chinese)
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in [*default, *headers])
    return STATUS_LINE[status] + lines + b"\r\n" + body


class Server(uvicorn.Server):
    """The server of one gateway; it leaves the signals to its owner, because the doors close first.

    Args:
        app: ASGI application.
        cert: PEM file of the certificate chain, ``""`` for plain HTTP.
        key: PEM file of its private key.
        max_connections: open at once.
    """

    def __init__(self, app: Any, *, cert: str = "", key: str = "", max_connections: int = 512) -> None:
        http = type("Connection", (Connection,), {"max_connections": max_connections})
        super().__init__(
            uvicorn.Config(
                Outflow(app), http=http, ws="none", lifespan="off",
                log_config=None, log_level="critical", access_log=False, server_header=False,
                headers=_HEADERS,
                timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=STOP_SECONDS,
                ssl_certfile=cert or None, ssl_keyfile=key or None,
            )
        )  # fmt: skip

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: go on? Once a second every connection is looked at."""
        if counter % 10 == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.look(1.0)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them."""
        yield


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound, not yet listening.

    Raises:
        OSError: it cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY on sockets that say they are TCP only; without it every answer waits 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening
