"""gzip answers for who accepts them; small ones are quicker as they are (R4 http.html, RFC 9110 §12.5.3)."""

from __future__ import annotations

import asyncio
import gzip
import re
from concurrent.futures import Executor

from starlette.types import Message, Scope, Send

LEAST = 4096
"""Bytes below which an answer stays as it is."""
_INLINE = 128 * 1024
"""Bytes that are packed at once, in a millisecond or two; more are packed in a thread."""
_LEVEL = 1
_NEVER = re.compile(rb"q=0(?:\.0*)?").fullmatch
_TYPES = (b"application/", b"text/")


class Compression:
    """Sends one answer, packed where the client takes that.

    Args:
        scope: of the request.
        send: takes the messages.
        threads: where long answers are packed.
    """

    def __init__(self, scope: Scope, send: Send, threads: Executor) -> None:
        self._scope = scope
        self._send = send
        self._threads = threads
        self._start: Message | None = None  # held until the first part tells how long the body is

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            if _packable(message):
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            # What comes in parts streams on as it is: its maker decides.
            if len(message.get("body", b"")) >= LEAST and not message.get("more_body", False):
                message = await self._packed(start, message)
            await self._send(start)
        await self._send(message)

    async def _packed(self, start: Message, message: Message) -> Message:
        headers = [(name, value) for name, value in start["headers"] if name != b"vary"]
        vary = [value for name, value in start["headers"] if name == b"vary"]
        start["headers"] = [*headers, (b"vary", b", ".join((*vary, b"accept-encoding")))]
        if not accepts(self._scope):
            return message
        body: bytes = message["body"]
        if len(body) <= _INLINE:
            packed = _gzipped(body)
        else:
            packed = await asyncio.get_running_loop().run_in_executor(self._threads, _gzipped, body)
        kept = [header for header in start["headers"] if header[0] != b"content-length"]
        length = (b"content-length", b"%d" % len(packed))
        start["headers"] = [*kept, (b"content-encoding", b"gzip"), length]
        return {**message, "body": packed}


def accepts(scope: Scope) -> bool:
    """Tell whether the client takes gzip."""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            for wish in value.lower().split(b","):
                coding, _, weight = wish.partition(b";")
                if coding.strip() in (b"gzip", b"x-gzip", b"*"):
                    return _NEVER(weight.replace(b" ", b"")) is None
    return False


def _packable(start: Message) -> bool:
    names = dict(start["headers"])
    return b"content-encoding" not in names and names.get(b"content-type", b"").startswith(_TYPES)


def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)
