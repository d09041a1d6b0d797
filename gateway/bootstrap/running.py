"""Running: what one process consists of, and how it starts and stops."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.api.read_trail import ReadTrail
from gateway.api.server import Server
from gateway.bootstrap.address import root
from gateway.canonical import garbage
from gateway.errors import Misconfigured
from gateway.feed.alerting import Alerting
from gateway.feed.matching import MatchingWorker
from gateway.feed.relay import RelayWorker
from gateway.feed.subscription import Worker
from gateway.mapping import Maps
from gateway.pipeline.asking import Asking
from gateway.pipeline.engine import Engine
from gateway.settings import Settings
from gateway.spec import AdapterSpec, Source
from gateway.spec import Asking as Asks
from gateway.store import Store

_LOG = logging.getLogger("qiao")

SWITCH_INTERVAL = 0.001
"""Seconds that the writer may hold the interpreter while the doors wait; with Python's 5 ms the
acknowledgements of a batch trickle out one switch at a time (about 10% fewer messages a second)."""

BACKLOG = 2048
"""Connections that wait to be taken; as many as uvicorn says."""

STOP_SECONDS = 20.0
"""What is under way is given to end when the gateway stops; then nobody waits for the database any more."""


@dataclass(slots=True)
class Gateway:
    """Everything that one process runs.

    Attributes:
        worker: notifies subscribers.
        relay: sends the ledgers to their receivers.
        writeback: tells every HIS what was created here.
        matching: says which patients may be one person.
        alerting: looks at what is due, late, over or missing.
        trail: writes who read what; None: the server only reads.
        asking: answers the questions that come through the doors.
        doors: open adapters by id.
        closed: why an adapter that nobody set up is not open, by id.
    """

    settings: Settings
    store: Store
    maps: Maps
    adapters: Mapping[str, AdapterSpec]
    engine: Engine
    worker: Worker
    relay: RelayWorker
    writeback: RelayWorker
    matching: MatchingWorker
    alerting: Alerting
    trail: ReadTrail | None
    asking: Asking
    doors: dict[str, Source]
    server: Server
    listening: socket.socket
    closed: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Base URL of the FHIR API."""
        return f"{root(self.settings.api, self.listening)}/fhir"

    @property
    def addresses(self) -> dict[str, str]:
        """Bound address of every door."""
        return {name: str(door.status()["address"]) for name, door in self.doors.items()}


def settle() -> None:
    """Let the threads of this process take turns quickly, and look for garbage seldom: it is built."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    garbage.settle()


async def start(gateway: Gateway) -> asyncio.Task[None]:
    """Finish what was left unfinished, open the API, then the doors; returns the API's task.

    A second gateway on one machine needs no settings either: a door that has none, and whose port is taken,
    stays closed (``Gateway.closed``).
    """
    settle()
    await gateway.engine.start()
    gateway.listening.listen(BACKLOG)  # from here on nobody is turned away, though the task has not run yet
    api = asyncio.create_task(gateway.server.serve(sockets=[gateway.listening]))
    gateway.worker.start()
    gateway.relay.start()
    gateway.writeback.start()
    gateway.matching.start()
    gateway.alerting.start()
    gateway.store.exports.resume()
    for name, door in list(gateway.doors.items()):
        if isinstance(door, Asks):
            door.answered_by(gateway.asking)
        try:
            await door.start(gateway.engine.deliver)
        except Misconfigured as error:
            if error.code != "cannot-bind" or name in gateway.settings.adapters:
                raise
            gateway.closed[name] = error.reason
            del gateway.doors[name]
    return api


async def stop(gateway: Gateway, api: asyncio.Task[None], seconds: float = STOP_SECONDS) -> None:
    """Close the doors, end what is under way, close the API and the store.

    Args:
        seconds: how long a database that hangs is waited for.
    """
    end = asyncio.get_running_loop().call_later(seconds, _abandon, gateway.store)
    try:
        await _stop(gateway, api)
    finally:
        end.cancel()


def _abandon(store: Store) -> None:
    _LOG.warning("the gateway stops without waiting for the store any longer")
    store.abandon()


async def _stop(gateway: Gateway, api: asyncio.Task[None]) -> None:
    await asyncio.gather(*(door.stop() for door in gateway.doors.values()))
    await asyncio.gather(
        *(
            asyncio.to_thread(one.stop)
            for one in (gateway.worker, gateway.relay, gateway.writeback, gateway.matching, gateway.alerting)
        )
    )
    gateway.asking.close()
    if gateway.trail is not None:
        await gateway.trail.close()
    await gateway.engine.stop()
    gateway.server.should_exit = True
    with suppress(asyncio.CancelledError):
        await api
    gateway.listening.close()
    await asyncio.to_thread(gateway.store.close)
