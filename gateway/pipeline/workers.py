"""Workers: processes beside the gateway that read and map large groups while its writer commits.

They are started when the first large group comes and end when none has come for a while. What kills one, or
keeps it busy for too long, costs itself alone: the others of its part go on, and after as many tries as a
message has it is quarantined. One that dies while it has nothing to do is replaced.
"""

from __future__ import annotations

import asyncio
import mmap
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, cast

from gateway.canonical import Envelope, Issue, Quarantined
from gateway.pipeline.exchange import Answered, Asked, Done, receive, send
from gateway.pipeline.job import log
from gateway.pipeline.steps import set_aside
from gateway.pipeline.worker import PLACE

LARGE = 256
"""Messages of a group for which it is worth while to start them."""

IDLE = 60.0
"""Seconds without a large group after which they end; each holds its own maps."""

AGAIN = 60.0
"""Seconds after which it is tried once more, where none could be started."""

END_SECONDS = 2.0
"""A process that was told to end is given, before it is killed."""


class Died(Exception):
    """A worker has died.

    Attributes:
        at: which message it worked on, -1 for none.
    """

    def __init__(self, at: int) -> None:
        super().__init__(f"a worker died, message {at}")
        self.at = at


@dataclass(slots=True, frozen=True)
class Staff:
    """How workers are started.

    Attributes:
        count: processes.
        command: descriptor of the page → arguments of one.
        settings: what it is sent first.
        attempts: how often a message may kill one.
    """

    count: int
    command: Callable[[int], list[str]]
    settings: object
    attempts: int


class _Process:
    """One worker; belongs to one thread at a time, except :meth:`kill`."""

    def __init__(self, staff: Staff) -> None:
        with tempfile.TemporaryFile() as file:
            file.truncate(PLACE.size)
            self._page = mmap.mmap(file.fileno(), PLACE.size)
            PLACE.pack_into(self._page, 0, -1)
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                staff.command(file.fileno()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                pass_fds=[file.fileno()], process_group=0,
            )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._asks, self._answers = self._process.stdin, self._process.stdout
        self._say(staff.settings)

    def ask(self, asked: Asked) -> list[Done]:
        """Return its answer. Raises ``Died``."""
        self._say(asked)
        return cast("list[Done]", self._hear())

    def ready(self) -> None:
        """Wait until it can be asked. Raises ``Died``."""
        self._hear()

    def _say(self, what: object) -> None:
        try:
            send(self._asks, what)
        except OSError:
            raise self._died() from None

    def _hear(self) -> object:
        try:
            heard: object = receive(self._answers)
        except (EOFError, OSError, ValueError):
            raise self._died() from None
        return heard

    def _died(self) -> Died:
        (at,) = PLACE.unpack_from(self._page, 0)
        self.end()
        return Died(at)

    def end(self) -> None:
        """Let it end, and see to it that it does."""
        with suppress(OSError):
            self._asks.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._answers.close()

    def kill(self) -> None:
        """End it at once; who waits for its answer hears that it died."""
        self._process.kill()


@dataclass(slots=True)
class _Crew:
    """The processes that there are."""

    idle: list[_Process] = field(default_factory=list)
    busy: set[_Process] = field(default_factory=set)


