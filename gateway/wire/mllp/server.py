"""MllpServer: a listening MLLP port with bounds on memory and time (HL7 MLLP Release 2)."""

from __future__ import annotations

import asyncio
import ssl as tls
import time
from collections.abc import Callable

from gateway.wire.binding import binding, bound
from gateway.wire.mllp.connection import Connection, Door, Failure, Handle, Oversize
from gateway.wire.mllp.limits import Counters, Limits

_MAX_TICK = 1.0


class MllpServer:
    """Receives frames, hands each to ``handle``, writes the answers back in the order of the frames.

    Args:
        handle: awaited with the content of one frame and its Peer; frames of one connection begin
            in order and may overlap up to ``limits.pipeline``. Its bytes are the answer; ``b""``
            sends none, None closes the connection. Where it raises, ``failure`` decides.
        host: address to bind; loopback unless the operator says otherwise.
        port: 0 takes a free one, see ``address``.
        limits: bounds of memory and time.
        ssl: context for TLS; with ``CERT_REQUIRED`` the client's common name is in the Peer.
        oversize: answer to a frame above the limit (then the connection is closed).
        failure: answer where ``handle`` raised; None closes the connection.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        handle: Handle,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        ssl: tls.SSLContext | None = None,
        oversize: Oversize | None = None,
        failure: Failure | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host, self._port, self._ssl = host, port, ssl
        self.limits = limits or Limits()
        self.counters = Counters()
        self._door = Door(
            handle, oversize, failure, self.limits, self.counters, clock, set(), asyncio.Event()
        )
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Bind and begin to receive.

        Raises:
            Misconfigured: code ``"cannot-bind"``.
        """
        loop = asyncio.get_running_loop()
        handshake = self.limits.frame_timeout if self._ssl else None
        with binding(self._host, self._port):
            self._server = await loop.create_server(
                lambda: Connection(self._door),
                self._host,
                self._port,
                backlog=self.limits.max_connections,
                ssl=self._ssl,
                ssl_handshake_timeout=handshake,
            )
        self._tick()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are bound, after ``start``."""
        return bound(self._server, self._host, self._port)

    def sweep(self) -> None:
        """Close the connections whose time is over; runs by itself about once a second."""
        now = self._door.clock()
        for connection in [c for c in self._door.connections if c.overdue(now)]:
            self.counters.timeouts += 1
            connection.abort()

    async def stop(self) -> None:
        """Accept nothing new, answer the frames under way (at most ``stop_timeout`` long), close."""
        if self._server is None:
            return
        self._server.close()
        connections = list(self._door.connections)
        for connection in connections:
            connection.finish()
        try:
            async with asyncio.timeout(self.limits.stop_timeout):
                if self._door.connections:
                    await self._door.empty.wait()
        except TimeoutError:
            for connection in connections:
                connection.abort()
            await asyncio.sleep(0)
        if self._ticking is not None:
            self._ticking.cancel()
        self._server = None

    def _tick(self) -> None:
        self.sweep()
        timeouts = (self.limits.frame_timeout, self.limits.idle_timeout or _MAX_TICK)
        tick = min(_MAX_TICK, *(seconds / 4 for seconds in timeouts))
        self._ticking = asyncio.get_running_loop().call_later(tick, self._tick)
