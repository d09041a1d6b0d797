"""Course: one claimed file from the first look at its bytes to its verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from adapters.his.files.answer import Ended
from adapters.his.files.claim import SHOWN, Claim, State, shown
from adapters.his.files.delivery import Delivery, Stopped
from adapters.his.files.group import Record
from adapters.his.files.handed import Item, handed
from adapters.his.files.journal import Journal
from adapters.his.files.lines import Bounds, Broken
from adapters.his.files.look import Look, look
from adapters.his.files.pattern import KNOWN, Pattern, pattern_of
from adapters.his.files.reader import Opened, open_file
from adapters.his.files.view import View
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.spec import Deliver
from gateway.wire.rows import Faulty

AT_ONCE = 256
"""Records that are read together, beside the event loop."""

SAVED = 1.0
"""Seconds between two notes of how far a file is."""


@dataclass(slots=True, frozen=True)
class Door:
    """What all files of one door share.

    Attributes:
        skip: the same bytes again are set aside.
        told: hears what is wrong, ``""`` when it is over.
    """

    adapter: str
    tenant: str
    system: str
    parallel: int
    deliver: Deliver
    views: Mapping[str, View]
    patterns: Sequence[Pattern]
    bounds: Bounds
    journal: Journal
    skip: bool
    told: Callable[[str], object]


class Course:
    """One file."""

    def __init__(self, door: Door, claim: Claim) -> None:
        self.claim = claim
        self._door, self._state = door, claim.state
        self._pattern = pattern_of(claim.state.name, door.patterns, door.views)
        self._begun, self._first = time.monotonic(), claim.state.delivered
        self._saved = time.monotonic()
        self._count = 0
        self._delivery = Delivery(door.deliver, door.parallel, self._waits)

    def stop(self) -> None:
        """Stop after what is under way."""
        self._delivery.stop()

    def rate(self) -> int:
        """Return records a second since it was taken up."""
        return round((self._state.delivered - self._first) / max(time.monotonic() - self._begun, 0.001))

    async def run(self) -> bool:
        """Deliver what is left of it; return whether it has its verdict, else it was stopped.

        Raises:
            OSError: it cannot be read now.
        """
        while True:
            try:
                seen = await asyncio.to_thread(self._look)
                opened = await asyncio.to_thread(self._open, seen)
                try:
                    if await asyncio.to_thread(self._is_repeat, seen):
                        return True
                    await self._deliver(opened)
                finally:
                    self._state.left_out, self._state.beside = dict(opened.left_out), dict(opened.beside)
                    opened.close()
            except Stopped:
                await self._delivery.leave()
                await self._save()
                return False
            except (Broken, OSError) as error:
                return await self._broken(error)
            except Exception as error:  # noqa: BLE001 -- a fault of ours costs this file, not those after it
                return await self._broken(Broken(Faulty("fault-of-ours", 0, {"kind": type(error).__name__})))
            if await asyncio.to_thread(self._as_before, seen):
                self._state.verdict = "done"
                return True
            # Somebody writes on: its last record may have been cut off, and lines may belong to earlier ones.
            self._state.plan = ""

    def report(self) -> dict[str, Any]:
        """Return what is told beside the file: figures, and lines by their numbers; no values."""
        state = self._state
        left = sum(state.ended.values()) - state.ended["stored"] - len(state.faults)
        return {
            "file": state.name, "claim": self.claim.id, "verdict": state.verdict, **state.why,
            "view": state.view, "pattern": self._pattern.name if self._pattern else "",
            "plan": state.plan, "sha256": state.sha256, "bytes": state.size, "charset": state.charset,
            "charset_repaired": state.repaired, "begun": state.begun,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "records": state.delivered, "ended": dict(sorted(state.ended.items())),
            "left_out": state.left_out, "beside": state.beside,
            "faults": state.faults, "faults_not_shown": max(0, left),
        }  # fmt: skip

    def _look(self) -> Look:
        seen = look(self.claim.path, self._pattern.charset if self._pattern else "")
        state = self._state
        if state.sha256 not in ("", seen.sha256):
            state.plan = ""  # it was written on since: all of it comes again, what is the same as repeats
        state.sha256, state.size = seen.sha256, seen.size
        state.charset, state.repaired = seen.charset, seen.repaired
        return seen

    def _is_repeat(self, seen: Look) -> bool:
        """Tell whether all that it says was stored already; then that is its verdict."""
        state = self._state
        if state.delivered or not self._door.skip:
            return False
        before = self._door.journal.same(seen.sha256, state.plan, self.claim.id)
        if before is None:
            return False
        state.verdict = "repeat"
        state.why = {"same_as": str(before.get("file", "")), "taken": str(before.get("at", ""))}
        return True

    def _open(self, seen: Look) -> Opened:
        if self._pattern is None:
            raise Broken(Faulty("unknown-format", 0, {"known": KNOWN}))
        opened = open_file(self.claim.path, self._pattern, seen, self._door.views, self._door.bounds)
        state = self._state
        if state.plan != opened.plan:  # other records than those that were counted
            self.claim.state = self._state = State(
                state.name, state.sha256, state.size, state.charset, state.repaired, begun=state.begun
            )
            self._first = 0
        self._state.plan, self._state.view = opened.plan, opened.view
        self._heading = opened.heading
        return opened

    def _as_before(self, seen: Look) -> bool:
        return self.claim.path.stat().st_size == seen.size

    async def _broken(self, error: Broken | OSError) -> bool:
        """End a file that can be read no further; return whether it has its verdict.

        Raises:
            OSError: its disk or folder may be well again later.
        """
        if isinstance(error, OSError) and not isinstance(error, PermissionError):
            await self._delivery.drop()
            raise error
        faulty = error.faulty if isinstance(error, Broken) else Faulty(
            "unreadable-file", 0, {"why": error.strerror or type(error).__name__}
        )  # fmt: skip
        try:
            await self._delivery.drain()
            await self._failed(faulty)
        except Stopped:
            await self._delivery.leave()
            return False
        return True

    async def _save(self) -> None:
        """Remember how far it is; where that cannot be done, more is handed over again after a stop."""
        self._saved = time.monotonic()
        try:
            await asyncio.to_thread(self.claim.save)
        except OSError as error:
            self._door.told(f"the folder cannot be used: {error.strerror or type(error).__name__}")

    async def _deliver(self, opened: Opened) -> None:
        """Hand over what comes after the records that have ended.

        Raises:
            Stopped: in the middle.
        """
        self._count = self._state.delivered
        items = islice(opened.items, self._state.delivered, None)
        while chunk := await asyncio.to_thread(lambda: list(islice(items, AT_ONCE))):
            for one in chunk:
                self._count += 1
                line = one.line if isinstance(one, Record | Faulty) else 1
                item = one if isinstance(one, Faulty) else None
                told = partial(self._ended, line=line, faulty=item)
                await self._delivery.add(self._envelope(one, self._count), told)
            if time.monotonic() - self._saved > SAVED:
                await self._save()
        await self._delivery.drain()

    async def _failed(self, faulty: Faulty) -> None:
        """Set a file aside as a whole; the inbox has an entry that says why."""
        self._state.why = {"fault": faulty.fault, "reason": faulty.reason, "reason_zh": faulty.reason_zh}
        await self._delivery.add(self._envelope(faulty, 0), lambda ended: None)
        await self._delivery.drain()
        self._state.verdict = "failed"

    def _envelope(self, item: Item, number: int) -> Envelope:
        moment, state = now_us(), self._state
        system = (self._pattern.system if self._pattern else "") or self._door.system
        meta = {"file": shown(state.name), "claim": self.claim.id}
        file, control = f"{shown(state.name)}#{self.claim.id}", f"{self.claim.id}-{number}"
        content, raw, said = handed(item, state.view, system, file, control)
        meta |= said
        return Envelope(
            new_envelope_id(moment), self._door.tenant, self._door.adapter, "", moment, content, "", raw, meta
        )

    def _ended(self, ended: Ended, line: int, faulty: Faulty | None) -> None:
        state = self._state
        if faulty is not None and faulty.text:
            self.claim.add_to_mend(self._heading, faulty.text)
        state.delivered += 1
        state.line = max(line, state.line)
        key = f"{ended.state} {ended.reason}".strip()
        state.ended[key] += 1
        if ended.state != "stored" and len(state.faults) < SHOWN:
            state.faults.append(
                {"line": line, "state": ended.state, "reason": ended.reason}
                | ({"said": faulty.reason, "said_zh": faulty.reason_zh} if faulty else {})
            )

    def _waits(self, reason: str) -> None:
        self._door.told(f"waits: {reason}" if reason else "")
