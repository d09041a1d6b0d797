"""``qiao db status | upgrade``: of which version the store is, and bringing an older one up to date."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from gateway.cli.output import Commands, add_group, add_settings, notice, print_json, progress, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command and its two actions."""
    actions = add_group(commands, "db")
    looking = actions.add_parser("status", help=say("db.status"), parents=[shared])
    looking.set_defaults(run=status)
    upgrading = actions.add_parser("upgrade", help=say("db.upgrade"), parents=[shared])
    upgrading.add_argument("--no-copy", action="store_true", help=say("db.no-copy"))
    upgrading.set_defaults(run=upgrade)
    for parser in (looking, upgrading):
        add_settings(parser)


def status(options: argparse.Namespace) -> int:
    """Print the schema version of the store and of this program; 1 where an upgrade is due."""
    from gateway.store.migrations import standing

    settings = _there(read_settings(options))
    found = standing(settings.store.url, zone=settings.store.zone)
    if options.json:
        print_json({**asdict(found), "due": found.due})
    else:
        told = asdict(found)
        print(say("db.none" if not found.version else "db.standing", **told))
        if found.version > found.newest:
            print(say("db.newer"))
        if found.due:
            print(say("db.unfinished" if found.unfinished else "db.due", **told))
    return 1 if found.due or found.version > found.newest else 0


def upgrade(options: argparse.Namespace) -> int:
    """Bring the store up to date; what was interrupted goes on."""
    from gateway.store.migrations import upgrade as bring

    settings = _there(read_settings(options))
    if not settings.store.file and not options.json:
        notice(say("db.server"))
    with _shown(options.json) as told:
        store = settings.store
        done = bring(store.url, zone=store.zone, keep=not options.no_copy, progress=told)
    if options.json:
        print_json(asdict(done))
        return 0
    if done.copy:
        print(say("db.copied", copy=done.copy))
    changed = done.before < done.version or done.resources
    print(say("db.upgraded" if changed else "db.nothing", **asdict(done)))
    return 0


def _there(settings: Settings) -> Settings:
    """Return the settings of a store that exists: a wrong path must not make an empty one."""
    if settings.store.file and not settings.store.file.is_file():
        raise Misconfigured(say("inbox.no-store"), where=settings.store.place)
    return settings


@contextmanager
def _shown(as_json: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show each step on standard error: as JSON, or a bar on a terminal and a line elsewhere."""
    if as_json:
        yield lambda step, done, of: notice(json.dumps({"step": step, "done": done, "of": of}))
        return
    steps: dict[str, int] = {}
    with progress(say("db.progress"), None) as advance:

        def told(step: str, done: int, of: int) -> None:
            if step not in steps:
                notice(say(f"db.step.{step}", of=of))
            advance(done - steps.get(step, 0))
            steps[step] = done

        yield told
