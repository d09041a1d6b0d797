"""``qiao demo``: a hospital day becomes FHIR, its internet visits are gated and reach the regulator.

With ``--target`` it stays as a target of `qiao conformance`, to clients only.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.demo_foreign import (
    BRANCH,
    LABORATORY,
    Program,
    Regulator,
    branch_arguments,
    day_arguments,
    laboratory_arguments,
    prepared,
    regulator,
    running,
    visits_arguments,
)
from gateway.cli.demo_settings import (
    JURISDICTION,
    Branch,
    Lines,
    free_port,
    guarded,
    make_keys,
    open_to_all,
    settings,
)
from gateway.cli.demo_stage import Stage
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
from gateway.errors import Misconfigured
from gateway.turns import taking_turns

if TYPE_CHECKING:
    from gateway.cli.demo_target import Guests
    from gateway.settings import Settings


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("demo", help=say("demo"), parents=[shared])
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--once", action="store_true", help=say("demo.once"))
    ways.add_argument("--target", type=Path, metavar="FILE", help=say("demo.target"))
    parser.add_argument("--dir", type=Path, metavar="DIR", help=say("demo.dir"))
    parser.add_argument("--port", type=port_number, default=0, metavar="N", help=say("serve.port"))
    parser.add_argument("--seed", type=int, default=7, help=say("demo.seed"))
    parser.add_argument("--patients", type=at_least_one, default=60, help=say("demo.patients"))
    parser.add_argument("--rate", type=float, metavar="N", help=say("demo.rate"))
    parser.add_argument("--idle", action="store_true", help=say("demo.idle"))
    parser.add_argument("--tls", action="store_true", help=say("demo.tls"))
    parser.add_argument("--jurisdiction", action="append", metavar="NAME", help=say("demo.jurisdiction"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo; 1 if a simulator fails, or the regulator or the branch has not got everything."""
    if options.target is None and (options.idle or options.tls):
        raise Misconfigured(say("demo.needs-target"), where="--idle" if options.idle else "--tls")
    if options.dir:
        options.dir.mkdir(parents=True, exist_ok=True)
        return taking_turns(_demo(options, options.dir))
    with tempfile.TemporaryDirectory(prefix="qiao-demo-") as folder:
        return taking_turns(_demo(options, Path(folder)))


async def _demo(options: argparse.Namespace, folder: Path) -> int:
    # Beside the table, not across it.
    logging.basicConfig(filename=folder / "qiao.log", level=logging.INFO, format=LOG_FORMAT)
    make_keys(folder)
    began = time.monotonic()
    guests, branch = _guests(options, folder), Branch.within(folder)
    await prepared(branch.database, branch.interface, branch.drop)
    async with AsyncExitStack() as there:
        platform = await there.enter_async_context(regulator(folder, _authority(options, folder)))
        lines = there.enter_context(_lines(options, folder))
        wanted = _settings(options, folder, platform, guests, lines)
        stage = await _stage(wanted, platform, guests, branch.interface)
        stage.lines = lines
        try:
            code = await _play(stage, options, folder)
            figures = await stage.figures(round(time.monotonic() - began, 3))
        finally:
            await stage.close()
    if options.json:
        print_json(figures)
    elif options.once:
        notice(say("demo.next"))
    whole = figures["feed"]["whole"] and figures["writeback"]["whole"]
    return code or (0 if whole or not options.once else 1)


def _guests(options: argparse.Namespace, folder: Path) -> Guests | None:
    """Return who has a token; None where nobody is asked for one."""
    if options.target is None:
        return None
    from gateway.cli.demo_target import Guests

    return Guests.admitted(folder)


def _authority(options: argparse.Namespace, folder: Path) -> Path | None:
    """Return the certificate of whoever issues the gateway's; None where it has none."""
    if not options.tls:
        return None
    from gateway.cli.demo_tls import loopback_certificate

    return loopback_certificate(folder / "ca")[0]


@contextmanager
def _lines(options: argparse.Namespace, folder: Path) -> Iterator[Lines]:
    """Give a target a serial line, and an analyser that takes its work at a port of its own."""
    if options.target is None:
        yield Lines()
        return
    from gateway.cli.demo_serial import cable

    tls: tuple[Path, ...] = ()
    if options.tls:
        from gateway.cli.demo_tls import loopback_certificate

        tls = loopback_certificate(folder / "ca")
    with cable(folder) as (ours, theirs):
        yield Lines(ours, theirs, f"127.0.0.1:{free_port()}", tls)


