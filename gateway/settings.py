"""Settings: every option of the gateway, typed; the only reader of the environment and of ``qiao.toml``.

Order, the later wins: the defaults below, the TOML file, ``QIAO_<SECTION>__<KEY>`` in the environment
(``QIAO_STORE__URL``, ``QIAO_API__PORT``, ``QIAO_ADAPTERS__PACS_RIS_HL7V2__PORT``), the command line.
No file is needed on loopback. Design §2, §5 and §6 ("loopback by default").
"""

from __future__ import annotations

import dataclasses
import ipaddress
import locale
import os
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gateway.errors import Misconfigured

Value = str | int | float | bool

PREFIX = "QIAO_"
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
    """

    url: str = field(default="sqlite:///qiao.db", repr=False)
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    zone: str = "+08:00"

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
        host: address to bind; anything but loopback needs TLS and clients.
        port: TCP port, 0 for any free one.
        tls_cert: PEM file with the certificate chain, ``""`` for plain HTTP on loopback.
        tls_key: PEM file with its private key.
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
    """

    max_messages: int = 1024
    max_bytes: int = 64 * 1024 * 1024
    batch: int = 64
    attempts: int = 3
    validate: Literal["off", "report", "strict"] = "report"


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
    adapters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    file: str = ""


_SECTIONS: dict[str, type[Any]] = {
    "store": StoreSettings,
    "api": ApiSettings,
    "pipeline": PipelineSettings,
    "validation": ValidationSettings,
    "mapping": MappingSettings,
    "terminology": TerminologySettings,
    "subscriptions": SubscriptionSettings,
    "bulk": BulkSettings,
}


def load(
    file: Path | None = None, environment: Mapping[str, str] | None = None, *, guarded: bool = True
) -> Settings:
    """Return the settings of ``file`` (none: defaults) under those of the environment.

    Args:
        guarded: see :func:`override`.

    Raises:
        Misconfigured: names the file, the key and the valid keys; or a port that is open to others
            without TLS and credentials.
    """
    found = _read(file) if file else {}
    origin = str(file) if file else "settings"
    for section, key, value in _environment(os.environ if environment is None else environment):
        table = found.setdefault(section, {})
        if isinstance(table, dict):
            _put(table, section, key, value)
    valid = [*_SECTIONS, "adapters"]
    if unknown := set(found) - set(valid):
        raise Misconfigured(f"unknown section [{min(unknown)}]; valid: {_listed(valid)}", where=origin)
    parts = {
        name: _section(kind, found.get(name, {}), f"{origin} [{name}]") for name, kind in _SECTIONS.items()
    }
    adapters = _adapters(found.get("adapters", {}), origin)
    return override(Settings(**parts, adapters=adapters, file=str(file or "")), guarded=guarded)


def override(
    settings: Settings,
    *,
    store_url: str = "",
    host: str = "",
    port: int | None = None,
    guarded: bool = True,
) -> Settings:
    """Return ``settings`` with what the command line says, checked again.

    Args:
        guarded: refuse an API that others can reach unprotected; not while its first client is being made.

    Raises:
        Misconfigured: the API's port is none, or would be open to others without TLS and credentials.
    """
    api = settings.api
    changed = dataclasses.replace(
        settings,
        store=dataclasses.replace(settings.store, url=store_url or settings.store.url),
        api=dataclasses.replace(api, host=host or api.host, port=api.port if port is None else port),
    )
    where = f"{settings.file or 'settings'} [api]"
    check_port(changed.api.port, f"{where} port")
    if guarded:
        given = {"tls_cert": changed.api.tls_cert, "tls_key": changed.api.tls_key}
        credentials = changed.api.token or clients_file(changed).is_file()
        guard(where, changed.api.host, {**given, CLIENTS: credentials}, (*given, CLIENTS))
    return changed


CLIENTS = "clients (qiao client add NAME --role ROLE)"
"""What is missing where nobody has a token."""


def clients_file(settings: Settings) -> Path:
    """Return where the clients of the API are kept: as set, else beside the store."""
    return Path(settings.api.clients) if settings.api.clients else _folder(settings) / "clients.toml"


