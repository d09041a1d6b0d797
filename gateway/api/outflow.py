"""Outflow: how much of long answers waits for readers, who are to take them at a rate (RFC 9110 §15.6.4).

A long answer goes out in pieces, the next one when the client has taken the one before. What waits is bounded
over all connections: who asks for more meanwhile is told to come again.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import language, outcome

MOST = 256 * 1024 * 1024
"""Bytes of all long answers that wait together; a longer one goes when it is alone."""
PIECE = 64 * 1024
"""Bytes that are handed to the connection at once; an answer that is no longer is not counted."""
SECONDS = 60.0
"""What the reader of any answer may take; a long one besides that as long as it takes it at :data:`RATE`."""
RATE = 32 * 1024
"""Bytes a second."""

ANSWER = "qiao.answer"
"""Key of a request's scope: its :class:`Answer`."""


class Outflow:
    """Wraps the application.

    Args:
        most: bytes of long answers that may wait together.
    """

    def __init__(self, app: ASGIApp, most: int = MOST) -> None:
        self.app = app
        self.most = most
        self.free = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what its answer took is given back however it ends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = Answer(self, scope, receive, send)
        scope[ANSWER] = answer
        try:
            await self.app(scope, receive, answer.send)
        finally:
            self.free += answer.taken


class Answer:
    """One answer.

    Attributes:
        taken: bytes of the room that it holds.
    """

    __slots__ = ("_outflow", "_receive", "_scope", "_send", "_start", "taken")

    def __init__(self, outflow: Outflow, scope: Scope, receive: Receive, send: Send) -> None:
        self._outflow = outflow
        self._scope = scope
        self._receive = receive
        self._send = send
        self._start: Message | None = None  # held until the body tells whether there is room
        self.taken = 0

    @property
    def free(self) -> int:
        """Bytes that can be taken now."""
        return self._outflow.free

    def take(self, count: int) -> bool:
        """Take room before the answer is whole; tell whether there was as much."""
        if count > self._outflow.free:
            return False
        self._outflow.free -= count
        self.taken += count
        return True

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        long = len(message.get("body", b"")) > PIECE
        if long and start is not None and not self._has_room(message):
            await self._refuse(start)
            return
        if start is not None:
            await self._send(start)
        await (self._pieces(message) if long else self._send(message))

    def _has_room(self, message: Message) -> bool:
        """Tell whether a whole answer may go out; that of a change may: it has been made."""
        if message.get("more_body", False):  # it is made as it is taken
            return True
        needed = min(len(message["body"]), self._outflow.most) - self.taken
        if needed <= 0 or self.take(needed):
            return True
        return _changes(self._scope)

    async def _pieces(self, message: Message) -> None:
        """Send a long body.

        Raises:
            TimeoutError: its reader is too slow.
        """
        body, more = message["body"], message.get("more_body", False)
        async with asyncio.timeout(SECONDS + len(body) / RATE):
            for at in range(0, len(body), PIECE):
                rest = more or at + PIECE < len(body)
                piece = body[at : at + PIECE]
                await self._send({"type": "http.response.body", "body": piece, "more_body": rest})

    async def _refuse(self, start: Message) -> None:
        kept = {name.decode(): value.decode() for name, value in start["headers"] if name == b"x-request-id"}
        told = "too many long answers wait for their readers; come again"
        chinese = language.reads_chinese(self._scope)
        headers = {"Retry-After": "5", **kept, **language.headers(chinese)}
        refusal = outcome.issue(503, "transient", outcome.spoken(told, chinese), headers=headers)
        await refusal(self._scope, self._receive, self._send)


def _changes(scope: Scope) -> bool:
    """Tell whether a request may have changed something; then 503 would be untrue."""
    last = scope["path"].rpartition("/")[2]
    reads = last == "_search" or (last.startswith("$") and last != "$import")
    return scope["method"] not in ("GET", "HEAD") and not reads
