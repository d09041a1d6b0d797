"""Link: one line over a pair of asyncio streams, TCP or serial; drives the machine and commits what came.

A frame that completes a message is acknowledged after ``handle`` has returned: by then its bytes are
committed. Where ``handle`` raises, or takes longer than the time-out of STORING, the answer is NAK and the
sender repeats the frame; one that was being committed is not committed twice. A message whose sender missed
the acknowledgement comes again in another session, byte for byte the same: that is for ``handle`` to know.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import Rejected, Retry
from gateway.wire.astm.assembly import Received
from gateway.wire.astm.door import Door
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK
from gateway.wire.astm.machine import Machine
from gateway.wire.astm.states import State
from gateway.wire.mllp.limits import Peer

_CHUNK = 1 << 14
_SIGNALS = ENQ + ACK + NAK + EOT
_log = logging.getLogger("qiao.astm")


@dataclass(slots=True)
class _Commit:
    """Messages that are being committed, in their order, and those of them that are not yet."""

    messages: list[Received]
    left: list[Received]
    task: asyncio.Task[bool]
    told: bool = False


class Link:
    """One line.

    Args:
        reader: bytes from the line.
        writer: bytes for it.
        door: what it shares with others.
        peer: who is at the other end.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, door: Door, peer: Peer
    ) -> None:
        self._reader, self._writer, self._door = reader, writer, door
        self.peer = peer
        self.machine = Machine(door.profile, door.limits, door.counters)
        self._commit: _Commit | None = None
        self._changed = asyncio.Event()
        self._sends: dict[int, tuple[asyncio.Future[None] | None, float]] = {}
        self._numbers = 0
        self._main: asyncio.Task[None] | None = None
        self._reading = self._closing = self._ended = False
        self._heard = self._stepped = self._begun = door.clock()
        self._steps = -1
        self._held = 0
        self._blocked = 0.0  # since when the peer does not take our bytes

    async def run(self) -> None:
        """Work the line until it ends, then hand over what was cut off. Raises nothing."""
        self._main = asyncio.current_task()
        try:
            await self._work()
            while not self._closing and (data := await self._read()):
                if data.strip(_SIGNALS):  # ENQ and EOT inside a frame that was broken off do not prolong it
                    self._heard = self._door.clock()
                self.machine.feed(data)
                await self._work()
        except (OSError, EOFError) as error:
            _log.debug("line ended: %s", type(error).__name__)
        finally:
            await self._end()

    async def send(self, message: bytes) -> None:
        """Send a message and return when the other end has acknowledged its last frame.

        Raises:
            Retry: it was refused, given up or not answered, or the line ended.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._ended or self._closing:
            raise self._unsent("the line is closed")
        if len(self.machine.waiting) >= self._door.limits.max_waiting:
            raise self._unsent("too many messages wait to be sent")
        self._put(message, future)
        self._turn()
        await future

    def finish(self) -> None:
        """Read no more; close as soon as what is being committed is."""
        self._closing = True
        self._changed.set()
        if self._reading and self._main is not None:
            self._main.cancel()

    def abort(self) -> None:
        """Close now; what is being committed goes on."""
        self.finish()
        self._writer.transport.abort()

    def tick(self) -> None:
        """Let the time-outs that have passed happen; called about every second, or when a test says so."""
        now, limits = self._door.clock(), self._door.limits
        if self._ended or self._closing:
            return
        self.machine.calm()
        stuck = self._blocked and now - self._blocked > limits.frame_timeout
        endless = (
            self.machine.inside and not self.machine.holding and now - self._begun > limits.frame_timeout
        )
        idle = limits.idle_timeout and now - max(self._heard, self._stepped) > limits.idle_timeout
        if stuck or endless or (idle and self.machine.state is State.IDLE):
            self._door.counters.timeouts += 1
            self.abort()
            return
        for number in [one for one, (_, until) in self._sends.items() if now >= until]:
            self.machine.withdraw(number)
            if number not in self.machine.waiting:
                self._settle(number, sent=False)
        seconds = self.machine.seconds
        since = max(self._stepped, self._heard) if self.machine.inside else self._stepped
        if seconds is not None and now - since >= seconds:
            self.machine.timeout()
        self._turn()

    async def _read(self) -> bytes:
        self._reading = True
        try:
            return await self._reader.read(_CHUNK)
        except asyncio.CancelledError:
            if not self._closing or self._main is None:
                raise
            self._main.uncancel()
            return b""
        finally:
            self._reading = False

    async def _work(self) -> None:
        while True:
            self._turn()
            await self._drain()
            if not self.machine.holding or self._closing:
                return
            self._changed.clear()
            await self._changed.wait()

    async def _drain(self) -> None:
        self._blocked = self._door.clock()
        try:
            await self._writer.drain()
        finally:
            self._blocked = 0.0

    def _turn(self) -> None:
        """Let the machine work what it has, and do what it says."""
        machine = self.machine
        machine.busy = self._door.busy() or self._door.held > self._door.limits.max_held // 2
        if not self._closing:
            machine.advance()
            while machine.holding and self._committed():
                machine.advance()
        if not machine.holding:
            self._changed.set()
        if machine.written and not self._writer.is_closing():
            self._writer.write(bytes(machine.written))
        machine.written.clear()
        for number, sent in machine.results:
            self._settle(number, sent=sent)
        machine.results.clear()
        if machine.steps != self._steps:
            self._steps, self._stepped = machine.steps, self._door.clock()
            self._begun = self._stepped
        elif not machine.inside:
            self._begun = self._door.clock()
        self._hold(machine.held)
        if machine.closed and not self._closing:
            _log.warning("line closed: %s", machine.closed)
            self.finish()

    def _hold(self, held: int) -> None:
        """Count what this line holds of the memory of all."""
        self._door.held += held - self._held
        if held > self._held and self._door.held > self._door.limits.max_held and not self.machine.closed:
            self._door.counters.oversize += 1
            self.machine.closed = "memory"
        self._held = held

    def _committed(self) -> bool:
        """Begin to commit what the machine holds; say whether that is decided already."""
        wanted, commit = self.machine.storing, self._commit
        if commit is None or commit.messages != wanted:
            left = list(wanted)
            before = commit.task if commit is not None else None
            self._commit = _Commit(list(wanted), left, self._begin(left, before))
            return False
        if commit.told:  # it has failed before: the frame has come again
            commit.task, commit.told = self._begin(commit.left, None), False
        if not commit.task.done():
            return False
        self._tell(commit)
        return True

    def _begin(self, left: list[Received], before: asyncio.Task[bool] | None) -> asyncio.Task[bool]:
        task = asyncio.get_running_loop().create_task(self._hand_over(left, before))
        task.add_done_callback(self._decided)
        return task

    async def _hand_over(self, messages: list[Received], before: asyncio.Task[bool] | None) -> bool:
        if before is not None:
            await asyncio.wait((before,))
        while messages:
            try:
                answers = await self._door.handle(messages[0], self.peer)
            except Exception as error:  # noqa: BLE001 - one message's failure must not end the line
                # The type only: the words of a foreign exception may hold what the message held.
                _log.error("handler failed: %s", type(error).__name__)
                if not isinstance(error, Rejected) or messages[0].ended in ("L", "H"):
                    self._door.counters.failures += 1
                    return False
                # It will never be committed, and there is no frame whose answer could say so.
                self._door.counters.lost += 1
                answers = None
            del messages[0]
            self._answer(answers or ())
        return True

    def _answer(self, answers: Sequence[bytes]) -> None:
        for answer in answers:
            if len(self.machine.waiting) < self._door.limits.max_waiting and not self._ended:
                self._put(answer, None)
            else:
                self._door.counters.unsent += 1

    def _decided(self, task: asyncio.Task[bool]) -> None:
        commit = self._commit
        if commit is not None and commit.task is task and not self._ended:
            if self.machine.storing == commit.messages:
                self._tell(commit)
            self._turn()
        self._changed.set()

    def _tell(self, commit: _Commit) -> None:
        commit.told = True
        if not commit.task.cancelled() and commit.task.result():
            self._commit = None
            self.machine.stored()
        else:
            self.machine.not_stored()

    def _put(self, message: bytes, future: asyncio.Future[None] | None) -> None:
        self._numbers += 1
        until = self._door.clock() + self._door.limits.send_timeout
        self._sends[self._numbers] = (future, until)
        self.machine.send(self._numbers, message)

    def _settle(self, number: int, *, sent: bool) -> None:
        future, _ = self._sends.pop(number, (None, 0.0))
        if future is not None and not future.done():
            if sent:
                future.set_result(None)
            else:
                future.set_exception(self._unsent("the message was not taken"))

    def _unsent(self, why: str) -> Retry:
        return Retry(f"no answer from {self.peer.host}:{self.peer.port}: {why}")

    async def _end(self) -> None:
        """Wait for what is being committed, hand over what was cut off, and close."""
        self._closing = True
        if self._commit is not None:
            await asyncio.wait((self._commit.task,))
        self._ended = True
        self._writer.close()
        for number in list(self._sends):
            self._settle(number, sent=False)
        left = self.machine.end()
        self._hold(0)
        for message in left:
            try:
                await self._door.handle(message, self.peer)
                self._door.counters.messages += message.whole
                self._door.counters.incomplete += not message.whole
            except Exception as error:  # noqa: BLE001 - there is nobody left to tell
                self._door.counters.lost += 1
                _log.error("handler failed: %s", type(error).__name__)
