"""A session: what the checks of a run share: target, lines, what was found out once, what was written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from conformance.harness.client import Line
from conformance.harness.inbound import Listener
from conformance.harness.target import Target
from conformance.harness.verdict import Ended, Skipped
from conformance.simulators.jws import Key, read_key
from conformance.simulators.people import Person, draw, resident_id

T = TypeVar("T")


@dataclass(slots=True)
class _Once:
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Any = None
    failed: Ended | None = None
    known: bool = False


class Session:
    """What the checks of a run share.

    Args:
        number: the run's, letters and digits: ids of test data are made of it, so two runs never meet.
        seed: of everything that is drawn.
        today: where the target is.
    """

    def __init__(self, target: Target, number: str, seed: int, today: date) -> None:
        self.target, self.number, self.seed, self.today = target, number, seed, today
        self.began = datetime.now(UTC)
        self.line = Line(target)
        self.stack = ExitStack()
        self.stack.callback(self.line.close)
        self._once: dict[str, _Once] = {}
        self._lock = threading.Lock()
        self._written: dict[str, str] = {}
        self.refers: dict[str, set[str]] = {}
        self.noting: Callable[[str, str], None] = lambda *_: None
        self._people = 0

    def close(self) -> None:
        """Close lines and ports, do what checks left for the end; a target that is gone spoils nothing."""
        with suppress(Exception):  # every other callback of the stack is called all the same
            self.stack.close()

    def once(self, name: str, find: Callable[[], T]) -> T:
        """Return what was found out the first time. Raises again what it raised then."""
        with self._lock:
            slot = self._once.setdefault(name, _Once())
        with slot.lock:
            if not slot.known:
                try:
                    slot.value = find()
                except Ended as ended:
                    slot.failed = ended
                slot.known = True
        if slot.failed is not None:
            raise slot.failed
        found: T = slot.value
        return found

    def listener(self) -> Listener:
        """Return the port at which the harness waits for the target; opened when first asked for."""
        return self.once("listener", self._listening)

    def _listening(self) -> Listener:
        where = str(self.target.setting("listen", "127.0.0.1:0"))
        host, _, port = where.rpartition(":")
        try:
            listener = Listener(host or "127.0.0.1", int(port), str(self.target.setting("listen_url", "")))
        except (OSError, ValueError) as error:
            raise Skipped(f"无法在 {where} 接收：{error}", f"cannot listen on {where}: {error}") from None
        listener.start()
        self.stack.callback(listener.stop)
        return listener

    def keys(self) -> dict[str, Key]:
        """Return the signing keys by role. Raises :class:`Skipped`: none are declared or readable."""
        return self.once("keys", self._keys)

    def _keys(self) -> dict[str, Key]:
        signing = self.target.signing
        if not signing.get("keys"):
            raise Skipped(
                "未声明签名密钥（signing.keys）", "no keys to sign with are declared (signing.keys)"
            )
        folder = Path(signing["keys"])
        try:
            return {role: read_key(folder, name) for role, name in signing.items() if role != "keys"}
        except (OSError, ValueError) as error:
            raise Skipped(f"无法读取签名密钥：{error}", f"the signing keys cannot be read: {error}") from None

    def person(self, ages: tuple[int, int] = (30, 70), sex: str = "", birth: date | None = None) -> Person:
        """Return a fictional patient whom no other check of this run has."""
        with self._lock:
            self._people += 1
            order = self._people
        digest = hashlib.sha256(f"{self.number}/{order}".encode()).digest()
        drawn = draw(Random(int.from_bytes(digest)), f"CF{self.number}{order}", self.today, ages, sex)  # noqa: S311
        born = birth or date(self.today.year - ages[0] - 1, 1, 1) - timedelta(
            days=(int.from_bytes(digest[:4]) + order) % max(1, (ages[1] - ages[0]) * 365 - 30)
        )
        serial = (int.from_bytes(digest[4:8]) % 499) * 2 + (drawn.sex == "M")
        number = resident_id("990101", born, serial)
        return _replaced(drawn, birth=born, resident_id=number)

    def wrote(self, reference: str, identity: str, refers: Iterable[str] = ()) -> None:
        """Note what was written, so that it can be removed at the end.

        Args:
            refers: what it refers to: must stay where it does.
        """
        with self._lock:
            self.refers.setdefault(reference, set()).update(refers)
            new = reference not in self._written
            self._written.setdefault(reference, identity)
        if new:
            self.noting(reference, identity)

    @property
    def written(self) -> dict[str, str]:
        """``Type/id`` → identity that wrote it, in the order of writing."""
        with self._lock:
            return dict(self._written)


def _replaced(person: Person, **changes: Any) -> Person:
    from dataclasses import replace

    return replace(person, **changes)
