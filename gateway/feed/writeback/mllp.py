"""MLLP: one message and its acknowledgements over one connection that is kept."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque

from gateway.errors import Rejected, Retry
from gateway.feed.receiver.wire import Reply, Request
from gateway.feed.relay import Lost
from gateway.feed.writeback.acknowledgement import bare, read
from gateway.wire import er7
from gateway.wire.mllp.client import MllpClient

IDLE = 20.0
"""Seconds after which a connection is made anew: many HIS drop a quiet one without a word."""

BEFORE = 256
"""Messages of a connection whose late or second answers are passed over."""


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
        self._before: deque[str] = deque(maxlen=BEFORE)

    async def __call__(self, request: Request, seconds: float) -> Reply:
        """Send a message and return its last acknowledgement. Raises ``Lost``."""
        if time.monotonic() - self._used > IDLE:
            await self.close()
        try:
            await self._client.connect()
        except Retry as error:
            raise Lost(_told(error), left=False) from None
        try:
            async with asyncio.timeout(seconds):
                answer, code = await self._answered(request.body)
        except TimeoutError:
            await self.close()
            raise Lost(f"no answer within {seconds:g} seconds", left=True) from None
        except Retry as error:
            raise Lost(_told(error), left=True) from None
        except Rejected as error:
            raise Lost(error.code, left=True) from None
        self._used = time.monotonic()
        if code not in ("AA", "CA"):  # a second answer of this kind would pass for one to the next attempt
            await self.close()
        return Reply(200, body=answer)

    async def _answered(self, message: bytes) -> tuple[bytes, str]:
        """Send a message; return what answers it and MSA-1, ``""`` for what answers none that was sent here.

        A HIS may acknowledge twice, or late, or send a message of its own: what answers an earlier message,
        and what is HL7 and answers none, is passed over.
        """
        about = _at(_understood(message), "MSH-10")
        before = set(self._before) - {about}
        self._before.append(about)
        answer = await self._client.send(message)
        while True:
            found = _understood(answer)
            named, code = _at(found, "MSA-2"), _at(found, "MSA-1").upper()
            early = self._both and named == about and code == "CA"
            if not (named in before or early or _is_its_own(found)):
                return answer, code if named == about else ""
            answer = await self._client.receive()

    async def close(self) -> None:
        """Close the connection."""
        self._before.clear()
        await self._client.close()


def _told(error: Retry) -> str:
    """Return why there is no answer, in one word: the address stands in the settings."""
    return type(error.__cause__).__name__ if error.__cause__ is not None else "Retry"


def _understood(message: bytes) -> er7.Message | None:
    """Return a message, None for what is none."""
    try:
        return read(message)
    except Rejected:
        return None


def _at(message: er7.Message | None, path: str) -> str:
    return "" if message is None else bare(message, path)


def _is_its_own(message: er7.Message | None) -> bool:
    """Tell whether a message is well formed and acknowledges nothing."""
    if message is None or any(one.name == "MSA" for one in message.segments):
        return False
    return bool(message.get("MSH-10"))
