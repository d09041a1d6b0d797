"""Owns the platform's port: HTTP of the standard library, so that a connection can be dropped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.simulators.exact import dumps, loads
from conformance.simulators.regulator.envelope import Reply
from conformance.simulators.regulator.mischief import Dropped
from conformance.simulators.regulator.page import page
from conformance.simulators.regulator.platform import Platform
from conformance.simulators.regulator.pull import Hospital, Unanswered, countersign, pull, send_finding

LARGEST = 64 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """The port; one thread a connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, platform: Platform) -> None:
        super().__init__((host, port), _Handler)
        self.platform = platform
        self._lines: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """Address with the real port."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Close the port and break every connection, as when a line is cut."""
        self.shutdown()
        self.server_close()
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._lines.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who drops connections, or is dropped, is no fault here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms for the acknowledgement of the head
    server: Server

    def do_GET(self) -> None:
        """Answer what is asked for; its own pages are there whatever it does to others."""
        platform, parts = self.server.platform, urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/state":
            self._send(Reply(200, dumps(platform.state()).encode()))
        elif parts.path == "/":
            self._send(Reply(200, page(platform.state()).encode(), "text/html; charset=utf-8"))
        elif parts.path == "/counts":
            self._send(platform.counts(query.get("day", ""), named="numbers" in query))
        elif parts.path == "/entries":
            asked = (query.get("tenant", "default"), _number(query.get("after", "")))
            listed = {"entries": platform.book.entries(*asked), "refused": platform.book.refused(*asked)}
            self._send(Reply(200, dumps(listed).encode()))
        else:
            self._send(Reply(404))

    def do_POST(self) -> None:
        """Take something, in the manner that was asked for."""
        body = self._body()
        if body is None:
            self._send(Reply(413))
            return
        path = urlsplit(self.path).path
        if path in _ORDERS:
            self._told(path, body)
            return
        try:
            self._send(self._taken(path, body))
        except Dropped:
            self.close_connection = True

    do_PUT = do_POST  # noqa: N815 -- the library's name

    def _taken(self, path: str, body: bytes) -> Reply:
        platform = self.server.platform
        mode = platform.mischief.now()
        if mode:
            platform.book.count(f"misbehaved: {mode}")
        if mode == "away":
            return Reply(503)
        if mode == "error":
            return Reply(500, b"Internal Server Error", "text/plain")
        if mode in ("timeout", "slow"):
            platform.mischief.wait()
        if mode == "timeout":
            raise Dropped
        reply = self._done(path, body, mode)
        if mode == "lost":
            raise Dropped
        return reply

    def _done(self, path: str, body: bytes, mode: Any) -> Reply:
        platform = self.server.platform
        if path.endswith("/$process-message"):
            return platform.process_message(body, mode)
        if path == "/serials":
            return platform.serial(body)
        if path.rpartition("/")[2].lower() in ("signin", "sign-in"):
            return platform.sign_in(self.headers.get("organID") or "default", "")
        if b'"transaction"' in body[:4096] and b'"Bundle"' in body[:4096]:
            return platform.transaction(body)
        return platform.records(body, dict(self.headers.items()), path, mode)

    def _told(self, path: str, body: bytes) -> None:
        """Do what the operator of the simulator wants; never misbehaves."""
        try:
            said = _ORDERS[path](self.server.platform, loads(body or b"{}"))
            self._send(Reply(200, dumps(said).encode()))
        except (ValueError, TypeError, KeyError, Unanswered) as error:
            self._send(Reply(400, dumps({"message": str(error)}).encode()))

    def _body(self) -> bytes | None:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length <= LARGEST else None

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came is in the file."""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _misbehave(platform: Platform, said: Any) -> dict[str, object]:
    platform.mischief.tell(said)
    platform.book.amiss = 1 if platform.mischief.mode == "miscount" else 0
    return platform.mischief.as_json()


def _hospital(said: Any) -> Hospital:
    return Hospital(str(said["hospital"]), str(said.get("token", "")), str(said.get("tenant", "default")))


def _countersign(platform: Platform, said: Any) -> dict[str, object]:
    if platform.key is None:
        raise ValueError("start it with --keys")
    return {"countersigned": countersign(platform, _hospital(said), platform.key)}


def _pull(platform: Platform, said: Any) -> dict[str, object]:
    return {"pulled": pull(platform, _hospital(said))}


def _find(platform: Platform, said: Any) -> dict[str, object]:
    return send_finding(_hospital(said), said)


_ORDERS: dict[str, Callable[[Platform, Any], dict[str, object]]] = {
    "/misbehave": _misbehave, "/countersign": _countersign, "/pull": _pull, "/find": _find,
}  # fmt: skip
"""Path → what the operator of the simulator may want: JSON in, JSON out."""
