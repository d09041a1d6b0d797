"""Bootstrap: the only composition root; settings → wired gateway, about a screen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import local

from gateway import registry
from gateway.api import Context, Options, create_app
from gateway.api.context import Examine
from gateway.api.front import protect
from gateway.api.server import Server
from gateway.bootstrap import address, questions, regulator
from gateway.bootstrap.running import Gateway, start, stop
from gateway.bootstrap.worker import command, maps_of
from gateway.feed.alerting import Alerting
from gateway.feed.matching import MatchingWorker
from gateway.feed.relay import open_relay
from gateway.feed.subscription import Notifier, Worker, load_topics
from gateway.feed.visit.from_platform import from_platform
from gateway.feed.writeback import open_writeback
from gateway.matching import load_rules
from gateway.pipeline.engine import Engine, Parts
from gateway.pipeline.workers import Staff
from gateway.policy import policy_of
from gateway.security import Clients
from gateway.security.signature import open_signatures
from gateway.settings import CLIENTS, Settings, clients_file, guard, is_loopback
from gateway.spec import AdapterSpec, Lays, Source
from gateway.store import Store, open_store
from gateway.store.export import Limits
from gateway.validation import Examination, Validator, draft_validator, examine, terminology_of, validator_of
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
    registry.check_names(adapters, settings.adapters, settings.file)
    doors = _doors(settings, adapters)
    maps = maps_of(settings)
    for door in doors.values():
        maps.layouts.check_named(door.layouts if isinstance(door, Lays) else {})
    rules = load_rules(Path(settings.matching.rules) if settings.matching.rules else None)
    validate = draft_validator(settings)
    terminology = terminology_of(settings)
    clients = _clients(settings)
    listening = address.bind(settings.api)
    store = _store(settings, terminology)
    base = partial(address.base, settings.api, listening)
    signatures = open_signatures(settings.signatures)
    obligations = regulator.obligations(settings, store)
    visits = regulator.visits(settings, store, signatures, obligations)
    regulator.warn_unsigned(settings)
    pull = regulator.pull(settings, store, signatures, base)
    parts = Parts(
        store, maps, adapters, settings.pipeline, validate, _trail(settings, trail), _staff(settings)
    )
    engine = Engine(parts)
    notifier = _notifier(settings, store)
    worker = Worker(
        store, notifier, engine.write, base,
        may=lambda client, tenant: clients.may(client, tenant, "subscribe"), limited=clients.limited,
    )  # fmt: skip
    serials = from_platform(settings, engine.write, visits.hospitals)
    relay = open_relay(settings, store, base, serials, signatures)
    served = Context(
        store, _options(settings), maps, terminology, _examine(settings), engine.write, notifier,
        lambda tenant: policy_of(settings.tenant(tenant)), visits, pull, obligations,
        rules, lambda: {name: door.status() for name, door in doors.items()}, regulator.delta_rules(settings),
    )  # fmt: skip
    server = _server(settings, served, clients)
    alerting = Alerting(
        obligations, sorted({*settings.tenants, *settings.supervision}),
        write=engine.write, escalate=regulator.critical_rules(settings).escalate,
    )  # fmt: skip
    return Gateway(
        settings,
        store,
        maps,
        adapters,
        engine,
        worker,
        relay,
        open_writeback(settings, store, maps),
        MatchingWorker(store, rules, settings.matching, engine.write),
        alerting,
        served.trail,
        questions.asking(settings, store, maps, served.trail),
        doors,
        server,
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


def _server(settings: Settings, served: Context, clients: Clients) -> Server:
    limits = settings.api
    nameless = is_loopback(limits.host) and not (limits.behind_proxy or limits.public_url)
    app = protect(create_app(served, registry.version()), clients, nameless=nameless)
    return Server(app, cert=limits.tls_cert, key=limits.tls_key, max_connections=limits.max_connections)


async def serve(settings: Settings, ready: Callable[[Gateway], None] | None = None) -> None:
    """Run a gateway until SIGINT or SIGTERM."""
    gateway = build(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    api = await start(gateway)
    try:
        if ready:
            ready(gateway)
        await asyncio.wait({api, loop.create_task(stopped.wait())}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stop(gateway, api)


def _options(settings: Settings) -> Options:
    return Options(
        public_url=settings.api.public_url,
        validate=settings.api.validate,
        import_hosts=settings.bulk.import_hosts,
        public=frozenset(name for name, one in settings.tenants.items() if one.public),
        audited=frozenset(name for name, one in settings.tenants.items() if one.audit_reads),
    )


def _examine(settings: Settings) -> Examine:
    """Return what checks a body for the API: each thread has a validator, none waits for another's body."""
    own = local()

    def check(data: bytes, profiles: Sequence[str]) -> Examination:
        validator: Validator | None = getattr(own, "validator", None)
        if validator is None:
            validator = own.validator = validator_of(settings)
        validator.refresh()
        return examine(validator, data, profiles)

    return check


def _notifier(settings: Settings, store: Store) -> Notifier:
    wanted, api = settings.subscriptions, settings.api
    topics = load_topics(Path(wanted.topics) if wanted.topics else None, store.zone)
    return Notifier(store, topics, wanted, loopback=is_loopback(api.host) and not api.behind_proxy)


def _clients(settings: Settings) -> Clients:
    """Return who may use the API; a port that others can reach needs somebody who may."""
    clients = Clients(
        clients_file(settings), settings.api.token, sees=lambda tenant: settings.tenant(tenant).regulator_sees
    )
    where, api = f"{settings.file or 'settings'} [api]", settings.api
    guard(where, api.host, {CLIENTS: clients.some}, (CLIENTS,), proxied=api.behind_proxy)
    return clients


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
