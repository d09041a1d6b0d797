"""Bootstrap: the only composition root; settings → wired gateway, about a screen."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import local

from gateway import registry
from gateway.api import Options, create_app
from gateway.api.context import Examine
from gateway.api.front import protect
from gateway.api.server import Server, bind
from gateway.canonical import garbage
from gateway.errors import Misconfigured
from gateway.feed.bundle import Bundler, Seal
from gateway.feed.feedback import Feedback
from gateway.feed.governors import Governors
from gateway.feed.institution import Institutions
from gateway.feed.pull import Pull
from gateway.feed.relay import RelayWorker, open_relay
from gateway.feed.subscription import Notifier, Worker, load_topics
from gateway.feed.supervising import Supervisor
from gateway.feed.supervision import Supervision
from gateway.feed.visit.governor import Visits
from gateway.feed.visit.hospital import bookkeeping_of
from gateway.mapping import Maps, load_maps
from gateway.pipeline.engine import Engine, Parts
from gateway.policy import policy_of
from gateway.security import DEFAULT_TENANT, Clients
from gateway.security.signature import open_signatures
from gateway.settings import CLIENTS, ApiSettings, Settings, clients_file, guard, is_loopback
from gateway.spec import AdapterSpec, Source
from gateway.store import Store, open_store
from gateway.store.export import Limits
from gateway.validation import Examination, Validator, draft_validator, examine, terminology_of, validator_of
from gateway.validation.terminology import Searched

SWITCH_INTERVAL = 0.001
"""Seconds that the writer may hold the interpreter while the doors wait; with Python's 5 ms the
acknowledgements of a batch trickle out one switch at a time (about 10% fewer messages a second)."""

BACKLOG = 2048
"""Connections that wait to be taken; as many as uvicorn says."""


@dataclass(slots=True)
class Gateway:
    """Everything that one process runs.

    Attributes:
        worker: notifies subscribers.
        relay: sends the ledgers to their receivers.
        supervisor: looks at what is due, late, over or missing.
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
    supervisor: Supervisor
    doors: dict[str, Source]
    server: Server
    listening: socket.socket
    closed: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Base URL of the FHIR API."""
        return f"{_root(self.settings.api, self.listening)}/fhir"

    @property
    def addresses(self) -> dict[str, str]:
        """Bound address of every door."""
        return {name: str(door.status()["address"]) for name, door in self.doors.items()}


def build(settings: Settings) -> Gateway:
    """Wire a gateway; nothing runs yet, but the store is open and the API's port is bound.

    Raises:
        Misconfigured: settings, maps or adapters are wrong, or the port is taken.
        Retry: the store cannot be opened now.
    """
    registry.one_root()
    adapters = registry.find()
    registry.check_names(adapters, settings.adapters, settings.file)
    doors = _doors(settings, adapters)
    maps = load_maps(
        Path(settings.mapping.root) if settings.mapping.root else None,
        Path(settings.mapping.codes) if settings.mapping.codes else None,
    )
    validate = draft_validator(settings)
    terminology = terminology_of(settings)
    clients = _clients(settings)
    listening = _bind(settings.api)
    store = open_store(settings.store.url, synchronous=settings.store.synchronous, zone=settings.store.zone)
    store.understand(Searched(terminology))
    store.exports.limits = Limits(settings.bulk.running, settings.bulk.kept, settings.bulk.hours * 3600)
    supervision = _supervision(settings, store)
    visits = _visits(settings, store, supervision)
    parts = Parts(store, maps, adapters, settings.pipeline, validate, _trail(settings))
    engine = Engine(parts)
    notifier = _notifier(settings, store)
    worker = Worker(
        store, notifier, engine.write, lambda tenant: _base(settings.api, listening, tenant),
        may=lambda client, tenant: clients.may(client, tenant, "subscribe"), limited=clients.limited,
    )  # fmt: skip
    relay = open_relay(
        settings, store, lambda tenant: _base(settings.api, listening, tenant), engine.write,
        visits.hospitals, open_signatures(settings.signatures),
    )  # fmt: skip
    api = create_app(
        store, _options(settings), registry.version(), maps, terminology,
        _examine(settings), engine.write, notifier, lambda tenant: policy_of(settings.tenant(tenant)),
        visits, _pull(settings, store, listening), supervision,
    )  # fmt: skip
    app, limits = protect(api, clients), settings.api
    server = Server(app, cert=limits.tls_cert, key=limits.tls_key, max_connections=limits.max_connections)
    supervisor = Supervisor(supervision, sorted({*settings.tenants, *settings.supervision}))
    return Gateway(
        settings, store, maps, adapters, engine, worker, relay, supervisor, doors, server, listening
    )


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


def _supervision(settings: Settings, store: Store) -> Supervision:
    """Return what each tenant owes its regulator; what is set wrong stops the start."""
    supervision = Supervision(store, settings.tenant, settings.supervised)
    for tenant in {DEFAULT_TENANT, *settings.tenants, *settings.supervision}:
        supervision.duties(tenant)
    return supervision


def _visits(settings: Settings, store: Store, supervision: Supervision) -> Visits:
    """Let internet visits be governed, and the books of each tenant be kept as its settings say."""
    for tenant in {DEFAULT_TENANT, *settings.tenants}:
        store.keep_books(tenant, bookkeeping_of(settings.tenant(tenant)))
        policy_of(settings.tenant(tenant))  # a pack that is wrong stops the start, not the first prescription
    visits = Visits(settings.tenant, open_signatures(settings.signatures))
    store.govern(Governors(Feedback(supervision.duties), visits))
    return visits


def _pull(settings: Settings, store: Store, listening: socket.socket) -> Pull:
    """Return what serves the ledgers to those who come for them."""
    signatures = open_signatures(settings.signatures)

    def seal(tenant: str) -> Seal | None:
        key = settings.tenant(tenant).sign_key
        return Seal(signatures, key) if key else None

    institutions = Institutions(store, settings.tenant)
    bundler = Bundler(lambda tenant: _base(settings.api, listening, tenant), institutions.of, seal)
    return Pull(store, bundler, settings.tenant, signatures)


def _options(settings: Settings) -> Options:
    return Options(
        public_url=settings.api.public_url,
        validate=settings.api.validate,
        import_hosts=settings.bulk.import_hosts,
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


async def start(gateway: Gateway) -> asyncio.Task[None]:
    """Finish what was left unfinished, open the API, then the doors; returns the API's task.

    A second gateway on one machine needs no settings either: a door that has none, and whose port is taken,
    stays closed (``Gateway.closed``).
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    garbage.settle()
    await gateway.engine.start()
    gateway.listening.listen(BACKLOG)  # from here on nobody is turned away, though the task has not run yet
    api = asyncio.create_task(gateway.server.serve(sockets=[gateway.listening]))
    gateway.worker.start()
    gateway.relay.start()
    gateway.supervisor.start()
    gateway.store.exports.resume()
    for name, door in list(gateway.doors.items()):
        try:
            await door.start(gateway.engine.deliver)
        except Misconfigured as error:
            if error.code != "cannot-bind" or name in gateway.settings.adapters:
                raise
            gateway.closed[name] = error.reason
            del gateway.doors[name]
    return api


