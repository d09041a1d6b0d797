"""Serial: a character device (RS-232, a converter, a pty) as a pair of asyncio streams (ASTM E1381 §5)."""

from __future__ import annotations

import asyncio
import os
import termios
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured

SPEEDS = {
    speed: getattr(termios, f"B{speed}")
    for speed in (300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}


class _Both(asyncio.StreamWriter):
    """A writer that closes the side that is read, too."""

    def __init__(self, heard: asyncio.ReadTransport, *others: Any) -> None:
        super().__init__(*others)
        self._heard = heard

    def close(self) -> None:
        self._heard.close()
        super().close()


async def open_serial(path: Path, speed: int = 9600) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return the two ends of a device: 8 bits, no parity, one stop bit, no flow control.

    Args:
        path: of the device, ``/dev/ttyUSB0``.
        speed: bits in a second.

    Raises:
        Misconfigured: code ``"cannot-bind"``: there is no such device, or it cannot be opened.
    """
    try:
        device = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            _raw(device, SPEEDS[speed])
            other = os.dup(device)
        except BaseException:
            os.close(device)
            raise
    except (OSError, KeyError, termios.error) as error:
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise Misconfigured(f"cannot bind {path}: {why}", code="cannot-bind") from error
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    heard, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(device, "rb", 0)
    )
    # A protocol of its own: the writer waits for it where the line is slow.
    flow = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    transport, _ = await loop.connect_write_pipe(lambda: flow, os.fdopen(other, "wb", 0))
    return reader, _Both(heard, transport, flow, None, loop)


def _raw(device: int, speed: int) -> None:
    """Let every byte pass as it is: no echo, no signals, no line ends made of others."""
    modes = termios.tcgetattr(device)
    modes[0] = modes[1] = modes[3] = 0
    modes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    modes[4] = modes[5] = speed
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(device, termios.TCSANOW, modes)
