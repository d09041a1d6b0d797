"""API: who may use it, what it serves and who is notified of it, wired from the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import local

from gateway import registry
from gateway.api import Context, Options, create_app
from gateway.api.context import Examine, Write
from gateway.api.front import protect
from gateway.api.server import Server
from gateway.bootstrap import regulator
from gateway.bootstrap.address import Base
from gateway.bootstrap.regulator import Supervision
from gateway.feed.subscription import Notifier, Worker, load_topics
from gateway.mapping import Maps
from gateway.matching import Rules
from gateway.policy import policy_of
from gateway.security import Clients
from gateway.settings import CLIENTS, Settings, clients_file, guard, is_loopback
from gateway.spec import Source
from gateway.store import Store
from gateway.validation import Examination, Validator, examine, validator_of
from gateway.validation.terminology import Terminology


def clients(settings: Settings) -> Clients:
    """Return who may use the API; a port that others can reach needs somebody who may."""
    found = Clients(
        clients_file(settings), settings.api.token, sees=lambda tenant: settings.tenant(tenant).regulator_sees
    )
    where, api = f"{settings.file or 'settings'} [api]", settings.api
    guard(where, api.host, {CLIENTS: found.some}, (CLIENTS,), proxied=api.behind_proxy)
    return found


def context(
    settings: Settings,
    store: Store,
    maps: Maps,
    terminology: Terminology,
    supervised: Supervision,
    rules: Rules,
    write: Write,
    doors: Mapping[str, Source],
) -> Context:
    """Return what the API serves. Raises ``Misconfigured``: topics or rules are wrong."""
    return Context(
        store, _options(settings), maps, terminology, _examine(settings), write, _notifier(settings, store),
        lambda tenant: policy_of(settings.tenant(tenant)), supervised.visits, supervised.pull,
        supervised.obligations, rules, lambda: {name: door.status() for name, door in doors.items()},
        regulator.delta_rules(settings),
    )  # fmt: skip


def worker(settings: Settings, served: Context, clients: Clients, base: Base) -> Worker:
    """Return what notifies subscribers, as long as they may subscribe."""
    assert served.notifier is not None
    assert served.write is not None
    return Worker(
        served.store, served.notifier, served.write, base,
        may=lambda client, tenant: clients.may(client, tenant, "subscribe"), limited=clients.limited,
    )  # fmt: skip


def server(settings: Settings, served: Context, clients: Clients) -> Server:
    """Return what answers at the port, behind what keeps others out."""
    limits = settings.api
    nameless = is_loopback(limits.host) and not (limits.behind_proxy or limits.public_url)
    app = protect(create_app(served, registry.version()), clients, nameless=nameless)
    return Server(app, cert=limits.tls_cert, key=limits.tls_key, max_connections=limits.max_connections)


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
