"""Listener: an HTTP/1.1 port with bounds on size, time and connections."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl as tls
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.his.xml_http.exchange import Refused, Request, RequestReader, Response
from gateway.errors import Misconfigured

LINGER = 1.0
"""Seconds in which the rest of a refused request is thrown away, so that its sender sees the answer."""
_CHUNK = 64 * 1024


@dataclass(slots=True, frozen=True)
class Limits:
    """Bounds of one port.

    Attributes:
        max_body: bytes of one body.
        max_bodies: bytes of all bodies that are being read or worked at a time.
        max_connections: more are answered 503 and closed.
        head_timeout: seconds from a request's first byte to the end of its headers.
        body_timeout: seconds from there to the end of its body, and for the peer to take our answer.
        idle_timeout: seconds that a connection without a request is kept.
        stop_timeout: seconds that ``stop`` waits for requests under way.
    """

    max_body: int = 20_000_000
    max_bodies: int = 200_000_000
    max_connections: int = 256
    head_timeout: float = 15.0
    body_timeout: float = 60.0
    idle_timeout: float = 65.0
    stop_timeout: float = 10.0


@dataclass(slots=True)
class Counters:
    """Since the start; only ``open`` goes down. ``refused``: closed because of the limits."""

    connections: int = 0
    open: int = 0
    refused: int = 0
    requests: int = 0
    oversize: int = 0
    timeouts: int = 0
    malformed: int = 0


Handle = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[int], Response]
"""What is answered to a request that never came to the handler: 400, 408, 413, 415, 431, 503."""


class Listener:
    """A listening port.

    Args:
        handle: awaited with each request; requests of one connection one after the other.
        refuse: makes the answer to what never becomes a request.
    """

    def __init__(
        self, handle: Handle, refuse: Refuse, host: str, port: int, limits: Limits, ssl: tls.SSLContext | None
    ) -> None:
        self._handle, self._refuse = handle, refuse
        self._host, self._port, self._ssl = host, port, ssl
        self.limits, self.counters = limits, Counters()
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], bool] = {}
        self._bodies = 0

    async def start(self) -> None:
        """Bind and begin to receive.

        Raises:
            Misconfigured: code ``"cannot-bind"``.
        """
        handshake = self.limits.head_timeout if self._ssl else None
        try:
            self._server = await asyncio.start_server(
                self._connected, self._host, self._port, ssl=self._ssl, ssl_handshake_timeout=handshake,
                limit=_CHUNK, backlog=self.limits.max_connections,
            )  # fmt: skip
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
            said = f"cannot bind {self._host}:{self._port}: {why}"
            raise Misconfigured(said, code="cannot-bind") from error

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are bound, after ``start``."""
        if self._server is None or not self._server.sockets:
            return self._host, self._port
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    async def stop(self) -> None:
        """Accept nothing new, answer the requests under way (at most ``stop_timeout`` long), close."""
        if self._server is None:
            return
        self._server.close()
        for task, busy in list(self._connections.items()):
            if not busy:
                task.cancel()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=self.limits.stop_timeout)
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.counters.connections += 1
        self._connections[task] = False
        self.counters.open += 1
        try:
            if len(self._connections) > self.limits.max_connections:
                raise Refused(503)
            await self._serve(task, reader, writer)
        except Refused as refused:
            await self._turn_away(refused.status, reader, writer)
        except (OSError, EOFError, asyncio.CancelledError, TimeoutError):
            pass
        finally:
            del self._connections[task]
            self.counters.open -= 1
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), LINGER)

    async def _serve(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        collected, going_on = RequestReader(self.limits.max_body), True
        while going_on and self._server is not None and self._server.is_serving():
            request = await self._request(collected, reader, writer)
            if request is None:
                return
            request.peer, request.subject = _peer(writer)
            self.counters.requests += 1
            self._connections[task] = True
            self._bodies += len(request.body)
            try:
                answer = await self._handle(request)
            finally:
                self._bodies -= len(request.body)
                self._connections[task] = False
            going_on = request.keep_alive
            writer.write(answer.written(keep_alive=going_on))
            async with asyncio.timeout(self.limits.body_timeout):
                await writer.drain()

    async def _request(
        self, collected: RequestReader, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Request | None:
        """Return the next request, None where the peer has gone."""
        limits, held = self.limits, 0
        loop = asyncio.get_running_loop()
        ends, phase = loop.time() + limits.idle_timeout, 0
        try:
            while not collected.ready:
                now = 2 if collected.in_body else 1 if collected.begun else 0
                if now > phase:
                    ends, phase = loop.time() + (limits.head_timeout, limits.body_timeout)[now - 1], now
                async with asyncio.timeout_at(ends):
                    data = await reader.read(_CHUNK)
                if not data:
                    return None
                collected.feed(data)
                self._bodies += collected.held - held
                held = collected.held
                if self._bodies > limits.max_bodies:
                    raise Refused(503)
                if collected.wants_more:
                    collected.wants_more = False
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        except TimeoutError:
            if phase == 0:
                return None
            raise Refused(408) from None
        finally:
            self._bodies -= held
        return collected.ready.popleft()

    async def _turn_away(
        self, status: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        counters = self.counters
        counters.refused += 1
        counters.oversize += status == 413
        counters.timeouts += status == 408
        counters.malformed += status in (400, 415, 431)
        with contextlib.suppress(OSError, TimeoutError, asyncio.CancelledError):
            writer.write(self._refuse(status).written(keep_alive=False))
            async with asyncio.timeout(LINGER):
                await writer.drain()
                if writer.can_write_eof():
                    writer.write_eof()
                while await reader.read(_CHUNK):
                    pass


def _peer(writer: asyncio.StreamWriter) -> tuple[tuple[str, int], str]:
    name = writer.get_extra_info("peername") or ("", 0)
    shown = writer.get_extra_info("peercert") or {}
    subject = next(
        (value for group in shown.get("subject", ()) for key, value in group if key == "commonName"), ""
    )
    return (str(name[0]), int(name[1])), str(subject)
