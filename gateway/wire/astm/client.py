"""AstmClient: connects to a laboratory system or an analyser, sends messages and takes what comes back."""

from __future__ import annotations

import asyncio
import ssl as tls
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from gateway.errors import Retry
from gateway.wire.astm.assembly import Received
from gateway.wire.astm.door import Door, Handle
from gateway.wire.astm.link import Link
from gateway.wire.astm.profile import Counters, Limits, Profile
from gateway.wire.astm.server import peer_of
from gateway.wire.mllp.limits import Peer

_TICK = 0.5

Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Opens a line that is no TCP connection: a serial device."""


class AstmClient:
    """One connection; also an async context manager.

    Args:
        host: the other end.
        port: its port.
        handle: awaited with each message that comes; None keeps them for ``receive``.
        profile: of the line; by default that of an instrument.
        limits: bounds of memory and time.
        ssl: context for TLS.
        timeout: seconds for connecting.
        clock: monotonic seconds.
        opening: opens the line where it is none of TCP; ``host`` then names it in errors.
    """

    def __init__(
        self,
        host: str,
        port: int = 0,
        *,
        handle: Handle | None = None,
        profile: Profile | None = None,
        limits: Limits | None = None,
        ssl: tls.SSLContext | None = None,
        timeout: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        opening: Open | None = None,
    ) -> None:
        self._host, self._port, self._ssl, self._timeout = host, port, ssl, timeout
        self._opening = opening
        self.limits, self.counters = limits or Limits(), Counters()
        told = profile or Profile(role="instrument")
        self._door = Door(handle or self._kept, told, self.limits, self.counters, clock)
        self._received: asyncio.Queue[Received] = asyncio.Queue(self.limits.max_waiting)
        self._link: Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._ticking: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        """Connect, unless connected.

        Raises:
            Retry: nobody answers at the address, or not in time.
            Misconfigured: there is no such device.
        """
        if self._task is not None and not self._task.done():
            return
        try:
            async with asyncio.timeout(self._timeout):
                if self._opening is not None:
                    reader, writer = await self._opening()
                else:
                    reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._ssl)
        except (OSError, TimeoutError) as error:
            raise Retry(f"cannot connect to {self.address}: {type(error).__name__}") from error
        peer = peer_of(writer) if self._opening is None else Peer(self._host, 0)
        self._link = Link(reader, writer, self._door, peer)
        self._task = asyncio.get_running_loop().create_task(self._link.run())
        if self._ticking is not None:
            self._ticking.cancel()
        self._tick()

    @property
    def address(self) -> str:
        """Who is at the other end, for errors."""
        return f"{self._host}:{self._port}" if self._opening is None else self._host

    async def ended(self) -> None:
        """Return when the line has ended; at once where there is none."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def send(self, message: bytes) -> None:
        """Send a message, connecting first where necessary; its last frame is acknowledged after that.

        Raises:
            Retry: it was refused, given up or not answered; whether it arrived is unknown.
        """
        await self.connect()
        assert self._link is not None
        await self._link.send(message)

    async def receive(self, timeout: float = 30.0) -> Received:  # noqa: ASYNC109 - as ``send_once`` names it
        """Return the next message that came.

        Raises:
            Retry: none came in time, in seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._received.get()
        except TimeoutError as error:
            raise Retry(f"no answer from {self.address}: {type(error).__name__}") from error

    def sweep(self) -> None:
        """Let the time-outs that have passed happen; runs by itself twice a second."""
        if self._link is not None:
            self._link.tick()

    async def close(self) -> None:
        """Close the connection; the next ``send`` opens another."""
        if self._ticking is not None:
            self._ticking.cancel()
        if self._link is None or self._task is None:
            return
        self._link.finish()
        await asyncio.wait((self._task,), timeout=self.limits.stop_timeout)
        self._link = self._task = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _kept(self, received: Received, _: Peer) -> None:
        self._received.put_nowait(received)  # where it is full, the answer is NAK

    def _tick(self) -> None:
        self.sweep()
        self._ticking = asyncio.get_running_loop().call_later(_TICK, self._tick)


def send_once(
    host: str,
    port: int,
    messages: Sequence[bytes],
    *,
    answers: int = 0,
    profile: Profile | None = None,
    ssl: tls.SSLContext | None = None,
    timeout: float = 30.0,
) -> list[bytes]:
    """Connect, send messages, wait for ``answers`` messages, close; blocks. Return what came.

    Args:
        timeout: seconds for connecting, and for each answer.

    Raises:
        Retry: as ``AstmClient.send`` and ``receive``.
    """

    async def exchange() -> list[bytes]:
        async with AstmClient(host, port, profile=profile, ssl=ssl, timeout=timeout) as client:
            for message in messages:
                await client.send(message)
            return [(await client.receive(timeout)).text for _ in range(answers)]

    return asyncio.run(exchange())
