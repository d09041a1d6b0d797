"""Owns how the platform misbehaves: one thing at a time, for some requests or until told otherwise."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, get_args

Mode = Literal[
    "", "timeout", "error", "half", "duplicate", "lost", "away", "slow", "miscount", "refuse", "batch"
]  # fmt: skip
MODES: tuple[str, ...] = get_args(Mode)
"""timeout: takes nothing and does not answer. error: 500. half: takes every other entry. duplicate: says all
twice. lost: takes, and drops the connection. away: 503, for a week if need be. slow: takes its time.
miscount: its own counts are wrong. refuse: will not have every seventh document. batch: refuses a whole batch
for one of them."""


class Dropped(Exception):
    """The connection ends here without an answer."""


@dataclass(slots=True)
class Mischief:
    """How it behaves now.

    Attributes:
        left: requests for which it goes on; -1: until it is told otherwise.
        seconds: of ``timeout`` and ``slow``.
        share: of requests that it holds for.
    """

    mode: Mode = ""
    left: int = -1
    seconds: float = 1.0
    share: float = 1.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311

    def tell(self, said: Any) -> None:
        """Behave from now on as told: ``{"mode", "times", "seconds", "share"}``. Raises ``ValueError``."""
        if not isinstance(said, dict) or said.get("mode", "") not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}")
        with self.lock:
            self.mode, self.left = said.get("mode", ""), int(said.get("times", -1))
            self.seconds, self.share = float(said.get("seconds", 1)), float(said.get("share", 1))

    def now(self) -> Mode:
        """Return how to behave to this request."""
        with self.lock:
            if not self.mode or self.left == 0 or self.random.random() >= self.share:
                return ""
            self.left -= self.left > 0
            return self.mode

    def wait(self) -> None:
        """Let time pass."""
        time.sleep(self.seconds)

    def as_json(self) -> dict[str, object]:
        """Return how it behaves."""
        return {"mode": self.mode, "times": self.left, "seconds": self.seconds, "share": self.share}
