"""Sections: what ``qiao.toml`` can say, each a dataclass with its defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gateway.settings.casting import Value
from gateway.settings.laboratory import LaboratorySettings
from gateway.settings.matching import MatchingSettings
from gateway.settings.receivers import Receivers
from gateway.settings.regulator import TenantSettings
from gateway.settings.signatures import SignatureSettings
from gateway.settings.supervision import SupervisionSettings
from gateway.settings.writeback import WritebackSettings

_FILE = "sqlite:///"


@dataclass(slots=True, frozen=True)
class StoreSettings:
    """``[store]``: where the inbox and the resources are kept.

    Attributes:
        url: ``sqlite:///qiao.db`` is a file in the working directory; a server is
            ``postgresql://USER@HOST:PORT/DATABASE``, its password better in ``PGPASSWORD`` or ``~/.pgpass``.
        synchronous: ``FULL`` survives a power cut, ``NORMAL`` may lose the last acknowledged messages in
            one, never in a crash of the process (SQLite's ``PRAGMA synchronous``, PostgreSQL's
            ``synchronous_commit``).
        zone: in which dates and times without a zone are read, in searches and in what is searched:
            ``+08:00`` or ``Z``. ``qiao db upgrade`` indexes a store anew where it was another one.
        answer_seconds: how long a database server may work on what it is asked. One that hangs is given up a
            little later by whoever reads, after twice the time by who writes; a file knows no such thing.
    """

    url: str = field(default="sqlite:///qiao.db", repr=False)
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    zone: str = "+08:00"
    answer_seconds: float = 60.0

    @property
    def file(self) -> Path | None:
        """The database file, None where the store is on a server."""
        path = self.url.removeprefix(_FILE)
        return Path(path) if path != self.url else None

    @property
    def place(self) -> str:
        """The URL as people may read it: without a password."""
        return re.sub(
            r"([?&]\w*password=)[^&]*", r"\1***", re.sub(r"(://[^:/?@]*):.*@", r"\1:***@", self.url)
        )


@dataclass(slots=True, frozen=True)
class ApiSettings:
    """``[api]``: the FHIR API.

    Attributes:
        host: address to bind; anything but loopback needs clients, and TLS here or at a proxy.
        port: TCP port, 0 for any free one.
        tls_cert: PEM file with the certificate chain, ``""`` for plain HTTP on loopback.
        tls_key: PEM file with its private key.
        behind_proxy: TLS ends at a proxy in front, and nobody comes past it: plain HTTP is served on whatever
            ``host`` is, to clients only. ``public_url`` says how the proxy is called.
        clients: file with the clients, their roles and tenants (``qiao client``), ``""`` for
            ``clients.toml`` in the folder of the store. Where there is none, only loopback is served.
        token: of one operator of the default tenant beside those clients, ``""`` for none. Better given as
            ``QIAO_API__TOKEN`` than written into a file; better still a client of its own.
        public_url: scheme, host and path prefix as the clients see them (``"https://fhir.example"``),
            ``""``: as each request names them.
        max_connections: open at once; who comes beyond is answered 503.
        validate: what happens to a resource of a client that breaks a rule of R4: ``"strict"``, it is refused
            with everything that is wrong; ``"report"``, it is stored; ``"off"``, nobody looks.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: str = ""
    tls_key: str = ""
    behind_proxy: bool = False
    clients: str = ""
    token: str = ""
    public_url: str = ""
    max_connections: int = 512
    validate: Literal["strict", "report", "off"] = "strict"


@dataclass(slots=True, frozen=True)
class PipelineSettings:
    """``[pipeline]``: how much may be under way at once; beyond it the senders wait.

    Attributes:
        max_messages: messages taken in and not yet answered, and requests of the API that write.
        max_bytes: their raw bytes together; one larger message still passes alone.
        batch: messages that share one commit at most.
        attempts: how often a message that was found unfinished is tried before it is quarantined.
        validate: what happens to a message whose resources break a rule of R4: ``"report"``, it is stored
            with the issues beside it (``qiao inbox show``); ``"strict"``, it is refused; ``"off"``.
        workers: processes beside the gateway that parse, map and validate what comes in large groups (a
            backfill from a database or a file); -1: one less than there are cores, two at most; 0: none.
            They are started when they are needed, and each has maps of its own in memory.
    """

    max_messages: int = 1024
    max_bytes: int = 64 * 1024 * 1024
    batch: int = 64
    attempts: int = 3
    validate: Literal["off", "report", "strict"] = "report"
    workers: int = -1


@dataclass(slots=True, frozen=True)
class MappingSettings:
    """``[mapping]``: the maps.

    Attributes:
        root: folder with the layout of ``mappings/``, ``""`` for the maps that qiao ships.
        codes: folder with the hospital's own code tables (YAML, CSV, FHIR JSON), ``""`` for none. What
            changes in it is taken over while the gateway runs.
    """

    root: str = ""
    codes: str = ""


