"""Sends a day over real sockets: one connection per system, ACK by ACK, resending what got none."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.simulators.event import DELIVERS, Event, System, Transport
from conformance.simulators.mllp import Link, acknowledgement, frame, pour, wants_resend

Address = tuple[str, int]

_BACK_OFF = (0.2, 0.5, 1.0, 2.0, 4.0)


@dataclass(slots=True)
class Tally:
    """What happened so far.

    Attributes:
        sent: messages written to a socket, resent ones not counted again.
        acks: MSA-1 → count; ``closed`` where the receiver closed instead of answering a broken message.
        transport: unusual transport → how it ended → count.
    """

    sent: int = 0
    acks: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    resent: int = 0
    unanswered: int = 0
    mismatched: int = 0
    transport: dict[str, Counter[str]] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def as_json(self) -> dict[str, object]:
        """Return the figures as JSON values."""
        return {
            "sent": self.sent,
            "acks": dict(sorted(self.acks.items())),
            "reconnects": self.reconnects,
            "resent": self.resent,
            "unanswered": self.unanswered,
            "mismatched": self.mismatched,
            "transport": {name: dict(ends) for name, ends in sorted(self.transport.items())},
            "seconds": round(time.monotonic() - self.begun, 3),
        }


@dataclass(slots=True)
class Traffic:
    """A day under way.

    Attributes:
        to: system → (host, port).
        rate: messages per second over all systems, 0 = as fast as the answers come.
        patience: seconds to wait for an ACK.
        tries: how often a message is sent before it counts as unanswered.
    """

    to: Mapping[System, Address]
    rate: float = 0.0
    patience: float = 30.0
    tries: int = 12
    tally: Tally = field(default_factory=Tally)

    async def run(self, events: Sequence[Event]) -> Tally:
        """Send the events. Each system waits for its own ACKs; one patient's messages keep their order
        across the systems, because a report follows its admission in life, too."""
        turns = _turns(events, self.rate)
        async with asyncio.TaskGroup() as group:
            for system in self.to:
                group.create_task(
                    self._system(system, [turn for turn in turns if turn.event.sender == system], group)
                )
        return self.tally

    async def _system(self, system: System, turns: list[_Turn], group: asyncio.TaskGroup) -> None:
        link = Link(*self.to[system], patience=self.patience)
        start = time.monotonic()
        for turn in turns:
            await asyncio.sleep(max(0.0, start + turn.due - time.monotonic()))
            if turn.after:
                await turn.after.wait()
            if turn.event.transport == "frame":
                await self._send(link, turn.event)
            elif turn.event.transport in DELIVERS:
                await self._misbehave(self.to[system], turn.event)
            else:  # may take until the receiver's time limit: nobody waits for it
                group.create_task(self._misbehave(self.to[system], turn.event))
            turn.done.set()
        self.tally.reconnects += max(0, link.connects - 1)
        await link.close()

    async def _send(self, link: Link, event: Event) -> None:
        self.tally.sent += 1
        for attempt in range(self.tries):
            self.tally.resent += attempt > 0
            try:
                answer = await link.exchange(event.message)
            except (OSError, TimeoutError):
                if event.fault and link.connects:
                    self.tally.acks["closed"] += 1
                    return
            else:
                if not wants_resend(answer):
                    self._count(event, answer)
                    return
            await asyncio.sleep(_BACK_OFF[min(attempt, len(_BACK_OFF) - 1)])
        self.tally.unanswered += 1

    def _count(self, event: Event, answer: bytes) -> None:
        code, control = acknowledgement(answer)
        self.tally.acks[code] += 1
        self.tally.mismatched += not event.fault and control != _control(event.message)

    async def _misbehave(self, address: Address, event: Event) -> None:
        ends = self.tally.transport.setdefault(event.transport, Counter())
        self.tally.sent += 1
        try:
            answer = await pour(*address, _pieces(event.transport, event.message), min(self.patience, 5.0))
        except OSError:
            ends["closed"] += 1
            return
        ends[acknowledgement(answer)[0] if answer else "nothing"] += 1


@dataclass(slots=True)
class _Turn:
    """An event, when it is due (seconds from the start), and whose turn comes before it."""

    event: Event
    due: float
    after: asyncio.Event | None
    done: asyncio.Event


def _turns(events: Sequence[Event], rate: float) -> list[_Turn]:
    latest: dict[str, asyncio.Event] = {}
    turns = []
    for order, event in enumerate(events):
        done = asyncio.Event()
        turns.append(_Turn(event, order / rate if rate else 0.0, latest.get(event.patient), done))
        latest[event.patient] = done
    return turns


def _control(message: bytes) -> bytes:
    return message.split(b"\r", 1)[0].split(b"|")[9]


def _pieces(transport: Transport, message: bytes) -> list[bytes]:
    """Return what goes over the wire, write by write."""
    whole = frame(message)
    if transport == "split":
        return [whole[start : start + 97] for start in range(0, len(whole), 97)]
    forms: dict[Transport, bytes] = {
        "own-frame": whole,
        "no-final-cr": whole[:-1],
        "empty-frame": frame(b""),
        "bare-bytes": message,
        "half-frame": b"\x0b" + message,
        "no-trailer": b"\x0b" + message,
    }
    return [forms[transport]]
