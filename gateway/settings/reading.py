"""Reading: defaults, TOML file, environment and command line become :class:`Settings`."""

from __future__ import annotations

import dataclasses
import os
import tomllib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured
from gateway.settings.casting import Value, cast, listed
from gateway.settings.exposure import CLIENTS, TLS_KEY, check_port, guard
from gateway.settings.laboratory import LaboratorySettings
from gateway.settings.matching import MatchingSettings
from gateway.settings.places import clients_file
from gateway.settings.receivers import read_receivers
from gateway.settings.regulator import read_tenants
from gateway.settings.sections import (
    ApiSettings,
    BulkSettings,
    MappingSettings,
    PipelineSettings,
    Settings,
    StoreSettings,
    SubscriptionSettings,
    TerminologySettings,
    ValidationSettings,
)
from gateway.settings.signatures import SignatureSettings
from gateway.settings.supervision import read_supervision
from gateway.settings.writeback import read_writeback

PREFIX = "QIAO_"

_SECTIONS: dict[str, type[Any]] = {
    "store": StoreSettings,
    "api": ApiSettings,
    "pipeline": PipelineSettings,
    "validation": ValidationSettings,
    "mapping": MappingSettings,
    "terminology": TerminologySettings,
    "subscriptions": SubscriptionSettings,
    "bulk": BulkSettings,
    "signatures": SignatureSettings,
    "matching": MatchingSettings,
    "laboratory": LaboratorySettings,
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
    valid = [*_SECTIONS, "tenants", "receivers", "writeback", "supervision", "adapters"]
    if unknown := set(found) - set(valid):
        raise Misconfigured(f"unknown section [{min(unknown)}]; valid: {listed(valid)}", where=origin)
    parts = {
        name: _section(kind, found.get(name, {}), f"{origin} [{name}]") for name, kind in _SECTIONS.items()
    }
    tenants = read_tenants(found.get("tenants", {}), origin)
    receivers = read_receivers(found.get("receivers", {}), origin)
    adapters = _adapters(found.get("adapters", {}), origin)
    supervision = read_supervision(found.get("supervision", {}), origin)
    made = Settings(
        **parts,
        tenants=tenants,
        receivers=receivers,
        writeback=read_writeback(found.get("writeback", {}), origin),
        supervision=supervision,
        adapters=adapters,
        file=str(file or ""),
    )
    return override(made, guarded=guarded)


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
    check_port(changed.api.port, f"{settings.file or 'settings'} [api] port")
    if guarded:
        _guard_api(changed)
    return changed


def _guard_api(settings: Settings) -> None:
    """Refuse an API without clients, or without TLS that does not end at a proxy either."""
    api = settings.api
    given: dict[str, object] = {} if api.behind_proxy else {"tls_cert": api.tls_cert, TLS_KEY: api.tls_key}
    given[CLIENTS] = api.token or clients_file(settings).is_file()
    guard(f"{settings.file or 'settings'} [api]", api.host, given, tuple(given), proxied=api.behind_proxy)


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
    elif section in ("receivers", "writeback") and "__" in key:
        receiver, _, key = key.partition("__")
        table = table.setdefault(receiver.replace("_", "-"), {})
    elif section in ("tenants", "supervision"):
        tenant, _, key = key.partition("__")
        table = table.setdefault(tenant, {})
        if section == "supervision" and key.startswith("sources__") and key.count("__") == 2:
            _, source, key = key.split("__")
            table = table.setdefault("sources", {}).setdefault(source.replace("_", "-"), {})
    table[key] = value


def _section(kind: type[Any], table: object, where: str) -> Any:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    types = typing.get_type_hints(kind)
    unknown = sorted(set(table) - set(types))
    if unknown:
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {listed(types)}", where=where)
    return kind(**{key: cast(types[key], value, f"{where} {key}") for key, value in table.items()})


def _adapters(table: object, origin: str) -> dict[str, Mapping[str, Value]]:
    if not isinstance(table, dict) or not all(isinstance(section, dict) for section in table.values()):
        raise Misconfigured('must be tables like [adapters."his/hl7v2"]', where=f"{origin} [adapters]")
    return {str(name): dict(section) for name, section in table.items()}
