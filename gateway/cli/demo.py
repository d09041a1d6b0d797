"""``qiao demo``: a hospital day becomes FHIR, its internet visits are gated and reach the regulator."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.demo_foreign import (
    SENDERS,
    Program,
    Regulator,
    day_arguments,
    regulator,
    running,
    visits_arguments,
)
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
from gateway.settings import (
    ApiSettings,
    Receivers,
    ReceiverSettings,
    Settings,
    SignatureSettings,
    StoreSettings,
    TenantSettings,
)

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway

RECEIVER = "regulator"
DRAIN = 30.0
"""Seconds after the day until everything that is owed must have been delivered."""
COUNTERSIGNED = 5.0
"""Seconds between two countersignatures while the day goes on."""


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
    """Run the demo; 1 if a simulator fails, or the regulator has not got everything."""
    if options.dir:
        options.dir.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_demo(options, options.dir))
    with tempfile.TemporaryDirectory(prefix="qiao-demo-") as folder:
        return asyncio.run(_demo(options, Path(folder)))


async def _demo(options: argparse.Namespace, folder: Path) -> int:
    # Beside the table, not across it.
    logging.basicConfig(filename=folder / "qiao.log", level=logging.INFO, format=LOG_FORMAT)
    _keys(folder)
    began = time.monotonic()
    async with regulator(folder) as platform:
        stage = await _stage(options, folder, platform)
        try:
            code = await _play(stage, options, folder)
            figures = await stage.figures(round(time.monotonic() - began, 3))
        finally:
            await stage.close()
    if options.json:
        print_json(figures)
    elif options.once:
        notice(say("demo.next"))
    return code or (0 if figures["feed"]["whole"] or not options.once else 1)


def _keys(folder: Path) -> None:
    """Make an authority, and keys of physician, pharmacist, hospital and regulator."""
    from gateway.security.signature.demonstration import (
        PHARMACIST,
        PHYSICIAN,
        Hospital,
        Signer,
        demonstration,
    )

    if (folder / "ca" / "trust.pem").exists():
        return
    hospital = Signer("gateway", "渡桥市人民医院互联网医院", "12990101MA0000017Q")
    demonstration(folder / "ca", (PHYSICIAN, PHARMACIST, hospital), algorithm="ES256")
    office = Hospital("渡桥市卫生健康委员会", "11990101MB0000001A")
    demonstration(folder / "ca", (Signer("regulator", "监管平台", "11990101MB0000001A"),), office, "ES256")


def _settings(folder: Path, port: int, platform: str) -> Settings:
    """Return settings of an embedded store and free ports; files and environment play no part."""
    ca = folder / "ca"
    return Settings(
        store=StoreSettings(url=f"sqlite:///{folder / 'qiao.db'}"),
        api=ApiSettings(port=port),
        adapters={name: {"port": 0} for name in SENDERS},
        tenants={"default": TenantSettings(jurisdiction=("cn-chongqing",), sign_key="gateway")},
        signatures=SignatureSettings(trust=(str(ca / "trust.pem"),), keys=str(ca / "keys")),
        receivers=Receivers(
            named={RECEIVER: ReceiverSettings(url=platform, sign_key="gateway", longest_pause=5)}
        ),
    )


async def _stage(options: argparse.Namespace, folder: Path, platform: Regulator) -> Stage:
    from gateway import bootstrap

    with naming_the_port():
        gateway = bootstrap.build(_settings(folder, options.port, platform.url))
    return Stage(gateway, await bootstrap.start(gateway), platform)


class Stage:
    """What plays: the gateway here, the others as processes.

    Attributes:
        visits: the internet hospital's front end, None before it starts.
    """

    def __init__(self, gateway: Gateway, api: asyncio.Task[None], platform: Regulator) -> None:
        self.gateway, self._api, self.platform = gateway, api, platform
        self.visits: Program | None = None
        self.signed = 0

    async def close(self) -> None:
        """Stop the gateway."""
        from gateway import bootstrap

        await bootstrap.stop(self.gateway, self._api)

    def feed(self) -> dict[str, int]:
        """Return how the ledger stands with the regulator: entries, acknowledged, still open, exceptions."""
        store = self.gateway.store
        size = store.ledger.head("default").size
        found = next((one for one in store.deliveries.receivers("default") if one.name == RECEIVER), None)
        counts = {} if found is None else store.deliveries.counts(found)
        done, stuck = counts.get("acknowledged", 0), counts.get("refused", 0) + counts.get("held", 0)
        return {"ledger": size, "acknowledged": done, "open": size - done, "exceptions": stuck}

    async def drain(self) -> None:
        """Wait until nothing is on its way to the regulator any more, or it takes too long."""
        until = time.monotonic() + DRAIN
        while time.monotonic() < until:
            feed = self.feed()
            if feed["open"] <= feed["exceptions"]:
                return
            await asyncio.sleep(0.1)

    async def countersign(self) -> None:
        """Let the regulator sign the head of what it has."""
        asked = {"hospital": self.gateway.url.removesuffix("/fhir")}
        with suppress(OSError, ValueError):
            answer = await asyncio.to_thread(self.platform.tell, "/countersign", asked)
            self.signed = answer.get("countersigned", 0)

    async def countersigning(self) -> None:
        """Let it do so again and again."""
        while True:
            await asyncio.sleep(COUNTERSIGNED)
            await self.countersign()

    async def figures(self, seconds: float) -> dict[str, Any]:
        """Return everything that ``--json`` prints."""
        counters = self.gateway.engine.counters
        return {
            "received": counters.received,
            "stored": counters.stored,
            "quarantined": counters.quarantined.total(),
            "refused": counters.refused,
            "repeats": counters.repeats,
            "rejected": counters.rejected.total(),
            "resources": dict(sorted(self.gateway.store.counts("default").resources.items())),
            "visits": self.visits.newest if self.visits else {},
            "feed": await self._checked(),
            "seconds": seconds,
        }

    async def _checked(self) -> dict[str, Any]:
        """Return the feed, and whether both sides hold the same: the chain here, the entries there."""
        verified = await asyncio.to_thread(self.gateway.store.ledger.verify, "default")
        state: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            state = await asyncio.to_thread(self.platform.state)
        theirs = state.get("ledgers", {}).get("default", {})
        feed = self.feed()
        chain = verified.ok and theirs.get("head", "") == self.gateway.store.ledger.head("default").head.hex()
        whole = chain and not state.get("faults") and feed["open"] == 0
        return {**feed, "chain": chain, "countersigned": self.signed, "regulator": state, "whole": whole}


async def _play(stage: Stage, options: argparse.Namespace, folder: Path) -> int:
    """Show the day until it is over (``--once``) or somebody stops us; 1 if a simulator failed."""
    # One lost answer, so that what is sent again can be seen.
    await asyncio.to_thread(stage.platform.tell, "/misbehave", {"mode": "lost", "times": 1})
    gateway = stage.gateway
    day = day_arguments(gateway.addresses, options.seed, options.patients, options.rate or 0.0, options.once)
    visits = visits_arguments(gateway.url, folder, options.seed, options.patients, options.once)
    async with AsyncExitStack() as programs:
        his = await programs.enter_async_context(running("conformance.simulators", day))
        stage.visits = await programs.enter_async_context(running("conformance.simulators.internet", visits))
        for program in (his, stage.visits):
            program.listen()
        return await _watch(stage, [his, stage.visits], options)


async def _watch(stage: Stage, programs: list[Program], options: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    over = loop.create_task(_over(stage, programs))
    leave, signing = loop.create_task(stopped.wait()), loop.create_task(stage.countersigning())
    if options.json:
        await asyncio.wait({over, leave}, return_when=asyncio.FIRST_COMPLETED)
    else:
        from gateway.cli.demo_table import show

        await show(stage, over, leave, once=options.once)
    for task in (leave, signing):
        task.cancel()
    if stopped.is_set() or not over.done() or not over.result():
        over.cancel()
        return 0
    notice(say("demo.simulators", code=over.result()))
    return 1


async def _over(stage: Stage, programs: list[Program]) -> int:
    """Wait for the end of the day, and until the regulator has it; returns the worst exit code."""
    codes = await asyncio.gather(*(one.over() for one in programs))
    await stage.drain()
    await stage.countersign()
    return max(codes)
