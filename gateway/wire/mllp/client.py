"""MllpClient: sends messages over MLLP and waits for each answer (HL7 MLLP Release 2)."""

from __future__ import annotations

import asyncio
import ssl as tls
from types import TracebackType
from typing import Self

from gateway.errors import Rejected, Retry
from gateway.wire.mllp.frame import Framer, frame
from gateway.wire.port import MIB

_CHUNK = 1 << 16


class MllpClient:
    """One connection to an MLLP receiver; also an async context manager.

    Args:
        host: receiver.
        port: its port.
        ssl: context for TLS.
        timeout: seconds for connecting, and for each answer.
        max_answer: bytes of the longest answer that is believed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ssl: tls.SSLContext | None = None,
        timeout: float = 30.0,
        max_answer: int = MIB,
    ) -> None:
        self._host, self._port, self._ssl = host, port, ssl
        self._timeout, self._max_answer = timeout, max_answer
        self._framer = Framer()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> None:
        """Connect, unless connected.

        Raises:
            Retry: nobody answers at the address, or not in time.
        """
        if self._streams is not None:
            return
        try:
            async with asyncio.timeout(self._timeout):
                self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._ssl)
        except (OSError, TimeoutError) as error:
            raise Retry(f"cannot connect to {self._host}:{self._port}: {type(error).__name__}") from error
        self._framer = Framer()

    async def send(self, message: bytes) -> bytes:
        """Send one message and return the answer to it, connecting first where necessary.

        Raises:
            Retry: the connection broke, or no answer came in time; whether the message arrived is
                unknown. The connection is closed, so that a late answer is not taken for the next.
            Rejected: code ``"bad-answer"``, the answer is too long.
        """
        await self.connect()
        try:
            async with asyncio.timeout(self._timeout):
                await self._write(frame(message))
                return await self._answer()
        except (OSError, TimeoutError, EOFError) as error:
            self._abort()
            raise Retry(f"no answer from {self._host}:{self._port}: {type(error).__name__}") from error
        except BaseException:
            self._abort()
            raise

    async def receive(self) -> bytes:
        """Return one more answer, e.g. the application acknowledgement of enhanced mode.

        Raises:
            Retry: as ``send``.
            Rejected: as ``send``.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._answer()
        except (OSError, TimeoutError, EOFError) as error:
            self._abort()
            raise Retry(f"no answer from {self._host}:{self._port}: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the connection; the next ``send`` opens another."""
        if self._streams is None:
            return
        writer = self._streams[1]
        self._streams = None
        writer.close()
        try:
            async with asyncio.timeout(self._timeout):
                await writer.wait_closed()
        except (OSError, TimeoutError):
            return

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _write(self, data: bytes) -> None:
        _, writer = self._connected()
        writer.write(data)
        await writer.drain()

    async def _answer(self) -> bytes:
        reader, _ = self._connected()
        while (answer := self._framer.next()) is None:
            if len(self._framer) > self._max_answer:
                self._abort()
                raise Rejected("the answer is longer than an acknowledgement can be", code="bad-answer")
            data = await reader.read(_CHUNK)
            if not data:
                raise EOFError
            self._framer.feed(data)
        return answer

    def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise EOFError
        return self._streams

    def _abort(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


def send_once(
    host: str, port: int, message: bytes, *, ssl: tls.SSLContext | None = None, timeout: float = 30.0
) -> bytes:
    """Connect, send one message, return the answer, close; blocks. Raises as ``MllpClient.send``."""

    async def exchange() -> bytes:
        async with MllpClient(host, port, ssl=ssl, timeout=timeout) as client:
            return await client.send(message)

    return asyncio.run(exchange())
