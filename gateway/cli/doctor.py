"""``qiao doctor``: checks this installation and says what to do about what it finds."""

from __future__ import annotations

import argparse
import platform
import shutil
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gateway.cli.output import Commands, add_settings, maps_of, print_json, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured, QiaoError
from gateway.settings import Settings

LEAST_FREE = 1 << 30
"""Bytes: with less, an inbox that grows overnight can fill the disk."""

LEAST_SQLITE = (3, 35, 0)
"""The first with RETURNING, which the store's clock needs."""


@dataclass(slots=True, frozen=True)
class Finding:
    """One thing that was looked at: its name, whether it is well, and what was found or is to be done."""

    name: str
    ok: bool
    text: str


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("doctor", help=say("doctor"), parents=[shared])
    add_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look at everything; 1 if anything is to be mended."""
    settings = read_settings(options)
    findings = [_look(name, look, settings) for name, look in LOOKS.items()]
    bad = sum(not finding.ok for finding in findings)
    if options.json:
        checks = [{"name": one.name, "ok": one.ok, "text": one.text} for one in findings]
        print_json({"ok": not bad, "checks": checks})
        return 1 if bad else 0
    for finding in findings:
        print(f"{'✓' if finding.ok else '✗'} {finding.name:<10} {finding.text}")
    print(say("doctor.bad", count=bad) if bad else say("doctor.ok"))
    return 1 if bad else 0


def _look(name: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, True, look(settings))
    except (QiaoError, OSError) as error:
        return Finding(name, False, str(error))


def _versions(_: Settings) -> str:
    from gateway import registry

    names = ("fastapi", "sqlalchemy", "orjson")
    return f"qiao {registry.version()}, Python {platform.python_version()}, " + ", ".join(
        f"{name} {metadata.version(name)}" for name in names
    )


def _sqlite(_: Settings) -> str:
    import sqlite3

    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise Misconfigured(f"SQLite {sqlite3.sqlite_version} is too old, 3.35 is needed")
    return sqlite3.sqlite_version


def _root(_: Settings) -> str:
    from gateway import registry

    return str(registry.one_root())


def _adapters(settings: Settings) -> str:
    from gateway import registry

    found = registry.find()
    registry.check_names(found, settings.adapters, settings.file)
    return ", ".join(found)


def _maps(settings: Settings) -> str:
    maps = maps_of(settings)
    known = f"{len(maps.messages)} message types, {len(maps.profiles)} sender profiles"
    return f"{known}, version {maps.version[:12]}"


def _store(settings: Settings) -> str:
    """Open the store and write to it; a store that does not exist yet is tried beside its place."""
    from tempfile import TemporaryDirectory

    from gateway.store import open_store

    path = Path(settings.store.url.removeprefix("sqlite:///"))
    if not settings.store.url.startswith("sqlite:///"):
        open_store(settings.store.url).close()  # says why it is no store
    if path.is_file():
        with closing(open_store(settings.store.url)) as store:
            store.bump_attempts([])
            return f"{settings.store.url}: {sum(store.counts('default').inbox.values())} messages"
    if not path.parent.is_dir():
        raise Misconfigured(f"make the folder {path.parent}, or set store.url", where=settings.store.url)
    with TemporaryDirectory(dir=path.parent) as folder, closing(open_store(f"sqlite:///{folder}/try.db")):
        return f"{settings.store.url}: not there yet, can be made"


def _ports(settings: Settings) -> str:
    from gateway import registry

    wanted = {"api": (settings.api.host, settings.api.port)}
    for name, spec in registry.find().items():
        options = registry.options(spec, settings.adapters.get(name, {}), settings.file)
        if options["enabled"] and "port" in options:
            wanted[name] = (str(options["host"]), int(options["port"]))
    for name, address in wanted.items():
        with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(address)
            except OSError:
                setting = "[api] port" if name == "api" else f'[adapters."{name}"] port'
                said = say("doctor.port", setting=setting)
                raise Misconfigured(said, where=f"{name} {address[0]}:{address[1]}") from None
    return ", ".join(f"{name} {port}" for name, (_, port) in wanted.items())


def _space(settings: Settings) -> str:
    folder = Path(settings.store.url.removeprefix("sqlite:///")).parent
    free = shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free
    text = f"{free / 2**30:.1f} GiB"
    if free < LEAST_FREE:
        raise Misconfigured(say("doctor.space"), where=text)
    return text


LOOKS: dict[str, Callable[[Settings], str]] = {
    "versions": _versions,
    "sqlite": _sqlite,
    "root": _root,
    "adapters": _adapters,
    "maps": _maps,
    "store": _store,
    "ports": _ports,
    "disk": _space,
}
"""Everything that is looked at, in this order."""
