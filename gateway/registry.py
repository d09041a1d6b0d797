"""Registry: finds the adapters by walking their folders, and refuses what is missing or doubtful, loudly.

An adapter is a folder ``adapters/<kind>/<name>/`` whose ``__init__.py`` sets ``ADAPTER``; dropping it in is
all. Design §2 ("Adding an adapter"), and "magic discovery without identity checks" of the ugliness list.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from gateway import settings
from gateway.errors import Misconfigured
from gateway.settings import Value
from gateway.spec import AdapterSpec, Field

_TYPES: dict[str, type[Value]] = {"str": str, "int": int, "float": float, "bool": bool}

EXPOSED = ("tls_cert", "tls_key", "tls_client_ca")
"""What an adapter's door needs before it may bind anything but loopback: TLS, and who may connect."""


def find(package: str = "adapters") -> dict[str, AdapterSpec]:
    """Return the adapters under ``package`` by id, in the order of their ids.

    Raises:
        Misconfigured: a folder without ``ADAPTER``, an id that is not the folder's, an id found twice, a
            folder that cannot be imported.
    """
    found: dict[str, AdapterSpec] = {}
    for folder, name in _folders(package):
        spec = _load(folder, name, f"{package}.{name.replace('/', '.')}")
        if name in found:
            raise Misconfigured(f"{name} is there twice; remove one of the folders", where=str(folder))
        found[name] = spec
    return found


def one_root(*packages: str) -> Path:
    """Return the folder that holds all of ``packages``, the shipped ones unless said otherwise.

    Two installations on one path would mix the code of one with the data of the other.

    Raises:
        Misconfigured: they come from different folders, or one is missing.
    """
    names = packages or ("gateway", "adapters", "mappings")
    roots = {name: [path.parent for path in _paths(name)] for name in names}
    places = {root for found in roots.values() for root in found}
    if len(places) != 1 or not all(roots.values()):
        said = "; ".join(f"{name} in {', '.join(map(str, at)) or 'nowhere'}" for name, at in roots.items())
        raise Misconfigured(f"packages do not come from one root: {said}; install qiao once")
    return places.pop()


def version() -> str:
    """Return the version of qiao, ``"unknown"`` where it is not installed."""
    try:
        return metadata.version("qiao")
    except metadata.PackageNotFoundError:
        return "unknown"


def options(spec: AdapterSpec, given: Mapping[str, Value], file: str = "") -> dict[str, Value]:
    """Return every setting of an adapter: what the operator gave, checked, over the defaults.

    Raises:
        Misconfigured: names file, key and the valid keys; or a door that is open to others without TLS.
    """
    where = f'{file or "settings"} [adapters."{spec.id}"]'
    fields = {field.name: field for field in (*spec.fields, _ENABLED)}
    if unknown := sorted(set(given) - set(fields)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(fields)}", where=where)
    chosen = {name: field.default for name, field in fields.items()}
    for name, value in given.items():
        chosen[name] = settings.cast_one(_TYPES[fields[name].type], value, f"{where} {name}")
    if "port" in chosen:
        settings.check_port(chosen["port"], f"{where} port")
    if chosen["enabled"] and "host" in chosen:
        settings.guard(where, str(chosen["host"]), chosen, EXPOSED)
    return chosen


def opens(spec: AdapterSpec, given: Mapping[str, object]) -> bool:
    """Tell whether a door opens by these settings, by its section's being there or not needed.

    What has no port looks somewhere by itself, and what is ``asked`` wants somebody to say so.

    Args:
        given: the sections of adapters, by name.
    """
    fields = {field.name: field for field in spec.fields}
    return spec.id in given or ("port" in fields and not spec.asked)


def check_names(found: Mapping[str, AdapterSpec], given: Mapping[str, object], file: str = "") -> None:
    """Refuse a settings section for an adapter that does not exist: a typing error must not close a door.

    Raises:
        Misconfigured: names the section and the adapters there are.
    """
    if unknown := sorted(set(given) - set(found)):
        said = f"no such adapter; there are: {', '.join(found)}"
        raise Misconfigured(said, where=f'{file or "settings"} [adapters."{unknown[0]}"]')


_ENABLED = Field("enabled", "bool", True, "false leaves this door closed")


def _folders(package: str) -> Iterator[tuple[Path, str]]:
    """Yield (folder, "<kind>/<name>") of every adapter folder, sorted."""
    for root in _paths(package):
        for init in sorted(root.glob("*/*/__init__.py")):
            yield init.parent, f"{init.parent.parent.name}/{init.parent.name}"


def _paths(package: str) -> list[Path]:
    try:
        return [Path(path).resolve() for path in importlib.import_module(package).__path__]
    except ModuleNotFoundError:
        return []


def _load(folder: Path, name: str, module: str) -> AdapterSpec:
    try:
        spec = getattr(importlib.import_module(module), "ADAPTER", None)
    except ImportError as error:
        raise Misconfigured(f"cannot be imported: {error}", where=str(folder)) from error
    if not isinstance(spec, AdapterSpec):
        raise Misconfigured("__init__.py must set ADAPTER = AdapterSpec(…)", where=str(folder))
    if spec.id != name or spec.kind != name.partition("/")[0]:
        raise Misconfigured(f"ADAPTER.id is {spec.id!r}, the folder says {name!r}", where=str(folder))
    return spec
