"""Bootstrap: the only composition root; settings → wired gateway, about a screen."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import uvicorn

from gateway import registry
from gateway.api import create_app
from gateway.api.context import Examine
from gateway.canonical import garbage
from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.pipeline.engine import Engine, Parts
from gateway.security import BearerToken
from gateway.settings import ApiSettings, Settings
from gateway.spec import AdapterSpec, Source
from gateway.store import Store, open_store
from gateway.validation import Examination, Validator, draft_validator, examine, terminology_of, validator_of

SWITCH_INTERVAL = 0.001
"""Seconds that the writer may hold the interpreter while the doors wait; with Python's 5 ms the
acknowledgements of a batch trickle out one switch at a time (about 10% fewer messages a second)."""


@dataclass(slots=True)
class Gateway:
    """Everything that one process runs.

    Attributes:
        doors: open adapters by id.
    """

    settings: Settings
    store: Store
    maps: Maps
    adapters: Mapping[str, AdapterSpec]
    engine: Engine
    doors: Mapping[str, Source]
    server: uvicorn.Server
    listening: socket.socket

    @property
    def url(self) -> str:
        """Base URL of the FHIR API."""
        host, port = self.listening.getsockname()[:2]
        scheme = "https" if self.settings.api.tls_cert else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/fhir"

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
    listening = _bind(settings.api)
    store = open_store(settings.store.url, synchronous=settings.store.synchronous)
    parts = Parts(store, maps, adapters, settings.pipeline, validate, _trail(settings.store.url))
    engine = Engine(parts)
    api = create_app(
        store, version=registry.version(), maps=maps, terminology=terminology, examine=_examine(settings)
    )
    app = BearerToken(api, settings.api.token)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False,
        ssl_certfile=settings.api.tls_cert or None, ssl_keyfile=settings.api.tls_key or None,
    )  # fmt: skip
    return Gateway(settings, store, maps, adapters, engine, doors, _Server(config), listening)


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


def _examine(settings: Settings) -> Examine:
    """Return what checks a body for the API: a validator of its own, one body at a time."""
    made: list[Validator] = []
    lock = Lock()

    def check(data: bytes, profiles: Sequence[str]) -> Examination:
        with lock:
            if not made:
                made.append(validator_of(settings))
            return examine(made[0], data, profiles)

    return check


async def start(gateway: Gateway) -> asyncio.Task[None]:
    """Finish what was left unfinished, open the API, then the doors; returns the API's task."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    garbage.settle()
    await gateway.engine.start()
    api = asyncio.create_task(gateway.server.serve(sockets=[gateway.listening]))
    for door in gateway.doors.values():
        await door.start(gateway.engine.deliver)
    return api


async def stop(gateway: Gateway, api: asyncio.Task[None]) -> None:
    """Close the doors, end what is under way, close the API and the store."""
    await asyncio.gather(*(door.stop() for door in gateway.doors.values()))
    await gateway.engine.stop()
    gateway.server.should_exit = True
    with suppress(asyncio.CancelledError):
        await api
    gateway.listening.close()
    gateway.store.close()


class _Server(uvicorn.Server):
    """A server that leaves the signals to :func:`serve`: the doors close first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _doors(settings: Settings, adapters: Mapping[str, AdapterSpec]) -> dict[str, Source]:
    doors = {}
    for name, spec in adapters.items():
        options = registry.options(spec, settings.adapters.get(name, {}), settings.file)
        if options.pop("enabled"):
            doors[name] = spec.source(options)
    return doors


def _trail(url: str) -> Path | None:
    """Return the place of the trail, beside the store; a store that is no file of ours has none."""
    path = url.removeprefix("sqlite:///")
    return Path(f"{path}-trail") if path != url else None


def _bind(api: ApiSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in api.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((api.host, api.port))
    except OSError as error:
        listening.close()
        said = f"cannot bind {api.host}:{api.port}: {error.strerror}; set another port"
        raise Misconfigured(said, where="[api]") from error
    return listening
