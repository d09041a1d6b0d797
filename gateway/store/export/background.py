"""The thread that walks exports: there while there is one to walk, at rest between turns."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable

from gateway.errors import Retry

REST = 0.05
"""Seconds after each turn that belong to those who wait for an answer."""
PAUSE = 2.0
"""Seconds before another try where the store fails, or a job does."""
TRIES = 4
"""After so many faults of its own a job is given up; for a store that fails it waits for ever."""
_LOG = logging.getLogger("qiao.store")


class Background:
    """Gives each waiting job a turn after the other, in a thread of its own.

    Args:
        turn: walks a job for a while; returns whether it is over.
        give_up: ends a job that cannot be walked.
    """

    def __init__(self, turn: Callable[[str], bool], give_up: Callable[[str], None]) -> None:
        self._turn, self._give_up = turn, give_up
        self._waiting: deque[str] = deque()
        self._faults: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def stopping(self) -> bool:
        """Whether whoever is at work is to stop."""
        return self._stop.is_set()

    def wake(self, id_: str) -> None:
        """Let a job be walked, and start the thread where it has ended for want of work."""
        with self._lock:
            if self._stop.is_set():
                return
            if id_ not in self._waiting:
                self._waiting.append(id_)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="qiao-export", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop, in the middle of a job where need be."""
        with self._lock:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join()

    def join(self) -> None:
        """Wait until nothing is left to walk."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (id_ := self._next()) is not None:
            if self._is_over(id_):
                continue
            self._stop.wait(PAUSE if self._faults[id_] else REST)
            with self._lock:
                self._waiting.append(id_)

    def _next(self) -> str | None:
        with self._lock:
            if self._waiting and not self._stop.is_set():
                return self._waiting.popleft()
            self._thread = None
            return None

    def _is_over(self, id_: str) -> bool:
        try:
            over = self._turn(id_)
            del self._faults[id_]
            return over
        except Retry as error:
            _LOG.warning("an export waits: %s", error.reason)
            self._faults[id_] = max(1, self._faults[id_])
        except Exception as error:  # noqa: BLE001 -- the thread must outlive whatever a job throws
            self._faults[id_] += 1
            _LOG.error("an export stopped (%s), try %d", type(error).__name__, self._faults[id_])
        return self._faults[id_] >= TRIES and self._has_given_up(id_)

    def _has_given_up(self, id_: str) -> bool:
        try:
            self._give_up(id_)
        except Exception as error:  # noqa: BLE001 -- as above; it is tried again
            _LOG.error("an export could not be ended (%s)", type(error).__name__)
            return False
        return True