def terminology_file(settings: Settings) -> Path:
    """Return where imported terminologies are kept: as set, else beside the store."""
    if settings.terminology.file:
        return Path(settings.terminology.file)
    return _folder(settings) / "terminology.db"


def _folder(settings: Settings) -> Path:
    """Return the folder of the store; of one that is no file, the working directory."""
    return settings.store.file.parent if settings.store.file else Path()


def check_port(port: Value, where: str) -> None:
    """Refuse what is no TCP port.

    Raises:
        Misconfigured: it is not between 0 (any free one) and 65535.
    """
    if not 0 <= int(port) <= 65535:
        raise Misconfigured("must be between 0 and 65535", where=where)


def guard(where: str, host: str, given: Mapping[str, object], needed: tuple[str, ...]) -> None:
    """Refuse a port that others can reach without TLS and credentials (issue: "loopback by default").

    Raises:
        Misconfigured: says which settings are missing.
    """
    missing = [key for key in needed if not given.get(key)]
    if missing and not is_loopback(host):
        said = f'host {host} can be reached from outside: set {_listed(missing)}, or use host = "127.0.0.1"'
        raise Misconfigured(said, where=where)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``; a name that is no address counts as reachable."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def language(asked: str = "", environment: Mapping[str, str] | None = None) -> Literal["zh", "en"]:
    """Return the language of messages: ``asked``, else ``QIAO_LANG``, else the locale, else English."""
    env = os.environ if environment is None else environment
    names = ("QIAO_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = asked or next((env[name] for name in names if env.get(name)), "")
    if not said and environment is None:
        said = locale.getlocale()[0] or ""
    return "zh" if said.lower().startswith(("zh", "chinese")) else "en"


def cast(kind: object, value: object, where: str) -> Value | tuple[str, ...]:
    """Return ``value`` as ``kind``: what :func:`cast_one` takes, or a tuple of strings.

    In the environment, strings are parted by commas.

    Raises:
        Misconfigured: it is not one.
    """
    if typing.get_origin(kind) is not tuple:
        return cast_one(kind, value, where)
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Misconfigured("must be a list of strings", where=where)
    return tuple(one for one in listed if one)


def cast_one(kind: object, value: object, where: str) -> Value:
    """Return ``value`` as ``kind`` (``str``, ``int``, ``float``, ``bool`` or a Literal of strings).

    Text is read as the type says, because the environment only has text.

    Raises:
        Misconfigured: it is not one.
    """
    choices = typing.get_args(kind)
    if choices:
        if value not in choices:
            raise Misconfigured(f"must be one of {_listed(choices)}", where=where)
        return str(value)
    if kind is bool and isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    try:
        if kind is int and isinstance(value, str):
            return int(value)
        if kind is float and isinstance(value, str | int) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    if isinstance(kind, type) and type(value) is kind:
        return typing.cast(Value, value)
    raise Misconfigured(f"must be {getattr(kind, '__name__', kind)}", where=where)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"is not TOML: {error}", where=str(file)) from None


def _environment(env: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, value in sorted(env.items()):
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and key:
            yield section, key, value


def _put(table: dict[str, Any], section: str, key: str, value: str) -> None:
    """Set one value; an adapter's kind ends at the first underscore: ``pacs_ris_hl7v2`` is pacs/ris_hl7v2."""
    if section == "adapters":
        adapter, _, key = key.partition("__")
        table = table.setdefault(adapter.replace("_", "/", 1), {})
    table[key] = value


def _section(kind: type[Any], table: object, where: str) -> Any:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    types = typing.get_type_hints(kind)
    unknown = sorted(set(table) - set(types))
    if unknown:
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {_listed(types)}", where=where)
    return kind(**{key: cast(types[key], value, f"{where} {key}") for key, value in table.items()})


def _adapters(table: object, origin: str) -> dict[str, Mapping[str, Value]]:
    if not isinstance(table, dict) or not all(isinstance(section, dict) for section in table.values()):
        raise Misconfigured('must be tables like [adapters."his/hl7v2"]', where=f"{origin} [adapters]")
    return {str(name): dict(section) for name, section in table.items()}


def _listed(names: typing.Iterable[object]) -> str:
    return ", ".join(str(name) for name in names)
