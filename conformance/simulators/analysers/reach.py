"""How an analyser reaches its host: a port, with TLS or without, or a serial device."""

from __future__ import annotations

import os
import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

Spoken = Callable[[bool, bytes], None]
"""Is told each piece that goes over the line: whether it is ours, and its bytes."""


def unheard(ours: bool, piece: bytes) -> None:
    """Nobody listens."""


class Wire(Protocol):
    """An open line; a socket is one. All may raise ``OSError``."""

    def sendall(self, data: bytes, /) -> None:
        """Write all of it."""

    def recv(self, size: int, /) -> bytes:
        """Return what has come, ``b""`` where the other end has closed."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Wait so long for each piece."""

    def close(self) -> None:
        """Close it."""


@dataclass(slots=True, frozen=True)
class Where:
    """Where a host is.

    Attributes:
        tls: over TLS, by this context; None: plain.
        device: a serial device instead of host and port; ``speed``: bits in a second.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    device: str = ""
    speed: int = 9600

    def __call__(self, patience: float) -> Wire:
        """Return an open line. Raises ``OSError``: there is none; ``patience``: seconds."""
        if self.device:
            return Serial(self.device, self.speed, patience)
        line = socket.create_connection((self.host, self.port), timeout=patience)
        return line if self.tls is None else self.tls.wrap_socket(line, server_hostname=self.host)


Opening = Callable[[float], Wire]
"""Opens a line; seconds to wait for each piece → the line. :class:`Where` is one."""


class Serial:
    """A serial device, eight bits, no parity; of a pseudo terminal either end.

    Args:
        speed: bits in a second.
        patience: seconds to wait for each piece.
    """

    def __init__(self, device: str, speed: int, patience: float) -> None:
        import termios
        import tty

        self._patience = patience
        self._end = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._end)
        said = termios.tcgetattr(self._end)
        said[4] = said[5] = getattr(termios, f"B{speed}", termios.B9600)
        termios.tcsetattr(self._end, termios.TCSANOW, said)

    def sendall(self, data: bytes, /) -> None:
        """Write all of it. Raises ``TimeoutError``: the device takes no more."""
        while data:
            if not select.select([], [self._end], [], self._patience)[1]:
                raise TimeoutError("the serial device takes no more")
            data = data[os.write(self._end, data) :]

    def recv(self, size: int, /) -> bytes:
        """Return what has come. Raises ``TimeoutError``: nothing in time."""
        if not select.select([self._end], [], [], self._patience)[0]:
            raise TimeoutError("nothing came over the serial device")
        return os.read(self._end, size)

    def settimeout(self, seconds: float | None, /) -> None:
        """Wait so long for each piece."""
        self._patience = 3600.0 if seconds is None else seconds

    def close(self) -> None:
        """Close the device."""
        os.close(self._end)


class Line:
    """A line to a host, opened on entry.

    Args:
        opening: opens it.
        patience: seconds to wait for each answer.
        spoken: is told all that goes over the line.
    """

    def __init__(
        self, opening: Opening, patience: float, charset: str = "utf-8", spoken: Spoken = unheard
    ) -> None:
        self._opening, self._patience, self._charset, self._spoken = opening, patience, charset, spoken
        self._line: Wire | None = None

    def __enter__(self) -> Self:
        self._line = self._opening(self._patience)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wire.close()

    @property
    def wire(self) -> Wire:
        """The open line."""
        assert self._line is not None, "the line is not open"
        return self._line
