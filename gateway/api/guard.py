"""The outermost layer: request ids, bounds on the URL, HEAD, and no stack trace for anybody.

Pure ASGI, because Starlette's BaseHTTPMiddleware costs two fifths of the throughput.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import outcome
from gateway.api.compression import Compression
from gateway.api.representation import Representation

_LOG = logging.getLogger("qiao.api")
QUIET = 60.0
"""Seconds between two lines about requests that fail alike; without one for so long, it is over."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}\Z")


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, max_url: int, max_parameters: int, threads: Executor) -> None:
        self._app = app
        self._threads = threads
        self._max_url = max_url
        self._max_parameters = max_parameters
        self._failures = Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, request_id(scope), scope["method"] == "HEAD")
        packed = Compression(scope, answer.send, self._threads).send
        told = Representation(scope, packed, self._threads).send
        query: bytes = scope["query_string"]
        if len(query) + len(scope.get("raw_path") or scope["path"]) > self._max_url:
            await outcome.of_status(414)(scope, receive, told)
        elif query.count(b"&") >= self._max_parameters:
            await outcome.issue(400, "too-costly", "the URL has too many parameters")(scope, receive, told)
        else:
            await self._serve(scope, receive, told, answer)

    async def _serve(self, scope: Scope, receive: Receive, told: Send, answer: _Answer) -> None:
        if self._failures.some:
            self._failures.look()
        try:
            await self._app(scope, receive, told)
        except Exception as error:
            self._failures.failed(answer.request_id.decode(), type(error).__name__)
            if answer.started:
                raise
            await outcome.of_status(500)(scope, receive, told)


class Failures:
    """What the log says of requests that fail: the first one of each kind, the end of it, some in between.

    All of them stand there at the level DEBUG.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kinds: dict[str, tuple[int, float, float]] = {}  # untold, told at, failed at

    @property
    def some(self) -> bool:
        """Whether requests fail, or did so just now."""
        return bool(self._kinds)

    def failed(self, request_id: str, kind: str) -> None:
        """Take note of a request that failed."""
        now = self._clock()
        untold, told_at, _ = self._kinds.get(kind, (0, now - QUIET, now))
        if now - told_at < QUIET:
            _LOG.debug("request %s failed (%s)", request_id, kind)
            self._kinds[kind] = untold + 1, told_at, now
            return
        _LOG.error("request %s failed (%s), %d before it", request_id, kind, untold)
        self._kinds[kind] = 0, now, now

    def look(self) -> None:
        """Take note that requests are served."""
        now = self._clock()
        for kind in [kind for kind, (_, _, failed_at) in self._kinds.items() if now - failed_at >= QUIET]:
            untold, _, _ = self._kinds.pop(kind)
            _LOG.warning("no request fails any more (%s), %d more did", kind, untold)


class _Answer:
    """Adds the request id; sends no body to HEAD."""

    def __init__(self, send: Send, request_id: bytes, head: bool) -> None:
        self._send = send
        self._head = head
        self.request_id = request_id
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id)]
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def request_id(scope: Scope) -> bytes:
    """Return the id of a request: the one that the client gave, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.match(value):
            return bytes(value)
    return os.urandom(8).hex().encode()
