"""``qiao adapter run``: read all that a source has now into the store, with a bar; stopped, it goes on."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from gateway.cli.adapter_progress import Told, telling
from gateway.cli.output import Commands, add_settings, notice, print_json, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway
    from gateway.spec import Backlog

BATCH = 512
"""Messages of one commit: nobody waits for a single one here."""

UNDER_WAY = 4096
"""Messages that are taken in and not yet answered: some are read and mapped while others are committed."""

TURN = 0.0005
"""Seconds after which a thread gives way to another one. The writer comes back from each statement and asks
for its turn; with Python's 5 ms it waits for that longer than the statement takes."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = actions.add_parser("run", help=say("adapter.run"), parents=[shared])
    parser.add_argument("adapter", metavar="ADAPTER", help=say("adapter.run.adapter"))
    add_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read until nothing is left; 1 where rows were not stored, 130 where it was stopped."""
    from gateway.bootstrap import build

    settings = read_settings(options, port=0)
    sys.setswitchinterval(TURN)
    given = settings.pipeline
    pipeline = replace(given, batch=max(BATCH, given.batch), max_messages=max(UNDER_WAY, given.max_messages))
    gateway = build(replace(settings, pipeline=pipeline), f"run-{options.adapter.replace('/', '-')}-trail")
    try:
        source = _source(gateway, options.adapter, settings)
    except Misconfigured:
        _close(gateway)
        raise
    begun = time.monotonic()
    try:
        with telling(as_json=options.json) as told:
            asyncio.run(_read(gateway, source, told))
    except KeyboardInterrupt:
        notice(say("adapter.run.stopped"))
        return 130
    finally:
        _report(options, source, max(time.monotonic() - begun, 0.001))
    told_ = source.status().items()
    bad = sum(int(count) for name, count in told_ if name.endswith((".quarantined", ".refused", ".rejected")))
    return 1 if bad else 0


def _source(gateway: Gateway, name: str, settings: Settings) -> Backlog:
    if name not in gateway.adapters:
        raise Misconfigured(say("adapter.run.unknown", known=", ".join(gateway.adapters)), where=name)
    source = gateway.doors.get(name)
    if source is None:
        raise Misconfigured(
            say("adapter.run.closed"), where=f'{settings.file or "settings"} [adapters."{name}"]'
        )
    if not hasattr(source, "backlog"):
        raise Misconfigured(say("adapter.run.listens"), where=name)
    return cast("Backlog", source)


async def _read(gateway: Gateway, source: Backlog, told: Told) -> None:
    from gateway.bootstrap.running import settle

    settle()
    await gateway.engine.start()
    try:
        await source.backlog(gateway.engine.deliver, told)
    finally:
        await source.stop()
        await gateway.engine.stop()
        await asyncio.to_thread(_close, gateway)


def _close(gateway: Gateway) -> None:
    gateway.listening.close()
    gateway.store.close()


def _report(options: argparse.Namespace, source: Backlog, seconds: float) -> None:
    status = dict(source.status())
    delivered = sum(int(value) for name, value in status.items() if name.endswith(".delivered"))
    rate = round(delivered / seconds)
    if options.json:
        print_json({**status, "seconds": round(seconds, 3), "rate": rate})
        return
    for name, value in status.items():
        if "." in name and not name.endswith(".behind") and value not in ("", 0, -1):
            print(f"{value:>12}  {name}")
    print(say("adapter.run.done", count=delivered, seconds=f"{seconds:.1f}", rate=rate))
