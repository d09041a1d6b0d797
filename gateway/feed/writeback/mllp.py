"""MLLP: one message and its acknowledgements over one connection that is kept."""

from __future__ import annotations

import ssl
import time

from gateway.errors import Rejected, Retry
from gateway.feed.receiver.wire import Reply, Request
from gateway.feed.relay import Lost
from gateway.wire import er7
from gateway.wire.mllp.client import MllpClient

IDLE = 20.0
"""Seconds after which a connection is made anew: many HIS drop a quiet one without a word."""


class Mllp:
    """An exchange over MLLP; belongs to one event loop.

    Args:
        trust: None: without TLS.
        both: after a commit acknowledgement the application's is waited for.
    """

    def __init__(
        self, host: str, port: int, trust: ssl.SSLContext | None, *, timeout: float, both: bool
    ) -> None:
        self._client = MllpClient(host, port, ssl=trust, timeout=timeout)
        self._both, self._used = both, 0.0

    async def __call__(self, request: Request, seconds: float) -> Reply:
        """Send a message and return its last acknowledgement. Raises ``Lost``."""
        if time.monotonic() - self._used > IDLE:
            await self._client.close()
        try:
            await self._client.connect()
        except Retry as error:
            raise Lost(_told(error), left=False) from None
        try:
            answer = await self._client.send(request.body)
            if self._both and _is_commit(answer):
                answer = await self._client.receive()
        except Retry as error:
            raise Lost(_told(error), left=True) from None
        except Rejected as error:
            raise Lost(error.code, left=True) from None
        self._used = time.monotonic()
        return Reply(200, body=answer)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()


def _told(error: Retry) -> str:
    """Return why there is no answer, in one word: the address stands in the settings."""
    return type(error.__cause__).__name__ if error.__cause__ is not None else "Retry"


def _is_commit(answer: bytes) -> bool:
    try:
        return (er7.parse(answer).get("MSA-1") or "").upper() == "CA"
    except Rejected:
        return False
