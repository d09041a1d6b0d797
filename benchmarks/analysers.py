"""Two hundred analysers at once: results a second until they are committed, bar codes asked for, and memory.

A real `qiao serve` on core 0, on a filled store with the samples ordered before, synchronous=FULL; the
analysers are a process on core 1 (`python -m benchmarks.analysers PORT CASE ANALYSERS SECONDS`). A message
counts when its last frame or itself has been acknowledged, a question when it has been answered; how many
results the store then has is counted, too.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks import sender
from benchmarks.filled import filled
from benchmarks.machine import ROOT, cpu_seconds, memory_mib, pinned, work
from benchmarks.served import copy_of
from gateway.wire.astm.frame import ACK, ENQ, EOT, frames


@dataclass(slots=True, frozen=True)
class Size:
    """How much is measured.

    Attributes:
        analysers: connected all the time.
        seconds: of each case.
        resources: in the store before, beside the orders.
    """

    analysers: int
    seconds: float
    resources: int


FULL = Size(analysers=200, seconds=30, resources=1_000_000)
QUICK = Size(analysers=200, seconds=5, resources=20_000)


@dataclass(slots=True, frozen=True)
class Case:
    """What the analysers do.

    Attributes:
        door: that they are connected to.
        results: of a message; 0: they ask what is to be done with a tube.
    """

    door: str
    results: int


CASES = {
    "ASTM, a blood count of 25 results": Case("lis/astm", 25),
    "ASTM, one result a message": Case("lis/astm", 1),
    "HL7, one result a message": Case("lis/hl7v2", 1),
    "ASTM, bar codes asked for": Case("lis/astm", 0),
}

TUBES = 8
"""Tubes of an analyser, one after the other."""
TESTS = 25
"""Results of a tube; then it has the next one."""

NOW = datetime.now(timezone(timedelta(hours=8)))
CLOSED = ("HIS_CDA", "PACS_RIS_HL7V2")
OPEN = ("HIS_HL7V2", "LIS_ASTM", "LIS_HL7V2")


def moment(minutes: int) -> str:
    """Return a moment so many minutes from now."""
    return f"{NOW + timedelta(minutes=minutes):%Y%m%d%H%M%S}"


def sample(analyser: int, tube: int) -> str:
    """Return the bar code of a tube of an analyser."""
    return f"26{analyser:06}{tube:02}"


def born(analyser: int) -> str:
    """Return the birthday of the patient whose tubes stand in an analyser: no two are of one day."""
    return f"{date(1950, 1, 1) + timedelta(days=97 * analyser):%Y%m%d}"


def _place(number: int, results: int) -> tuple[int, int]:
    """Return the tube of a message, and the number of its first test; no result comes twice."""
    tubes, test = divmod(number * max(results, 1), TESTS)
    return tubes % TUBES, test + tubes // TUBES * TESTS


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{one}\r" for one in lines).encode()


def results(analyser: int, number: int, several: int) -> bytes:
    """Return one message of results by ASTM."""
    tube, test = _place(number, several)
    return _text([
        f"H|\\^&|||BENCH-{analyser % 10}^1.0^S{analyser}|||||||P|LIS2-A2|{moment(0)}",
        "P|1",
        f"O|1|{sample(analyser, tube)}||^^^CBC|R||{moment(-15)}||||||||||||||||||F",
        *(
            f"R|{at}|^^^T{test + at}|{at}.{number % 90 + 10}|10*9/L|1.0 to 99.0|N||F||admin||{moment(-1)}"
            for at in range(1, several + 1)
        ),
        "L|1|N",
    ])  # fmt: skip


def result(analyser: int, number: int) -> bytes:
    """Return one result as a chemistry analyser sends it over HL7 (mappings/senders/mindray-bs.yaml)."""
    tube, test = _place(number, 1)
    drawn = moment(-15)
    return _text([
        f"MSH|^~\\&|Mindray|BS-480|||{moment(0)}||ORU^R01|{analyser}.{number}|P|2.3.1||||0||ASCII",
        f"PID|1||P{analyser:06}^^^DQRM^MR||||{born(analyser)}|F",
        f"OBR|1|{sample(analyser, tube)}|{number % 90}|Mindray^BS-480|N|{drawn}|{drawn}|||||||{drawn}|serum",
        f"OBX|1|NM|{test + 1}|T{test}|5.{number % 90 + 10}|mmol/L|3.90-16.10|N|||F||5.1|{moment(-1)}",
    ])  # fmt: skip


def question(analyser: int, number: int) -> bytes:
    """Return the question what is to be done with a tube, by ASTM."""
    head = f"H|\\^&|||BENCH-{analyser % 10}^1.0^S{analyser}|||||||P|LIS2-A2|{moment(0)}"
    return _text([head, f"Q|1|^{sample(analyser, number % TUBES)}||ALL||||||||O", "L|1|N"])


def order(analyser: int, tube: int) -> bytes:
    """Return the order of a tube, framed for MLLP."""
    number = sample(analyser, tube)
    lines = (
        f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|{moment(-45)}||OML^O21^OML_O21|O{number}|P|2.5.1|||||CHN|UNICODE UTF-8",
        f"PID|1||P{analyser:06}^^^DQRM^MR||张^{analyser}||{born(analyser)}|F",
        f"PV1|1|O|||||||||||||||||V{analyser:06}^^^DQRM^VN",
        f"ORC|NW|L{number}^HIS|||||||{moment(-45)}",
        f"OBR|1|L{number}^HIS||CBC^血常规^99LAB",
        f"SPM|1|{number}||BLD^全血^HL70487|||||||P||||||{moment(-15)}",
    )
    return _framed(_text(lines))


def _framed(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


def run(size: Size) -> Iterator[dict[str, Any]]:
    """Yield one row for each case."""
    for case in CASES:
        yield {"case": case, "analysers": size.analysers, **_measured(case, size)}


@contextmanager
def serving(store: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run a gateway on core 0 before a store; give its process id and what it said when it was ready."""
    closed = {f"QIAO_ADAPTERS__{door}__ENABLED": "false" for door in CLOSED}
    ports = {f"QIAO_ADAPTERS__{door}__PORT": "0" for door in OPEN}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
    command = [
        sys.executable,
        "-m",
        "gateway",
        "serve",
        "--json",
        "--port",
        "0",
        "--store",
        f"sqlite:///{store}",
    ]
    with (work() / "analysers.log").open("wb") as errors:
        process = subprocess.Popen(
            pinned(0, command), cwd=ROOT, env=kept | closed | ports, stdout=subprocess.PIPE, stderr=errors
        )
    assert process.stdout is not None
    try:
        yield process.pid, json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def ordered(ready: dict[str, Any], analysers: int) -> None:
    """Order all tubes of so many analysers."""
    orders = [order(one, tube) for tube in range(TUBES) for one in range(analysers)]
    sender.send(port_of(ready, "his/hl7v2"), orders, 16)


