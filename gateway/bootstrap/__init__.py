"""Bootstrap: the only composition root; settings → wired gateway, about a screen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from gateway import registry
from gateway.bootstrap import address, api, questions, regulator
from gateway.bootstrap.running import Gateway, start, stop
from gateway.bootstrap.worker import command, maps_of
from gateway.feed.matching import MatchingWorker
from gateway.feed.writeback import open_writeback
from gateway.matching import load_rules
from gateway.pipeline.engine import Engine, Parts
from gateway.pipeline.workers import Staff
from gateway.settings import Settings
from gateway.spec import AdapterSpec, Lays, Source
from gateway.store import Store, open_store
from gateway.store.export import Limits
from gateway.validation import draft_validator, terminology_of
from gateway.validation.terminology import Searched, Terminology

__all__ = ["Gateway", "build", "serve", "start", "stop"]


MOST_WORKERS = 2
"""Processes that are started where nobody says how many: what two of them map, one writer can just store."""


def build(settings: Settings, trail: str = "trail") -> Gateway:
    """Wire a gateway; nothing runs yet, but the store is open and the API's port is bound.

    Args:
        trail: end of the name of its trail's file: a second process beside a gateway needs one of its own.

    Raises:
        Misconfigured: settings, maps or adapters are wrong, or the port is taken.
        Retry: the store cannot be opened now.
    """
    registry.one_root()
    adapters = registry.find()
    doors, maps = _doors(settings, adapters), maps_of(settings)
    for door in doors.values():
        maps.layouts.check_named(door.layouts if isinstance(door, Lays) else {})
    rules = load_rules(Path(settings.matching.rules) if settings.matching.rules else None)
    validate, terminology = draft_validator(settings), terminology_of(settings)
    clients = api.clients(settings)
    listening = address.bind(settings.api)
    store = _store(settings, terminology)
    base = partial(address.base, settings.api, listening)
    supervised = regulator.supervise(settings, store, base)
    kept = _trail(settings, trail)
    engine = Engine(Parts(store, maps, adapters, settings.pipeline, validate, kept, _staff(settings)))
    served = api.context(settings, store, maps, terminology, supervised, rules, engine.write, doors)
    return Gateway(
        settings,
        store,
        maps,
        adapters,
        engine,
        api.worker(settings, served, clients, base),
        regulator.relay(settings, store, base, supervised, engine.write),
        open_writeback(settings, store, maps),
        MatchingWorker(store, rules, settings.matching, engine.write),
        regulator.alerting(settings, supervised, engine.write),
        served.trail,
        questions.asking(settings, store, maps, served.trail),
        doors,
        api.server(settings, served, clients),
        listening,
    )


def _staff(settings: Settings) -> Staff | None:
    """Return how processes beside this one are started: as many as there are cores for, up to a few."""
    said = settings.pipeline
    count = min((os.cpu_count() or 1) - 1, MOST_WORKERS) if said.workers < 0 else said.workers
    return Staff(count, command, settings, said.attempts) if count > 0 else None


def _store(settings: Settings, terminology: Terminology) -> Store:
    """Open the store; its searches understand codes, and its exports keep to the limits."""
    wanted = settings.store
    store = open_store(
        wanted.url, synchronous=wanted.synchronous, zone=wanted.zone, answer_seconds=wanted.answer_seconds
    )
    store.understand(Searched(terminology))
    store.exports.limits = Limits(settings.bulk.running, settings.bulk.kept, settings.bulk.hours * 3600)
    return store


async def serve(settings: Settings, ready: Callable[[Gateway], None] | None = None) -> None:
    """Run a gateway until SIGINT or SIGTERM."""
    gateway = build(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    task = await start(gateway)
    try:
        if ready:
            ready(gateway)
        await asyncio.wait({task, loop.create_task(stopped.wait())}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stop(gateway, task)


def _doors(settings: Settings, adapters: Mapping[str, AdapterSpec]) -> dict[str, Source]:
    """Return the doors; one that has no port looks somewhere by itself, so somebody has to say where."""
    doors = {}
    for name, spec in adapters.items():
        options = registry.options(spec, settings.adapters.get(name, {}), settings.file)
        if options.pop("enabled") and registry.opens(spec, settings.adapters):
            doors[name] = spec.source(options)
    return doors


def _trail(settings: Settings, end: str) -> Path | None:
    """Return the place of the trail, beside the store; a store that is no file of ours has none."""
    return Path(f"{settings.store.file}-{end}") if settings.store.file else None
