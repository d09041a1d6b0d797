"""``qiao demo``: a gateway and a simulated HIS, LIS and RIS; a hospital day becomes FHIR while you watch."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import (
    LOG_FORMAT,
    Commands,
    at_least_one,
    naming_the_port,
    notice,
    port_number,
    print_json,
)
from gateway.cli.words import say
from gateway.settings import ApiSettings, Settings, StoreSettings

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway

SENDERS = {"his/hl7v2": "--his", "lis/hl7v2": "--lis", "pacs/ris_hl7v2": "--ris"}
"""Adapter → the simulators' option for its address."""


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("demo", help=say("demo"), parents=[shared])
    parser.add_argument("--once", action="store_true", help=say("demo.once"))
    parser.add_argument("--dir", type=Path, metavar="DIR", help=say("demo.dir"))
    parser.add_argument("--port", type=port_number, default=0, metavar="N", help=say("serve.port"))
    parser.add_argument("--seed", type=int, default=7, help=say("demo.seed"))
    parser.add_argument("--patients", type=at_least_one, default=60, help=say("demo.patients"))
    parser.add_argument("--rate", type=float, metavar="N", help=say("demo.rate"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo; 1 if the simulators fail."""
    if options.dir:
        options.dir.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_demo(options, options.dir))
    with tempfile.TemporaryDirectory(prefix="qiao-demo-") as folder:
        return asyncio.run(_demo(options, Path(folder)))


async def _demo(options: argparse.Namespace, folder: Path) -> int:
    from gateway import bootstrap

    # Beside the table, not across it.
    logging.basicConfig(filename=folder / "qiao.log", level=logging.INFO, format=LOG_FORMAT)
    with naming_the_port():
        gateway = bootstrap.build(_settings(folder, options.port))
    api = await bootstrap.start(gateway)
    began = time.monotonic()
    try:
        async with _simulators(gateway, options) as simulators:
            code = await _watch(gateway, simulators, options)
        figures = _figures(gateway, round(time.monotonic() - began, 3))
    finally:
        await bootstrap.stop(gateway, api)
    if options.json:
        print_json(figures)
    return code


def _settings(folder: Path, port: int) -> Settings:
    """Return settings of an embedded store and free ports; files and environment play no part."""
    doors = {name: {"port": 0} for name in SENDERS}
    store = StoreSettings(url=f"sqlite:///{folder / 'qiao.db'}")
    return Settings(store=store, api=ApiSettings(port=port), adapters=doors)


def _figures(gateway: Gateway, seconds: float) -> dict[str, object]:
    counters = gateway.engine.counters
    return {
        "received": counters.received,
        "stored": counters.stored,
        "quarantined": counters.quarantined.total(),
        "refused": counters.refused,
        "repeats": counters.repeats,
        "rejected": counters.rejected.total(),
        "resources": dict(sorted(gateway.store.counts("default").resources.items())),
        "seconds": seconds,
    }


@asynccontextmanager
async def _simulators(gateway: Gateway, options: argparse.Namespace) -> AsyncIterator[Process]:
    """Run the simulators as what they are, a foreign program that knows addresses only."""
    arguments = [sys.executable, "-m", "conformance.simulators", "--json"]
    for adapter, option in SENDERS.items():
        arguments += [option, gateway.addresses[adapter]]
    arguments += ["--seed", str(options.seed), "--patients", str(options.patients)]
    if options.once:
        arguments.append("--once")
    if options.rate:
        arguments += ["--rate", str(options.rate)]
    elif options.once:
        arguments.append("--fast")
    process = await asyncio.create_subprocess_exec(*arguments, stdout=DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _watch(gateway: Gateway, simulators: Process, options: argparse.Namespace) -> int:
    """Show the table until the day is over (``--once``) or somebody stops us."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    over = loop.create_task(simulators.wait())
    leave = loop.create_task(stopped.wait())
    if options.json:
        await asyncio.wait({over, leave}, return_when=asyncio.FIRST_COMPLETED)
    else:
        from gateway.cli.demo_table import show

        await show(gateway, over, leave, once=options.once)
    leave.cancel()
    if stopped.is_set() or not over.done() or not over.result():
        return 0
    notice(say("demo.simulators", code=over.result()))
    return 1
