"""What is said over doors that are neither HTTP nor MLLP, kept as evidence however it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.evidence.exchange import Exchange, Message, Protocol
from conformance.harness.client import Recorder
from conformance.harness.target import Door


@dataclass(slots=True)
class Talk:
    """One service or transmission while it is under way.

    Attributes:
        asked: what was said, as text; ``heard``: what came back.
        status: of the answer, where the protocol has one.
    """

    asked: str = ""
    heard: str = ""
    status: str = ""


Keep = Callable[[str], AbstractContextManager[Talk]]
"""Opens a talk under a name: ``C-STORE``."""


@contextmanager
def unkept(name: str) -> Iterator[Talk]:
    """Keep nothing."""
    yield Talk()


def kept(recorder: Recorder, door: Door, protocol: Protocol) -> Keep:
    """Return what notes each talk over a door in the recorder's book."""

    @contextmanager
    def keep(name: str) -> Iterator[Talk]:
        talk, began, clock = Talk(), datetime.now(UTC), time.perf_counter()
        error = ""
        try:
            yield talk
        except OSError as wrong:
            error = type(wrong).__name__
            raise
        finally:
            seconds = round(time.perf_counter() - clock, 6)
            at = began.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            answer = None if error and not talk.heard else _message(talk.status, talk.heard)
            asked = _message(f"{name} {door.name}", talk.asked)
            recorder.book.note(Exchange(recorder.doing, protocol, at, seconds, asked, answer, error))

    return keep


def _message(line: str, text: str) -> Message:
    raw = text.encode("utf-8", "backslashreplace")
    return Message(line, {}, raw, len(raw))
