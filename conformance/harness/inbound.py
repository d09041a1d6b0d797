"""Inbound: where the harness waits for what the target sends by itself: pushes, notifications, feedback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from conformance.evidence.exchange import Book, Exchange, Message
from conformance.simulators.exact import Resource, loads

LARGEST = 32 * 1024 * 1024


@dataclass(slots=True, frozen=True)
class Arrived:
    """A request that the target sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    at: float

    @property
    def body(self) -> Resource:
        """The resource; ``{}`` where it is no JSON object."""
        try:
            found = loads(self.raw) if self.raw else {}
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Inbox:
    """Where one check waits.

    Attributes:
        url: address that the target is told.
        answer: status of the answers, or a function that says it for each request; None drops the connection.
    """

    url: str
    book: Book
    answer: int | Callable[[Arrived], int | None] = 200
    _all: list[Arrived] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def arrived(self) -> list[Arrived]:
        """Everything that came so far."""
        with self._news:
            return list(self._all)

    def wait(self, wanted: Callable[[Arrived], bool], seconds: float) -> Arrived | None:
        """Return the first request that is wanted, None where it does not come in time."""
        until = time.monotonic() + seconds
        seen = 0
        with self._news:
            while True:
                for one in self._all[seen:]:
                    if wanted(one):
                        return one
                seen = len(self._all)
                left = until - time.monotonic()
                if (left <= 0 or not self._news.wait(left)) and seen == len(self._all):
                    return None

    def take(self, one: Arrived) -> int | None:
        """Keep a request; returns the status of the answer."""
        status = self.answer(one) if callable(self.answer) else self.answer
        request = Message(f"{one.method} {self.url}", one.headers, one.raw[: 256 * 1024], len(one.raw))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        answered = None if status is None else Message(str(status))
        self.book.note(Exchange("", "inbound", now, 0.0, request, answered))
        with self._news:
            self._all.append(one)
            self._news.notify_all()
        return status


class Listener(ThreadingHTTPServer):
    """The port; each check has a path of its own.

    Args:
        url: address under which the target reaches it, where that is another one.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, url: str = "") -> None:
        super().__init__((host, port), _Handler)
        here = f"http://{self.server_address[0]!s}:{self.server_address[1]}"
        self._url = (url or here).rstrip("/")
        self._boxes: dict[str, Inbox] = {}

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        self.shutdown()
        self.server_close()

    def inbox(self, name: str, book: Book) -> Inbox:
        """Return a place to wait at; its address ends with ``name``."""
        box = Inbox(f"{self._url}/{name}", book)
        self._boxes[name] = box
        return box

    def found(self, path: str) -> Inbox | None:
        """Return the inbox that an address belongs to."""
        return self._boxes.get(path.lstrip("/").partition("/")[0].partition("?")[0])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a target that breaks its line is no fault here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener
    timeout = 30

    def _take(self) -> None:
        raw = self._body()
        if raw is None:
            self.send_error(400)
            return
        box = self.server.found(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = (
            404 if box is None else box.take(Arrived(self.command, self.path, headers, raw, time.monotonic()))
        )
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self) -> bytes | None:
        """Return what was sent, also in chunks (RFC 9112 §7.1); None: it is broken, or too long."""
        self.close_connection = True  # where something is left unread
        try:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                raw = self._chunks()
            else:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length) if 0 <= length <= LARGEST else None
        except ValueError:
            return None
        self.close_connection = raw is None or self.headers.get("Connection", "").lower() == "close"
        return raw

    def _chunks(self) -> bytes | None:
        """Raises ``ValueError``: a length is none."""
        pieces, size = [], 0
        while length := int(self.rfile.readline(1024).split(b";")[0], 16):
            size += length
            if length < 0 or size > LARGEST:
                return None
            pieces.append(self.rfile.read(length))
            self.rfile.readline(8)
        while self.rfile.readline(8192).strip():
            pass  # trailers
        return b"".join(pieces)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _take  # noqa: N815 -- the library's names

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came is evidence."""
