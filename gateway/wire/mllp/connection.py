"""Connection: one MLLP sender; frames in, answers out in the order of the frames."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.wire.mllp.frame import Framer, frame
from gateway.wire.mllp.limits import Counters, Limits, Peer

Handle = Callable[[bytes, Peer], Awaitable[bytes | None]]
Oversize = Callable[[Peer], bytes | None]
Failure = Callable[[bytes, Peer, Exception], bytes | None]

_log = logging.getLogger("qiao.mllp")


@dataclass(slots=True)
class Door:
    """What the connections of one server share.

    Attributes:
        handle: answers one frame; ``b""`` sends nothing (enhanced mode may want that), None closes
            the connection.
        oversize: the answer to a frame above the limit, before the connection is closed.
        failure: the answer where ``handle`` raised; None closes the connection.
        limits: see :class:`Limits`.
        counters: see :class:`Counters`.
        clock: monotonic seconds.
        connections: the open ones.
        empty: set when the last of them has gone.
    """

    handle: Handle
    oversize: Oversize | None
    failure: Failure | None
    limits: Limits
    counters: Counters
    clock: Callable[[], float]
    connections: set[Connection]
    empty: asyncio.Event


class Connection(asyncio.Protocol):
    """One sender. Reading pauses while its pipeline is full or while it does not take our answers.

    Attributes:
        began: when the frame (or noise) that is being received began, 0.0 for none.
        active: when something last happened.
        blocked: since when the peer has not been taking our answers, 0.0 for never.
    """

    __slots__ = (
        "_aborted",
        "_closing",
        "_door",
        "_ended",
        "_framed",
        "_framer",
        "_last_answer",
        "_loop",
        "_paused",
        "_pending",
        "_transport",
        "active",
        "began",
        "blocked",
        "peer",
    )

    def __init__(self, door: Door) -> None:
        self._door = door
        self._framer = Framer()
        self._loop = asyncio.get_running_loop()
        self._pending: deque[asyncio.Future[bytes | None]] = deque()
        self._paused = False
        self._framed = False  # no frame has come yet: it may be a sender that knows no framing
        self._closing = False  # no more frames are taken from this connection
        self._aborted = False
        self._ended = False  # the peer will send no more
        self._last_answer = b""  # goes out after the answers that are under way
        self.active = door.clock()
        self.began = 0.0
        self.blocked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or close it at once where there are too many."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        counters = self._door.counters
        if counters.open >= self._door.limits.max_connections:
            counters.refused += 1
            self._closing = True
            transport.abort()
            return
        counters.connections += 1
        counters.open += 1
        self._door.connections.add(self)
        self._door.empty.clear()
        self.peer = _peer(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; handlers that are under way finish, their answers are lost."""
        if self not in self._door.connections:
            return
        self._door.connections.discard(self)
        self._door.counters.open -= 1
        if not self._door.connections:
            self._door.empty.set()
        self._door.counters.truncated += self._framer.inside and not self._closing
        self._closing = True

    def data_received(self, data: bytes) -> None:
        """Cut what came into frames and hand them over."""
        counters = self._door.counters
        counters.bytes += len(data)
        self.active = self._door.clock()
        if self._closing:
            if data.endswith(b"\x1c\r") and not self._pending:
                self._transport.close()  # the rest of an oversize frame has been read away
            return
        self._framer.feed(data)
        self._advance()

    def eof_received(self) -> bool:
        """Answer what is under way before closing: some senders shut their side after sending."""
        self._ended = True
        if not self._pending:
            return False
        # TLS has no half-closed state in asyncio.
        return self._transport.get_extra_info("ssl_object") is None

    def pause_writing(self) -> None:
        """Stop reading while the peer does not take our answers."""
        self.blocked = self._door.clock()
        self._regulate()

    def resume_writing(self) -> None:
        """The peer takes answers again."""
        self.blocked = 0.0
        self._flush()

    def finish(self) -> None:
        """Take no more frames; close as soon as the frames under way are answered."""
        self._closing = True
        self._pause(True)
        if not self._pending:
            self._end()

    def abort(self) -> None:
        """Close now."""
        self._aborted = True
        self._closing = True
        self._transport.abort()

    @property
    def busy(self) -> bool:
        """True while frames are under way."""
        return bool(self._pending)

    def overdue(self, now: float) -> bool:
        """Say whether a timeout of :class:`Limits` has passed."""
        limits = self._door.limits
        if self._aborted:
            return False  # its end is on its way: a second sweep must not count it again
        if self.blocked:
            return now - self.blocked > limits.frame_timeout
        if self._transport.is_closing():
            return now - self.active > limits.frame_timeout
        if self.began and not self._paused:
            return now - self.began > limits.frame_timeout
        idle = limits.idle_timeout
        return bool(idle) and not self._pending and now - self.active > idle

    def _advance(self) -> None:
        """Start handlers for the frames that have come, as far as the pipeline has room."""
        framer, limits = self._framer, self._door.limits
        noise, truncated = framer.noise, framer.truncated
        while len(self._pending) < limits.pipeline and not self.blocked and not self._closing:
            content = framer.next()
            if content is None:
                break
            self.began = 0.0
            if len(content) > limits.max_message:
                self._refuse_oversize()
                break
            self._start(content)
        self._door.counters.noise += framer.noise - noise
        self._door.counters.truncated += framer.truncated - truncated
        self._check()
        self._regulate()

    def _start(self, content: bytes) -> None:
        self._door.counters.frames += 1
        self._framed = True
        task = self._loop.create_task(self._answer(content))
        self._pending.append(task)
        task.add_done_callback(self._flush)

    async def _answer(self, content: bytes) -> bytes | None:
        try:
            return await self._door.handle(content, self.peer)
        except Exception as error:  # noqa: BLE001 - one frame's failure must not reach another sender
            self._door.counters.failures += 1
            # The type only: the words of a foreign exception may hold what the message held.
            _log.error("handler failed: %s", type(error).__name__)
            return self._door.failure(content, self.peer, error) if self._door.failure else None

    def _flush(self, _: object = None) -> None:
        """Write the answers that are ready, oldest frame first."""
        pending, counters = self._pending, self._door.counters
        while pending and pending[0].done() and not self.blocked:
            task = pending.popleft()
            answer = None if task.cancelled() or task.exception() else task.result()
            if self._transport.is_closing():
                counters.lost_answers += 1
            elif answer:
                self._transport.write(frame(answer))
                counters.answers += 1
            elif answer is None:
                self.finish()
                self._transport.close()
        if self._closing or self._ended:
            self._after_last()
        elif not self.blocked and len(self._framer):
            self._advance()
        else:
            self._regulate()

    def _after_last(self) -> None:
        if not self._closing and len(self._framer):
            self._advance()  # frames that came before the peer ended its side
        if not self._pending and not self.blocked:
            self._end()

    def _end(self) -> None:
        """Send the last answer, if there is one, and close."""
        if not self._last_answer or self._transport.is_closing():
            self._transport.close()
            return
        self._transport.write(frame(self._last_answer))
        self._door.counters.answers += 1
        self._last_answer = b""
        # Closing with bytes unread would reset the connection and destroy the answer on its way:
        # read the rest away, at most until the frame's time is over.
        self._pause(False)

    def _check(self) -> None:
        """Refuse what goes beyond the limits, and start the frame's clock."""
        framer, limits = self._framer, self._door.limits
        if self._closing:
            return
        if framer.inside and len(framer) > limits.max_message + 1:
            self._refuse_oversize()
        elif framer.recent_noise > limits.max_noise:
            self.finish()
        elif framer.inside or (framer.recent_noise and not self._framed):
            self.began = self.began or self._door.clock()

    def _refuse_oversize(self) -> None:
        self._door.counters.oversize += 1
        self._framer.discard()
        self._closing = True
        self.began = self.began or self._door.clock()
        self._last_answer = (self._door.oversize(self.peer) if self._door.oversize else b"") or b""
        if not self._pending:
            self._end()

    def _regulate(self) -> None:
        full = len(self._pending) >= self._door.limits.pipeline
        self._pause(full or bool(self.blocked))

    def _pause(self, paused: bool) -> None:
        if paused == self._paused or self._transport.is_closing():
            return
        self._paused = paused
        if paused:
            self._transport.pause_reading()
        else:
            if self.began:
                self.began = self._door.clock()  # waiting for us is not the sender's delay
            self._transport.resume_reading()


def _peer(transport: asyncio.Transport) -> Peer:
    name = transport.get_extra_info("peername") or ("", 0)
    certificate = transport.get_extra_info("peercert") or {}
    subject = {key: value for part in certificate.get("subject", ()) for key, value in part}
    host, port = (name[0], name[1]) if isinstance(name, tuple) else (str(name), 0)
    return Peer(host, port, subject.get("commonName", ""))
