"""Chart: collects what the systems want to send, then puts it in order and numbers it (MSH-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from conformance.simulators.dialects import Dialect, msh
from conformance.simulators.er7 import segment, stamp
from conformance.simulators.event import Event, Transport
from conformance.simulators.wards import CLERKS, Beds

Damage = Callable[[bytes], bytes]


@dataclass(slots=True, eq=False)
class Entry:
    """One message before it is numbered.

    Attributes:
        damage: what happens to the finished bytes.
        repeats: the entry whose header this one shares: its copy after a lost ACK, or a first try
            that broke off before it.
        fresh_time: a copy carries its own MSH-7.
    """

    at: datetime
    dialect: Dialect
    kind: str
    segments: list[str]
    note: str
    patient: str
    fault: str = ""
    damage: Damage | None = None
    transport: Transport = "frame"
    repeats: Entry | None = None
    fresh_time: bool = False


@dataclass(slots=True)
class Chart:
    """The hospital's memory of one day.

    Attributes:
        stem: begins every number that is given out, so that other days and seeds never reuse it.
    """

    rng: Random
    on: date
    stem: str
    entries: list[Entry] = field(default_factory=list)
    beds: Beds = field(default_factory=Beds)
    given: Counter[str] = field(default_factory=Counter)

    def clock(self, hour: int, minute: int = 0, spread: int = 60) -> datetime:
        """Return a moment of the day, up to ``spread`` minutes after the given time."""
        start = datetime.combine(self.on, time(hour, minute))
        return start + timedelta(seconds=self.rng.randrange(spread * 60))

    def after(self, at: datetime, low: int, high: int) -> datetime:
        """Return a moment ``low`` to ``high`` minutes after ``at``."""
        return at + timedelta(seconds=self.rng.randrange(low * 60, high * 60))

    def number(self, prefix: str) -> str:
        """Return a new number of that kind, e.g. ``ZY26030207001``."""
        self.given[prefix] += 1
        return f"{prefix}{self.stem}{self.given[prefix]:04d}"

    def add(self, entry: Entry) -> Entry:
        """Keep an entry; what would happen after midnight is tomorrow's business."""
        if entry.at.date() == self.on:
            self.entries.append(entry)
        return entry

    def adt(
        self,
        at: datetime,
        dialect: Dialect,
        trigger: str,
        body: list[str],
        note: str,
        patient: str,
        structure: str,
    ) -> Entry:
        """Keep an ADT message: EVN and ``body``."""
        evn = {1: trigger, 2: stamp(at), 5: CLERKS[0].number, 6: stamp(at - timedelta(seconds=40))}
        kind = f"ADT^{trigger}^ADT_{structure}"
        return self.add(Entry(at, dialect, kind, [segment("EVN", evn), *body], note, patient))

    def again(self, entry: Entry, at: datetime, fresh_time: bool) -> Entry:
        """Send ``entry`` once more: its ACK was lost. Some resend the bytes, some write a new MSH-7."""
        return self.add(
            Entry(at, entry.dialect, entry.kind, entry.segments, f"{entry.note} (repeat)", entry.patient,
                  entry.fault, entry.damage, repeats=entry, fresh_time=fresh_time)
        )  # fmt: skip

    def events(self) -> list[Event]:
        """Return the day in order of time, numbered per application from 000001 as most systems do."""
        ordered = sorted(self.entries, key=lambda entry: entry.at)
        counters: Counter[str] = Counter()
        control: dict[int, str] = {}
        for entry in ordered:
            if entry.repeats is None:
                counters[entry.dialect.application] += 1
                control[id(entry)] = f"{entry.dialect.application}{counters[entry.dialect.application]:06d}"
        return [_event(entry, control[id(entry.repeats or entry)]) for entry in ordered]


def _is_copy(entry: Entry) -> bool:
    first = entry.repeats
    return first is not None and first.at < entry.at and first.segments == entry.segments


def _event(entry: Entry, control: str) -> Event:
    first = entry.repeats or entry
    sent = entry.at if entry.fresh_time else first.at
    text = "\r".join([msh(entry.dialect, entry.kind, sent, control), *entry.segments, ""])
    message = text.encode(entry.dialect.codec)
    return Event(
        entry.at, entry.dialect.system, entry.damage(message) if entry.damage else message, entry.note,
        entry.patient, entry.fault, entry.transport, _is_copy(entry),
    )  # fmt: skip