def _settings(
    options: argparse.Namespace, folder: Path, platform: Regulator, guests: Guests | None, lines: Lines
) -> Settings:
    jurisdiction = options.jurisdiction or JURISDICTION
    if guests is None:
        return settings(folder, open_to_all(options.port), platform.url, jurisdiction, lines=lines)
    api = guarded(folder, options.port, guests.file, tls=options.tls)
    return settings(folder, api, platform.url, jurisdiction, guests.tenants, lines)


async def _stage(wanted: Settings, platform: Regulator, guests: Guests | None, interface: str) -> Stage:
    from gateway import bootstrap

    with naming_the_port():
        gateway = bootstrap.build(wanted)
    return Stage(gateway, await bootstrap.start(gateway), platform, guests, interface=interface)


async def _play(stage: Stage, options: argparse.Namespace, folder: Path) -> int:
    """Show the day until it is over (``--once``) or somebody stops us; 1 if a simulator failed."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    signing = loop.create_task(stage.countersigning())
    try:
        code = 0 if options.idle else await _day(stage, options, folder, stopped)
        if stage.guests and not (code or stopped.is_set()):
            await _stand(stage, options, folder, stopped)
    finally:
        signing.cancel()
    return code


async def _day(stage: Stage, options: argparse.Namespace, folder: Path, stopped: asyncio.Event) -> int:
    gateway, once = stage.gateway, options.once or stage.guests is not None
    if stage.guests is None:
        # One lost answer, so that what is sent again can be seen.
        await asyncio.to_thread(stage.platform.tell, "/misbehave", {"mode": "lost", "times": 1})
    day = day_arguments(gateway.addresses, options.seed, options.patients, options.rate or 0.0, once)
    visits = visits_arguments(
        gateway.url, folder, options.seed, options.patients, once, stage.token("front-end")
    )
    there = Branch.within(folder)
    branch = branch_arguments(
        there.database, there.drop, gateway.addresses, options.seed, options.patients, once
    )
    tubes = laboratory_arguments(
        gateway.addresses,
        options.seed,
        options.patients,
        once,
        stage.lines.tls[0] if stage.lines.tls else None,
    )
    async with AsyncExitStack() as programs:
        stage.laboratory = await programs.enter_async_context(running(LABORATORY, tubes))
        stage.laboratory.listen()
        if stage.guests is not None:  # what is newest at a target is of the whole hospital
            await _before(stage.laboratory, stopped)
        his = await programs.enter_async_context(running("conformance.simulators", day))
        stage.branch = await programs.enter_async_context(running(BRANCH, branch))
        front_end = running("conformance.simulators.internet", visits, _authority(options, folder))
        stage.visits = await programs.enter_async_context(front_end)
        those = [his, stage.branch, stage.visits]
        for program in those:
            program.listen()
        return await _watch(stage, [*those, stage.laboratory], options, stopped, once=once)


async def _before(program: Program, stopped: asyncio.Event) -> None:
    """Wait until a program is over, or somebody stops us."""
    ends = {asyncio.create_task(program.over()), asyncio.create_task(stopped.wait())}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for one in ends:
        one.cancel()


async def _watch(
    stage: Stage, programs: list[Program], options: argparse.Namespace, stopped: asyncio.Event, *, once: bool
) -> int:
    loop = asyncio.get_running_loop()
    over, leave = loop.create_task(_over(stage, programs)), loop.create_task(stopped.wait())
    if options.json:
        await asyncio.wait({over, leave}, return_when=asyncio.FIRST_COMPLETED)
    else:
        from gateway.cli.demo_table import show

        await show(stage, over, leave, once=once)
    leave.cancel()
    if stopped.is_set() or not over.done() or not over.result():
        over.cancel()
        return 0
    notice(say("demo.simulators", code=over.result()))
    return 1


async def _stand(stage: Stage, options: argparse.Namespace, folder: Path, stopped: asyncio.Event) -> None:
    """Let others test this gateway until somebody stops us."""
    from gateway.cli.demo_target import described, standing

    assert stage.guests is not None
    jurisdiction = options.jurisdiction or JURISDICTION
    said = described(stage.gateway, stage.guests, stage.platform.url, folder, jurisdiction, stage.lines)
    with standing(options.target, said):
        if options.json:
            print_json({"target": str(options.target), "fhir": stage.gateway.url})
        else:
            print(say("demo.ready", file=options.target), flush=True)
        await stopped.wait()


async def _over(stage: Stage, programs: list[Program]) -> int:
    """Wait for the end of the day, and until the regulator has it; returns the worst exit code."""
    codes = await asyncio.gather(*(one.over() for one in programs))
    await stage.fetched()
    await stage.drain()
    await stage.countersign()
    return max(codes)