def _measured(case: str, size: Size) -> dict[str, float]:
    store = copy_of(filled(size.resources), "analysers")
    with serving(store) as (process, ready):
        ordered(ready, size.analysers)
        had = stored(ready["api"])
        before, spent = memory_mib(process), cpu_seconds(process)
        arguments = [str(port_of(ready, CASES[case].door)), case, str(size.analysers), str(size.seconds)]
        ours = pinned(1, [sys.executable, "-m", "benchmarks.analysers", *arguments])
        found = json.loads(subprocess.run(ours, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        spent = (cpu_seconds(process) - spent) / found["messages"] * 1e6
        there = stored(ready["api"]) - had
        if there != found["results"]:
            raise SystemExit(f"{found['results']} results were acknowledged, {there} are stored")
        row: dict[str, float] = found
        return row | {"cpu_us": spent, "before_mib": before, "peak_mib": memory_mib(process, "VmHWM")}


def port_of(ready: dict[str, Any], door: str) -> int:
    """Return the port of a door."""
    return int(ready["doors"][door].rpartition(":")[2])


def stored(api: str) -> int:
    """Return how many results the store has."""
    with urlopen(f"{api}/Observation?_summary=count", timeout=60) as answer:  # noqa: S310 -- our own gateway
        return int(json.loads(answer.read())["total"])


class Line:
    """One analyser on its connection; it works on one message after the other until the time is over.

    Args:
        numbers: of the first message, and of the one that is not sent any more.
        waits: gets how long each took, in seconds.
    """

    def __init__(
        self,
        analyser: int,
        case: Case,
        until: float,
        waits: list[float],
        numbers: tuple[int, float] = (0, float("inf")),
    ) -> None:
        self._analyser, self._case, self._until, self._waits = analyser, case, until, waits
        self._number, self._most = numbers

    async def work(self, port: int) -> int:
        """Return how many messages were acknowledged, or questions answered."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        tell = (
            self._post if self._case.door == "lis/hl7v2" else self._tell if self._case.results else self._ask
        )
        while time.perf_counter() < self._until and self._number < self._most:
            self._waits.append(await tell())
            self._number += 1
        self._writer.close()
        return self._number

    async def _post(self) -> float:
        """Send one message by MLLP."""
        message = _framed(result(self._analyser, self._number))
        asked = time.perf_counter()
        self._writer.write(message)
        if b"MSA|AA|" not in await self._reader.readuntil(b"\x1c\r"):
            raise SystemExit("an analyser did not hear AA")
        return time.perf_counter() - asked

    async def _tell(self) -> float:
        """Send results by ASTM; return how long the last frame took: then the message is committed."""
        return await self._send(results(self._analyser, self._number, self._case.results))

    async def _ask(self) -> float:
        """Ask by ASTM, and hear the answer."""
        asked, answer = time.perf_counter(), b""
        await self._send(question(self._analyser, self._number))
        while (heard := await self._reader.readexactly(1)) != EOT:
            answer += heard if heard == ENQ else await self._reader.readuntil(b"\r\n")
            self._writer.write(ACK)
        if b"|CBC" not in answer and b"^CBC" not in answer:
            raise SystemExit("an analyser was not told what is to be done")
        return time.perf_counter() - asked

    async def _send(self, message: bytes) -> float:
        for part in [ENQ, *frames(message)]:
            self._writer.write(part)
            asked = time.perf_counter()
            if await self._reader.readexactly(1) != ACK:
                raise SystemExit("an analyser heard NAK")
        self._writer.write(EOT)
        return time.perf_counter() - asked


async def _load(port: int, case: Case, analysers: int, seconds: float) -> dict[str, float]:
    waits: list[float] = []
    begun = time.perf_counter()
    lines = (Line(one, case, begun + seconds, waits).work(port) for one in range(analysers))
    messages = sum(await asyncio.gather(*lines))
    took = time.perf_counter() - begun
    waits.sort()
    at = {f"p{share}": waits[len(waits) * share // 100] * 1e3 for share in (50, 95)}
    told = messages * case.results
    return {"messages": messages, "results": told, "rate": told / took, "each": messages / took, **at}


if __name__ == "__main__":
    port, case, lines, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(_load(int(port), CASES[case], int(lines), float(seconds)))))
