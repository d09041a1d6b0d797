"""A tiny MLLP client (HL7 v2 Transport Specification: MLLP R1) that behaves as a real sending system does."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field

START, END = b"\x0b", b"\x1c"
_ERR_BUSY = re.compile(rb"(?m)^ERR.*\b207\b")


def frame(message: bytes) -> bytes:
    """Return the message between start block and end block."""
    return START + message + END + b"\r"


def acknowledgement(answer: bytes) -> tuple[str, bytes]:
    """Return MSA-1 and MSA-2 of an answer; ``("?", b"")`` where it has no MSA."""
    for line in re.split(rb"[\r\n]+", answer):
        if line.startswith(b"MSA|"):
            fields = [*line.split(b"|"), b"", b""]
            return fields[1].decode("ascii", "replace") or "?", fields[2]
    return "?", b""


def wants_resend(answer: bytes) -> bool:
    """Tell whether the answer says "not now" (error 207, HL7 table 0357): keep the message and try again."""
    return _ERR_BUSY.search(answer.replace(b"\r", b"\n")) is not None


@dataclass(slots=True)
class Link:
    """One persistent connection of a sending system.

    Attributes:
        patience: seconds to wait for an ACK before the line counts as broken.
        connects: connections opened so far.
    """

    host: str
    port: int
    patience: float = 30.0
    connects: int = 0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)

    async def exchange(self, message: bytes) -> bytes:
        """Send one message and return its answer without framing.

        Raises:
            OSError: no connection, or it was closed before the answer came.
            TimeoutError: no answer in time; the connection is given up.
        """
        try:
            async with asyncio.timeout(self.patience):
                reader, writer = self._streams or await self._connect()
                writer.write(frame(message))
                await writer.drain()
                answer = await reader.readuntil(END)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as broken:
            await self.close()
            raise ConnectionResetError("closed before the acknowledgement") from broken
        except (OSError, TimeoutError):
            await self.close()
            raise
        return answer.strip(START + END + b"\r\n")

    async def close(self) -> None:
        """Close the connection, if there is one; the next exchange opens another."""
        streams, self._streams = self._streams, None
        if streams:
            await _shut(streams[1])

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection(self.host, self.port)
        self.connects += 1
        return self._streams


async def pour(host: str, port: int, pieces: list[bytes], patience: float) -> bytes:
    """Write ``pieces`` on a connection of their own, stop sending, and return what came back.

    Raises:
        OSError: the connection failed.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        async with asyncio.timeout(patience):
            return await reader.read()
    except TimeoutError:
        return b""
    finally:
        await _shut(writer)


async def _shut(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