@dataclass(slots=True, frozen=True)
class ValidationSettings:
    """``[validation]``: what resources are checked against.

    Attributes:
        definitions: files, folders and FHIR packages (``.tgz``) with the hospital's own StructureDefinitions,
            ValueSets and CodeSystems, beside those of R4 and of qiao.
        profiles: canonical URLs of profiles that the pipeline checks what the maps made against, each on the
            resources of its type.
        level: mildest issue that the pipeline keeps with a message. Codes outside of an extensible value set
            are warnings, and local codes are the rule in Chinese hospitals.
    """

    definitions: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    level: Literal["error", "warning", "information"] = "error"


@dataclass(slots=True, frozen=True)
class TerminologySettings:
    """``[terminology]``: imported code systems, value sets and concept maps (docs/terminology.md).

    Attributes:
        file: SQLite file that keeps them, ``""`` for ``terminology.db`` in the folder of the store.
    """

    file: str = ""


@dataclass(slots=True, frozen=True)
class SubscriptionSettings:
    """``[subscriptions]``: who is notified of what is new, and how patiently (docs/subscriptions.md).

    Attributes:
        hosts: receivers: ``"name"`` or ``"name:port"`` for https, ``"http://name:port"`` where plain HTTP is
            meant. Receivers on this machine need no entry while the API is on loopback.
        topics: folder with the hospital's own topics (YAML), ``""`` for none.
        ca: PEM file with the certificates that receivers' are checked against, ``""``: the system's.
        timeout: seconds that one attempt may take, where the Subscription does not say; it may say up to ten
            times as much.
        batch: events of one notification at most.
        error_after: attempts that fail in a row before the Subscription shows ``error``.
        longest_pause: seconds between two attempts at most; they begin with one second and double.
        give_up_days: days without success after which the Subscription is ``off``, and says so; 0: never.
        catch_up: undelivered events above which a receiver that comes back is told the newest one only, and
            fetches the others by ``$events``.
        at_once: receivers that are notified at the same time at most.
    """

    hosts: tuple[str, ...] = ()
    topics: str = ""
    ca: str = ""
    timeout: int = 30
    batch: int = 100
    error_after: int = 3
    longest_pause: int = 3600
    give_up_days: int = 30
    catch_up: int = 100_000
    at_once: int = 32


@dataclass(slots=True, frozen=True)
class BulkSettings:
    """``[bulk]``: $export and $import (docs/bulk.md).

    Attributes:
        running: exports of one tenant that are prepared at once.
        kept: exports of one tenant whose files can be had, those that are prepared among them.
        hours: how long the files of an export can be had after it is done.
        import_hosts: whom $import of a manifest may ask for files: ``"name"`` or ``"name:port"`` for https,
            ``"http://name:port"`` where plain HTTP is meant; none: nobody. NDJSON in the body needs no entry.
    """

    running: int = 4
    kept: int = 200
    hours: int = 24
    import_hosts: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Settings:
    """All settings of one process.

    Attributes:
        tenants: ``[tenants.NAME]`` by name; see :meth:`tenant`.
        receivers: ``[receivers.NAME]``.
        writeback: ``[writeback.NAME]`` by name.
        supervision: ``[supervision.NAME]`` by tenant; see :meth:`supervised`.
        adapters: raw ``[adapters."<kind>/<name>"]`` sections; ``gateway.registry`` checks them against
            the adapter's fields. ``enabled = false`` leaves an adapter closed.
        file: the TOML file that was read, ``""`` for none.
    """

    store: StoreSettings = field(default_factory=StoreSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    pipeline: PipelineSettings = field(default_factory=PipelineSettings)
    mapping: MappingSettings = field(default_factory=MappingSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    terminology: TerminologySettings = field(default_factory=TerminologySettings)
    subscriptions: SubscriptionSettings = field(default_factory=SubscriptionSettings)
    bulk: BulkSettings = field(default_factory=BulkSettings)
    signatures: SignatureSettings = field(default_factory=SignatureSettings)
    matching: MatchingSettings = field(default_factory=MatchingSettings)
    laboratory: LaboratorySettings = field(default_factory=LaboratorySettings)
    tenants: Mapping[str, TenantSettings] = field(default_factory=dict)
    receivers: Receivers = field(default_factory=Receivers)
    writeback: Mapping[str, WritebackSettings] = field(default_factory=dict)
    supervision: Mapping[str, SupervisionSettings] = field(default_factory=dict)
    adapters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    file: str = ""

    def tenant(self, name: str) -> TenantSettings:
        """What is said of a tenant; one that nothing is said of has the defaults."""
        return self.tenants.get(name) or TenantSettings()

    def supervised(self, name: str) -> SupervisionSettings:
        """How a tenant handles what its regulator asks; one that nothing is said of has the defaults."""
        return self.supervision.get(name) or SupervisionSettings()
