"""The demo's foreign programs: HIS, LIS, RIS, analysers, a branch's HIS, an internet hospital, the platform.

They are what they would be elsewhere: processes that know addresses and keys, and nothing of the gateway.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from gateway.errors import Misconfigured

BRANCH = "conformance.simulators.campus"
"""The program of the branch, whose HIS speaks no HL7 v2."""

LABORATORY = "conformance.simulators.analysers"
"""The program of the laboratory's analysers, and of the HIS that orders what they measure."""

ANALYSERS = {
    "--haematology": "lis/astm",
    "--counter": "lis/hl7v2",
    "--chemistry": "lis/hl7v2",
    "--immunoassay": "lis/law",
}
"""Option of that program → the adapter to which this analyser connects."""

CHINA = timezone(timedelta(hours=8))
"""The wall clock of analysers."""

SENDERS = {"his/hl7v2": "--his", "lis/hl7v2": "--lis", "pacs/ris_hl7v2": "--ris"}
"""Adapter → the simulators' option for its address."""

PATIENCE = 30.0
"""Seconds for the platform to start, and for one answer of it."""


@dataclass(slots=True)
class Program:
    """A foreign program that runs.

    Attributes:
        newest: the last line of JSON that it printed.
    """

    process: Process
    newest: dict[str, Any] = field(default_factory=dict)
    _reading: asyncio.Task[None] | None = None

    async def over(self) -> int:
        """Wait until it ends and has been heard out; returns its exit code."""
        if self._reading is not None:
            await self._reading
        return await self.process.wait()

    def listen(self) -> None:
        """Remember what it prints."""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            try:
                self.newest = json.loads(line)
            except ValueError:
                continue


@asynccontextmanager
async def running(
    module: str, arguments: Sequence[str], authority: Path | None = None
) -> AsyncIterator[Program]:
    """Run ``python -m module`` until the block ends.

    Args:
        authority: certificate of whoever issued the gateway's; None: it has none.
    """
    trusting = {"SSL_CERT_FILE": str(authority)} if authority else {}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=PIPE, env=os.environ | trusting
    )
    program = Program(process)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@dataclass(slots=True, frozen=True)
class Regulator:
    """The platform's process, and its address."""

    program: Program
    url: str

    def state(self) -> dict[str, Any]:
        """Return how it stands; blocks. Raises ``OSError``."""
        with urlopen(f"{self.url}/state", timeout=PATIENCE) as answer:  # noqa: S310 -- of our own making
            found: dict[str, Any] = json.load(answer)
        return found

    def tell(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        """Send JSON, return the answer; blocks. Raises ``OSError``."""
        request = Request(f"{self.url}{path}", json.dumps(said).encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
        return found


@asynccontextmanager
async def regulator(folder: Path, authority: Path | None = None) -> AsyncIterator[Regulator]:
    """Run the platform; its file is in the folder, its key and the authority's certificate in ``folder/ca``.

    Raises:
        Misconfigured: it does not start.
    """
    ca = folder / "ca"
    arguments = ["--store", str(folder / "regulator.db"), "--trust", str(ca / "trust.pem")]
    arguments += ["--keys", str(ca / "keys")]
    async with running("conformance.simulators.regulator", arguments, authority) as program:
        assert program.process.stdout is not None
        try:
            line = await asyncio.wait_for(program.process.stdout.readline(), PATIENCE)
            url = json.loads(line)["url"]
        except (TimeoutError, ValueError):
            raise Misconfigured("the simulated regulator does not start") from None
        program.listen()
        yield Regulator(program, url)


def day_arguments(addresses: dict[str, str], seed: int, patients: int, rate: float, once: bool) -> list[str]:
    """Return how the HIS, LIS and RIS are called."""
    arguments = ["--json", "--seed", str(seed), "--patients", str(patients)]
    for adapter, option in SENDERS.items():
        arguments += [option, addresses[adapter]]
    if rate:
        arguments += ["--rate", str(rate)]
    elif once:
        arguments.append("--fast")
    return [*arguments, "--once"] if once else arguments


async def prepared(database: str, interface: str, folder: Path) -> None:
    """Let the branch make its database and folder, before the gateway looks at them.

    Raises:
        Misconfigured: it cannot.
    """
    arguments = ["--prepare", "--database", database, "--interface", interface, "--folder", str(folder)]
    async with running(BRANCH, arguments) as program:
        if await asyncio.wait_for(program.process.wait(), PATIENCE):
            raise Misconfigured("the simulated HIS of the branch cannot make its database", where=database)


def branch_arguments(
    database: str, folder: Path, addresses: dict[str, str], seed: int, patients: int, once: bool
) -> list[str]:
    """Return how the branch is called: it has a quarter of the patients."""
    arguments = ["--database", database, "--folder", str(folder), "--seed", str(seed)]
    arguments += [
        "--xml",
        f"http://{addresses['his/xml_http']}/",
        "--cda",
        f"http://{addresses['his/cda']}/cda",
    ]
    arguments += ["--patients", str(max(4, patients // 4))]
    return [*arguments, "--once"] if once else [*arguments, "--rate", "3"]


def laboratory_arguments(
    addresses: dict[str, str], seed: int, patients: int, once: bool, authority: Path | None = None
) -> list[str]:
    """Return how the analysers are called: each measures tubes of an eighth of the patients, up to now.

    Args:
        authority: whoever issued the certificate of doors that only analysers use; None: they are plain.
    """
    now = datetime.now(CHINA).strftime("%Y-%m-%dT%H:%M")
    arguments = ["--his", addresses["his/hl7v2"], "--seed", str(seed), "--ends", now]
    arguments += ["--ca", str(authority)] if authority else []
    for option, adapter in ANALYSERS.items():
        secret = "tls:" if authority and adapter != "lis/hl7v2" else ""
        arguments += [option, f"{secret}{addresses[adapter]}"]
    arguments += ["--patients", str(max(2, patients // 8))]
    return [*arguments, "--once"] if once else [*arguments, "--rate", "1"]


def visits_arguments(
    url: str, folder: Path, seed: int, patients: int, once: bool, token: str = ""
) -> list[str]:
    """Return how the internet hospital's front end is called: with ``once`` two visits for five patients."""
    arguments = ["--to", url, "--keys", str(folder / "ca" / "keys"), "--seed", str(seed)]
    arguments += ["--token", token] if token else []
    if once:
        return [*arguments, "--once", "--visits", str(max(12, patients * 2 // 5))]
    return [*arguments, "--rate", "0.7"]
