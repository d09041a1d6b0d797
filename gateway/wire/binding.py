"""Binding: a TCP port to listen at, whatever is spoken there: the address that is bound, or why it is not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from socket import gaierror

from gateway.errors import Misconfigured


@contextmanager
def binding(host: str, port: int) -> Iterator[None]:
    """Say in words why an address cannot be bound.

    Raises:
        Misconfigured: code ``"cannot-bind"``.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror if isinstance(error, gaierror) else os.strerror(error.errno or 0)
        raise Misconfigured(f"cannot bind {host}:{port}: {why}", code="cannot-bind") from error


def bound(server: asyncio.Server | None, host: str, port: int) -> tuple[str, int]:
    """Return host and port that a server has bound, those asked for where it has not started."""
    if server is None or not server.sockets:
        return host, port
    named, taken = server.sockets[0].getsockname()[:2]
    return str(named), int(taken)
