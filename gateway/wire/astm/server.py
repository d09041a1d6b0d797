"""AstmServer: a listening port for analysers, with bounds on memory and time (CLSI LIS1-A §8 over TCP)."""

from __future__ import annotations

import asyncio
import socket
import ssl as tls
import time
from collections.abc import Callable
from contextlib import suppress

from gateway.wire.astm.door import Door, Handle
from gateway.wire.astm.link import Link
from gateway.wire.astm.profile import Counters, Limits, Profile
from gateway.wire.binding import binding, bound
from gateway.wire.mllp.limits import Peer

_TICK = 0.5


class AstmServer:
    """Receives messages, hands each to ``handle``, and acknowledges it after that.

    Args:
        handle: awaited with each message and its Peer; see :data:`gateway.wire.astm.door.Handle`.
        host: address to bind; loopback unless the operator says otherwise.
        port: 0 takes a free one, see ``address``.
        profile: what the senders do their own way.
        limits: bounds of memory and time.
        ssl: context for TLS; with ``CERT_REQUIRED`` the client's common name is in the Peer.
        clock: monotonic seconds.
        busy: says whether ENQ is to be answered NAK.

    Attributes:
        links: the open lines; ``Link.send`` sends a message to an analyser.
    """

    def __init__(
        self,
        handle: Handle,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        profile: Profile | None = None,
        limits: Limits | None = None,
        ssl: tls.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._host, self._port, self._ssl = host, port, ssl
        self.limits, self.counters = limits or Limits(), Counters()
        self._door = Door(handle, profile or Profile(), self.limits, self.counters, clock, busy)
        self.links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Bind and begin to receive.

        Raises:
            Misconfigured: code ``"cannot-bind"``.
        """
        with binding(self._host, self._port):
            self._server = await asyncio.start_server(
                self._connected,
                self._host,
                self._port,
                backlog=self.limits.max_connections,
                ssl=self._ssl,
                ssl_handshake_timeout=self.limits.frame_timeout if self._ssl else None,
            )
        self._tick()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are bound, after ``start``."""
        return bound(self._server, self._host, self._port)

    def sweep(self) -> None:
        """Let the time-outs that have passed happen; runs by itself twice a second."""
        for link in list(self.links):
            link.tick()

    async def stop(self) -> None:
        """Accept nothing new, commit what is under way (at most ``stop_timeout`` long), close."""
        if self._server is None:
            return
        self._server.close()
        for link in list(self.links):
            link.finish()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.limits.stop_timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._ticking is not None:
            self._ticking.cancel()
        self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counters = self.counters
        if counters.open >= self.limits.max_connections:
            counters.refused += 1
            writer.transport.abort()
            return
        with suppress(OSError):  # analysers are switched off without a word
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        counters.connections += 1
        counters.open += 1
        link = Link(reader, writer, self._door, peer_of(writer))
        task = asyncio.current_task()
        assert task is not None
        self.links.add(link)
        self._tasks.add(task)
        try:
            await link.run()
        finally:
            counters.open -= 1
            self.links.discard(link)
            self._tasks.discard(task)

    def _tick(self) -> None:
        self.sweep()
        self._ticking = asyncio.get_running_loop().call_later(_TICK, self._tick)


def peer_of(writer: asyncio.StreamWriter) -> Peer:
    """Return who is at the other end of a connection."""
    name = writer.get_extra_info("peername") or ("", 0)
    certificate = writer.get_extra_info("peercert") or {}
    subject = {key: value for part in certificate.get("subject", ()) for key, value in part}
    host, port = (name[0], name[1]) if isinstance(name, tuple) else (str(name), 0)
    return Peer(host, port, subject.get("commonName", ""))
