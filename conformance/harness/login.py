"""Login: an identity whose token is fetched by a call, not declared; once a run, and again when it is over.

A login that is refused is not tried again: many a target locks the account of who guesses. Nor is a new one
made for each refusal of a target that says 401 to what somebody may not do.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.harness.action import Action
from conformance.harness.paths import pick
from conformance.harness.template import ABSENT, filled
from conformance.harness.verdict import Skipped

COOKIE = "cookie"
"""What an answer set as cookies, as a request sends them back."""
QUIET = 30.0
"""Seconds without another login after one that did not help; no token lives for less."""
_SET = re.compile(r"(?:^|,\s*)([^=;,\s]+=[^;,\s]*)")

Told = Mapping[str, str]
"""What a login told, by the names of its ``answer``."""


@dataclass(slots=True, frozen=True)
class Login:
    """How somebody is let in.

    Attributes:
        call: its ``answer`` says where the token stands.
        headers: sent with every other call; templates of what was told.
        given: what stands for secrets in the call's templates.
        over: path → what stands in an answer that says, with whatever status, that the token is over.
    """

    call: Action
    headers: Mapping[str, str]
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    over: Mapping[str, str] = field(default_factory=dict)

    def told(self, content: Any, headers: Mapping[str, str]) -> Told | None:
        """Return what an answer told; None where it has not all that the headers need."""
        cookies = "; ".join(_SET.findall(headers.get("set-cookie", "")))
        found = {name: str(one) for name, one in self.call.told(content).items()}
        found |= {COOKIE: cookies} if cookies else {}
        return found if len(self.sent(found)) == len(self.headers) else None

    def sent(self, told: Told) -> dict[str, str]:
        """Return the headers that let in."""
        made = {name: filled(one, told) for name, one in self.headers.items()}
        return {name: str(one) for name, one in made.items() if one is not ABSENT}

    def refused(self, status: int, content: Any) -> bool:
        """Tell whether an answer says that who asks is not let in (any longer)."""
        said = bool(self.over) and all(str(pick(content, path)) == one for path, one in self.over.items())
        return status == 401 or said


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    told: Told | None = None
    turn: int = 0
    failed: Skipped | None = None
    quiet: float = 0.0


class Logins:
    """What identities were told, shared by the threads of a run."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.Lock()

    def of(self, identity: str, fetch: Callable[[], Told]) -> tuple[int, Told]:
        """Return what an identity was told, and the how manieth login this was.

        Raises:
            Skipped: it was refused, now or before.
        """
        with self._lock:
            slot = self._slots.setdefault(identity, _Slot())
        with slot.lock:
            if slot.failed is not None:
                raise slot.failed
            if slot.told is None:
                try:
                    slot.told = fetch()
                except Skipped as failed:
                    slot.failed = failed
                    raise
                slot.turn += 1
            return slot.turn, slot.told

    def over(self, identity: str, turn: int) -> bool:
        """Forget what a login told; False where it must do: a new one did not help just before."""
        slot = self._slots[identity]
        with slot.lock:
            if slot.turn != turn:  # there was another since
                return True
            if time.monotonic() < slot.quiet:
                return False
            slot.told = None
            return True

    def vain(self, identity: str) -> None:
        """Note that a new login did not help."""
        slot = self._slots[identity]
        with slot.lock:
            slot.quiet = time.monotonic() + QUIET