async def stop(gateway: Gateway, api: asyncio.Task[None]) -> None:
    """Close the doors, end what is under way, close the API and the store."""
    await asyncio.gather(*(door.stop() for door in gateway.doors.values()))
    await asyncio.gather(
        *(asyncio.to_thread(one.stop) for one in (gateway.worker, gateway.relay, gateway.supervisor))
    )
    await gateway.engine.stop()
    gateway.server.should_exit = True
    with suppress(asyncio.CancelledError):
        await api
    gateway.listening.close()
    gateway.store.close()


def _notifier(settings: Settings, store: Store) -> Notifier:
    wanted, api = settings.subscriptions, settings.api
    topics = load_topics(Path(wanted.topics) if wanted.topics else None, store.zone)
    return Notifier(store, topics, wanted, loopback=is_loopback(api.host) and not api.behind_proxy)


def _root(api: ApiSettings, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"{'https' if api.tls_cert else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _base(api: ApiSettings, listening: socket.socket, tenant: str) -> str:
    """Return the base URL of a tenant's API as its receivers know it."""
    root = api.public_url.rstrip("/") or _root(api, listening)
    return f"{root}/fhir" if tenant == DEFAULT_TENANT else f"{root}/t/{tenant}/fhir"


def _clients(settings: Settings) -> Clients:
    """Return who may use the API; a port that others can reach needs somebody who may."""
    clients = Clients(
        clients_file(settings), settings.api.token, sees=lambda tenant: settings.tenant(tenant).regulator_sees
    )
    where, api = f"{settings.file or 'settings'} [api]", settings.api
    guard(where, api.host, {CLIENTS: clients.some}, (CLIENTS,), proxied=api.behind_proxy)
    return clients


def _doors(settings: Settings, adapters: Mapping[str, AdapterSpec]) -> dict[str, Source]:
    doors = {}
    for name, spec in adapters.items():
        options = registry.options(spec, settings.adapters.get(name, {}), settings.file)
        if options.pop("enabled"):
            doors[name] = spec.source(options)
    return doors


def _trail(settings: Settings) -> Path | None:
    """Return the place of the trail, beside the store; a store that is no file of ours has none."""
    return Path(f"{settings.store.file}-trail") if settings.store.file else None


def _bind(api: ApiSettings) -> socket.socket:
    try:
        return bind(api.host, api.port)
    except OSError as error:
        said = f"cannot bind {api.host}:{api.port}: {error.strerror}; set another port"
        raise Misconfigured(said, where="[api]") from error
