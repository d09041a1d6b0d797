"""Looks: the single checks of ``qiao doctor``; each returns what it found well, or raises what it did not."""

from __future__ import annotations

import os
import platform
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from gateway.cli.output import maps_of
from gateway.cli.stores import there_is_a_store
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings

LEAST_FREE = 1 << 30
"""Bytes: with less, an inbox that grows overnight can fill the disk."""

MOST_WAL = 1 << 30
"""Bytes: the gateway keeps its log near 256 MiB; one of this size cannot be emptied."""

LEAST_SQLITE = (3, 35, 0)
"""The first with RETURNING, which the store's clock needs."""

Level = Literal["ok", "info", "bad"]


@dataclass(slots=True, frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: ``"bad"`` is to be mended, ``"info"`` is worth knowing.
        text: what was found; ``advice``: what to do about it, ``""`` only where it is well.
    """

    name: str
    level: Level
    text: str
    advice: str = ""


class Remark(Exception):
    """Something is not as it might be; ``advice`` where the look's own (``doctor.do.NAME``) does not fit."""

    def __init__(self, level: Level, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.level, self.text, self.advice = level, text, advice


def versions(_: Settings) -> str:
    """Look at our version and those of what we stand on."""
    from importlib import metadata

    from gateway import registry

    names = ("fastapi", "sqlalchemy", "orjson")
    return f"qiao {registry.version()}, Python {platform.python_version()}, " + ", ".join(
        f"{name} {metadata.version(name)}" for name in names
    )


def sqlite(_: Settings) -> str:
    """Look at the SQLite that Python brings."""
    import sqlite3

    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        raise Misconfigured(f"SQLite {sqlite3.sqlite_version} is too old, 3.35 is needed")
    return sqlite3.sqlite_version


def root(_: Settings) -> str:
    """Look whether all of our packages come from one installation."""
    from gateway import registry

    return str(registry.one_root())


def zone(_: Settings) -> str:
    """Look whether the machine knows its own time zone: lists show local time."""
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "").removeprefix(":")
    now = datetime.now().astimezone()
    found = f"{name or 'localtime'} UTC{now:%z}"
    try:
        if "/" in name and not name.startswith("/"):
            ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise Remark("info", say("doctor.zone", name=name, found=found)) from None
    return found


def adapters(settings: Settings) -> str:
    """Look whether every adapter loads and every ``[adapters]`` section is of one; name the closed ones."""
    from gateway import registry

    found = registry.find()
    registry.check_names(found, settings.adapters, settings.file)
    opening = [name for name, spec in found.items() if registry.opens(spec, settings.adapters)]
    if len(opening) == len(found):
        return ", ".join(found)
    closed = ", ".join(name for name in found if name not in opening)
    return say("doctor.adapters.closed", opening=", ".join(opening), closed=closed)


def codes(settings: Settings) -> str:
    """Look whether the hospital's own code tables can be read."""
    folder = settings.mapping.codes
    if not folder:
        return say("doctor.codes.none")
    files = [path for path in sorted(Path(folder).iterdir()) if path.is_file()]
    for path in files:
        path.open("rb").close()
    return say("doctor.codes", folder=folder, count=len(files))


def maps(settings: Settings) -> str:
    """Look whether the maps load."""
    loaded = maps_of(settings)
    known = say("doctor.maps", types=len(loaded.messages), senders=len(loaded.profiles))
    return f"{known} {loaded.version[:12]}"


def cache(settings: Settings) -> str:
    """Look whether the next start finds what this one has compiled."""
    from gateway.mapping.cache import CACHE, is_ours

    path = CACHE.path
    if path is None:
        raise Remark("info", say("doctor.cache.homeless"))
    folder = next(one for one in path.parents if one.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Remark("info", say("doctor.cache.locked", folder=folder))
    if path.exists() and not is_ours(path):
        raise Remark("info", say("doctor.cache.open", path=path), say("doctor.cache.close", path=path))
    return str(path)


def disk(settings: Settings) -> str:
    """Look at the space beside the store."""
    file = settings.store.file
    folder = file.parent if file and file.parent.is_dir() else Path.cwd()
    free = shutil.disk_usage(folder).free
    text = say("doctor.disk", free=f"{free / 2**30:.1f}", folder=folder.resolve())
    if free < LEAST_FREE:
        raise Remark("bad", text)
    return text


def wal(settings: Settings) -> str:
    """Look at the length of the store's write-ahead log; a server keeps its own."""
    file = settings.store.file
    if file is None:
        return say("doctor.wal.server")
    log = Path(f"{file}-wal")
    size = log.stat().st_size if log.exists() else 0
    text = f"{size / 2**20:.0f} MiB"
    if size > MOST_WAL:
        raise Remark("bad", f"{log}: {text}")
    return text


def store(settings: Settings) -> str:
    """Open the store and write to it; a store that does not exist yet is tried beside its place."""
    from tempfile import TemporaryDirectory

    from gateway.store import open_store

    path = settings.store.file
    if path is None:
        return _on_a_server(settings)
    if path.is_file():
        with closing(open_store(settings.store.url, zone=settings.store.zone)) as opened:
            opened.bump_attempts([])
            count = sum(opened.counts("default").inbox.values())
            return say("doctor.store", url=settings.store.url, count=count)
    if not path.parent.is_dir():
        advice = say("doctor.store.folder", folder=path.parent)
        raise Remark("bad", settings.store.url, advice)
    with TemporaryDirectory(dir=path.parent) as folder, closing(open_store(f"sqlite:///{folder}/try.db")):
        return say("doctor.store.none", url=settings.store.url)


def _on_a_server(settings: Settings) -> str:
    from gateway.store import open_store

    if not there_is_a_store(settings):
        return say("doctor.store.none", url=settings.store.place)
    with closing(open_store(settings.store.url, zone=settings.store.zone)) as opened:
        opened.bump_attempts([])
        count = sum(opened.counts("default").inbox.values())
        return say("doctor.store", url=settings.store.place, count=count)


def database(settings: Settings) -> str:
    """Look at the server of the store: its version, its encoding, and whether what it commits is on disk."""
    from gateway.store.engines import facts

    if settings.store.file:
        return say("doctor.database.file")
    found = facts(settings.store.url, settings.store.synchronous)
    text = ", ".join(f"{name} {value}" for name, value in found.items())
    unsafe = [
        name for name in ("fsync", "full_page_writes", "synchronous_commit") if found.get(name) == "off"
    ]
    if unsafe:
        raise Remark("bad", text, say("doctor.database.unsafe", names=", ".join(unsafe)))
    return text