class Workers:
    """The processes of one engine; its methods belong to one event loop.

    Args:
        version: gives the version of the engine's maps.

    Attributes:
        state: ``"none"`` has been started, they are ``"starting"``, ``"running"``, none could be started
            (``"failed"``: it is tried again after a while), or the engine has stopped (``"closed"``).
    """

    def __init__(self, staff: Staff, version: Callable[[], str]) -> None:
        self.count = staff.count
        self._staff, self._version = staff, version
        self._threads = ThreadPoolExecutor(max(1, staff.count), "qiao-worker")
        self._guard = threading.Lock()
        self._crew = _Crew()
        self.state: Literal["none", "starting", "running", "failed", "closed"] = "none"
        self._idle: asyncio.TimerHandle | None = None
        self._asked, self._failed_at = 0, 0.0

    def open(self, messages: int) -> bool:
        """Tell whether a group of so many messages may be handed over now; a large one lets them start."""
        if messages < LARGE or not self.count or self.state == "closed":
            return False
        if self.state == "failed":
            if time.monotonic() - self._failed_at < AGAIN:
                return False
            self.state = "none"
        self._wait_idle()
        if self.state == "none":
            self.state = "starting"
            asyncio.get_running_loop().run_in_executor(self._threads, self._start)
        return self.state == "running"

    def _wait_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE, self._rest)

    def work(self, part: Sequence[Envelope]) -> asyncio.Future[Answered | None]:
        """Return what will become of some messages; None where no worker could be started for them."""
        given = asyncio.get_running_loop().run_in_executor(self._threads, self._work, part)
        self._asked += 1
        given.add_done_callback(self._answered)
        return given

    def _answered(self, _: object) -> None:
        self._asked -= 1

    async def close(self) -> None:
        """End them all."""
        self.state = "closed"
        if self._idle is not None:
            self._idle.cancel()
        with self._guard:
            for one in self._crew.busy:
                one.kill()
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._end_idle)

    def _rest(self) -> None:
        if (
            self._asked or self.state == "starting"
        ):  # one at work would come back beside those of the next start
            self._wait_idle()
        elif self.state == "running":
            self.state = "none"
            asyncio.get_running_loop().run_in_executor(self._threads, self._end_idle)

    def _start(self) -> None:
        """Start the first one; the others start when they are needed."""
        try:
            one = self._new()
        except Exception as error:  # noqa: BLE001 -- as in _work
            self._give_up(error)
            return
        with self._guard:
            self._crew.idle.append(one)
            if self.state == "starting":
                self.state = "running"

    def _give_up(self, error: Exception) -> None:
        if self.state != "closed":
            self.state, self._failed_at = "failed", time.monotonic()
            log.error(
                "no worker process can be started (%s): the gateway maps everything itself, "
                "and tries again after %d s", error, AGAIN,
            )  # fmt: skip

    def _new(self) -> _Process:
        one = _Process(self._staff)
        with self._guard:
            self._crew.busy.add(one)
        try:
            one.ready()
        finally:
            with self._guard:
                self._crew.busy.discard(one)
        return one

    def _end_idle(self) -> None:
        with self._guard:
            ending, self._crew.idle = self._crew.idle, []
        for one in ending:
            one.end()

    def _work(self, part: Sequence[Envelope]) -> Answered | None:
        try:
            return self._survive(part)
        except Exception as error:  # noqa: BLE001 -- whatever ails them, the gateway can do without
            self._give_up(error)
            return None

    def _survive(self, part: Sequence[Envelope]) -> list[Done]:
        """Return what becomes of some messages, whichever of them kill their process.

        Raises:
            Died, OSError: no process lives long enough to begin.
        """
        if not part:
            return []
        try:
            return self._ask(part)
        except Died as death:
            if death.at < 0 or self.state == "closed":
                raise
            at = death.at
        before = self._survive(part[:at])
        return [*before, self._deadly(part[at]), *self._survive(part[at + 1 :])]

    def _deadly(self, envelope: Envelope) -> Done:
        """Try a message alone that a process died of; it may have been innocent."""
        tries = max(1, self._staff.attempts)
        for _ in range(tries - 1):
            try:
                return self._ask([envelope])[0]
            except Died as death:
                if death.at < 0 or self.state == "closed":
                    raise
        log.error("inbox=%s quarantined: gave-up after %d tries", envelope.id, tries)
        text = f"tried {tries} times and never finished"
        flaw = Quarantined("gave-up", [Issue("error", "exception", "", "", text)])
        header = set_aside(envelope, flaw).header
        return Done(envelope.sender, envelope.charset, envelope.zone, "", header, flaw, False, True, flaw)

    def _ask(self, part: Sequence[Envelope]) -> list[Done]:
        with self._guard:
            one = self._crew.idle.pop() if self._crew.idle else None
        if one is not None:
            try:
                return self._asked_of(one, part)
            except Died as death:
                if death.at >= 0 or self.state == "closed":
                    raise
                log.warning("a worker process has died while it had nothing to do: another one is started")
        return self._asked_of(self._new(), part)

    def _asked_of(self, one: _Process, part: Sequence[Envelope]) -> list[Done]:
        with self._guard:
            self._crew.busy.add(one)
        try:
            done = one.ask(Asked(self._version(), part))
        finally:
            with self._guard:
                self._crew.busy.discard(one)
        with self._guard:
            self._crew.idle.append(one)
        return done
