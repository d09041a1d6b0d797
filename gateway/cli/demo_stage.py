"""The demo's stage: the gateway here, the others as processes, and when all of it is done."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gateway.cli.demo_foreign import Program, Regulator
from gateway.cli.demo_settings import RECEIVER, Lines
from gateway.cli.demo_told import checked, told

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway
    from gateway.cli.demo_target import Guests

DRAIN = 30.0
"""Seconds after the day until everything that is owed must have been delivered."""
QUIET = 1.5
"""Seconds in which nothing comes in before all that lies in databases and folders counts as taken."""
COUNTERSIGNED = 5.0
"""Seconds between two countersignatures while the day goes on."""


class Stage:
    """What plays: the gateway here, the others as processes.

    Attributes:
        visits: the internet hospital's front end, None before it starts.
        branch: the HIS without HL7 v2, likewise; ``laboratory``: the analysers.
        interface: the tables into which it is told what was created here; URL of SQLAlchemy.
        guests: who has a token; None where nobody is asked for one.
        lines: of analysers, beside their ports.
    """

    def __init__(
        self,
        gateway: Gateway,
        api: asyncio.Task[None],
        platform: Regulator,
        guests: Guests | None = None,
        *,
        interface: str = "",
    ) -> None:
        self.gateway, self._api, self.platform, self.guests = gateway, api, platform, guests
        self.interface = interface
        self.visits: Program | None = None
        self.branch: Program | None = None
        self.laboratory: Program | None = None
        self.lines = Lines()
        self.signed = 0

    async def close(self) -> None:
        """Stop the gateway."""
        from gateway import bootstrap

        await bootstrap.stop(self.gateway, self._api)

    def feed(self) -> dict[str, int]:
        """Return how the ledger stands with the regulator: entries, acknowledged, still open, exceptions."""
        store = self.gateway.store
        size = store.ledger.head("default").size
        found = next((one for one in store.deliveries.receivers("default") if one.name == RECEIVER), None)
        counts = {} if found is None else store.deliveries.counts(found)
        done, stuck = counts.get("acknowledged", 0), counts.get("refused", 0) + counts.get("held", 0)
        return {"ledger": size, "acknowledged": done, "open": size - done, "exceptions": stuck}

    def critical(self) -> int:
        """Return how many critical values nobody has acknowledged."""
        from gateway.feed.critical import tasks

        return sum(1 for _ in tasks(self.gateway.store, "default"))

    async def fetched(self) -> None:
        """Wait until what lies in the branch's database and folder was fetched: nothing comes any more."""
        until, before, since = time.monotonic() + DRAIN, -1, time.monotonic()
        while time.monotonic() < min(until, since + QUIET):
            received = self.gateway.engine.counters.received
            if received != before or self.gateway.engine.under_way:
                before, since = received, time.monotonic()
            await asyncio.sleep(0.1)

    async def drain(self) -> None:
        """Wait until nothing is on its way to the regulator or the branch any more, or it takes too long."""
        until = time.monotonic() + DRAIN
        while time.monotonic() < until:
            feed = self.feed()
            if feed["open"] <= feed["exceptions"] and not told(self.gateway.store)["open"]:
                return
            await asyncio.sleep(0.1)

    def token(self, client: str) -> str:
        """Return the token of a client, ``""`` where nobody is asked for one."""
        return self.guests.tokens[client] if self.guests else ""

    async def countersign(self) -> None:
        """Let the regulator sign the head of what it has."""
        asked = {"hospital": self.gateway.url.removesuffix("/fhir"), "token": self.token("regulator")}
        with suppress(OSError, ValueError):
            answer = await asyncio.to_thread(self.platform.tell, "/countersign", asked)
            self.signed = answer.get("countersigned", 0)

    async def countersigning(self) -> None:
        """Let it do so again and again."""
        while True:
            await asyncio.sleep(COUNTERSIGNED)
            await self.countersign()

    async def figures(self, seconds: float) -> dict[str, Any]:
        """Return everything that ``--json`` prints."""
        counters = self.gateway.engine.counters
        return {
            "received": counters.received,
            "stored": counters.stored,
            "quarantined": counters.quarantined.total(),
            "refused": counters.refused,
            "repeats": counters.repeats,
            "rejected": counters.rejected.total(),
            "released": counters.recovered,
            "doors": {name: dict(ends) for name, ends in sorted(counters.doors.items())},
            "branch": self.branch.newest if self.branch else {},
            "laboratory": self.laboratory.newest if self.laboratory else {},
            "resources": dict(sorted(self.gateway.store.counts("default").resources.items())),
            "visits": self.visits.newest if self.visits else {},
            "feed": await self._checked(),
            "writeback": await checked(self.gateway.store, self.interface),
            "seconds": seconds,
        }

    async def _checked(self) -> dict[str, Any]:
        """Return the feed, and whether both sides hold the same: the chain here, the entries there."""
        verified = await asyncio.to_thread(self.gateway.store.ledger.verify, "default")
        state: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            state = await asyncio.to_thread(self.platform.state)
        theirs = state.get("ledgers", {}).get("default", {})
        feed = self.feed()
        chain = verified.ok and theirs.get("head", "") == self.gateway.store.ledger.head("default").head.hex()
        whole = chain and not state.get("faults") and feed["open"] == 0
        return {**feed, "chain": chain, "countersigned": self.signed, "regulator": state, "whole": whole}
