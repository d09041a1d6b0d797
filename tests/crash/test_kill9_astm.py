"""Kill -9 in every state of the ASTM machine: what was acknowledged is there, once; what was not comes again.

The analyser of this test does what analysers do: a message whose last frame was not acknowledged it sends
once more, in another session. ``QIAO_CRASH_SEED`` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store import Store, Walk, open_store
from gateway.wire.astm.frame import ACK, ENQ, EOT, frames
from tests.crash.serving import Gateway, moment, ordered

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

DOOR = "lis/astm"
SAMPLE, ASKED = "260307900", "260307901"
"""Bar codes of the tube with results, and of the one whose order is asked for."""
FRAMES = 5
STOPS = [
    *[(step, when) for step in range(FRAMES + 2) for when in ("half", "sent", "heard")],
    *[(step, "asking") for step in range(4)],
]
"""Where the gateway is killed: at which thing that is sent (ENQ, frames, EOT), before or after its answer;
while it answers a question: at its ENQ, its first frame, in its middle, at its end."""


def message(number: int) -> bytes:
    """Return one result, of a test of its own."""
    lines = (
        f"H|\\^&|||TEST-1^1.0^S1|||||||P|LIS2-A2|{moment(0)}",
        "P|1",
        f"O|1|{SAMPLE}||^^^T{number}|R||{moment(-15)}||||||||||||||||||F",
        f"R|1|^^^T{number}|{number}.5|mmol/L||N||F||||{moment(-1)}",
        "L|1|N",
    )
    return "".join(f"{one}\r" for one in lines).encode()


QUESTION = f"H|\\^&|||TEST-1|||||||P|LIS2-A2|{moment(0)}\rQ|1|^{ASKED}||ALL||||||||O\rL|1|F\r".encode()


class Killed(Exception):
    """The gateway is gone."""


class Analyser:
    """One analyser; its messages wait until their last frame was acknowledged.

    Attributes:
        acknowledged: messages that it need not send any more.
    """

    def __init__(self, gateway: Gateway, dice: random.Random) -> None:
        self.gateway, self._dice = gateway, dice
        self.acknowledged: list[bytes] = []
        self._waiting: list[bytes] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self.gateway.line(DOOR)

    async def deliver(self) -> None:
        """Send what waits, without an accident."""
        reader, writer = await self.connect()
        while self._waiting:
            await self._session(reader, writer, self._waiting[0], -1, "")
            self.acknowledged.append(self._waiting.pop(0))
        writer.close()

    async def killed_at(self, new: bytes, step: int, when: str) -> None:
        """Begin to send a message; at one point the gateway is killed."""
        self._waiting.append(new)
        reader, writer = await self.connect()
        try:
            await self._session(reader, writer, new, step, when)
        except Killed:
            writer.close()

    async def _session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes, step: int, when: str
    ) -> None:
        cut = frames(raw)
        for number, part in enumerate((ENQ, *cut, EOT)):
            here = when if number == step else ""
            writer.write(part[: len(part) // 2] if here == "half" else part)
            await writer.drain()
            if here in ("half", "sent"):
                await self._kill()
            if part != EOT:
                async with asyncio.timeout(60):
                    assert await reader.readexactly(1) == ACK
            if number == len(cut) and step >= 0 and raw in self._waiting:
                self._waiting.remove(raw)
                self.acknowledged.append(raw)
            if here == "heard":
                await self._kill()

    async def _kill(self) -> None:
        await asyncio.sleep(self._dice.random() * 0.01)  # anywhere between the frame and its commit
        await asyncio.to_thread(self.gateway.kill)
        raise Killed

    async def ask(self, step: int = -1) -> bytes:
        """Ask for the orders of the sample; return the answer, unless the gateway is killed meanwhile."""
        reader, writer = await self.connect()
        await self._session(reader, writer, QUESTION, -1, "")
        heard, text = 0, b""
        async with asyncio.timeout(60):
            assert await reader.readexactly(1) == ENQ
            while True:
                if heard == step:
                    writer.close()
                    await asyncio.to_thread(self.gateway.kill)
                    return b""
                writer.write(ACK)
                await writer.drain()
                sign = await reader.readexactly(1)
                if sign == EOT:
                    writer.close()
                    return text
                frame = await reader.readuntil(b"\r\n")
                heard, text = heard + 1, text + frame[1:-5]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
    url = f"sqlite:///{tmp_path / 'qiao.db'}" if engine == "sqlite" else request.getfixturevalue("database")
    gateway = Gateway(tmp_path, url, DOOR)
    analyser = Analyser(gateway, random.Random(seed))
    stops = STOPS if engine == "sqlite" else STOPS[::4]

    async def rounds() -> None:
        gateway.start()
        for sample in (SAMPLE, ASKED):
            assert b"MSA|AA|" in await gateway.said(ordered(sample, f"L{sample}"))
        for number, (step, when) in enumerate(stops, 1):
            await analyser.deliver()
            if when == "asking":
                assert await analyser.ask(step) == b""
            else:
                await analyser.killed_at(message(number), step, when)
            gateway.start()
        await analyser.deliver()
        assert b"O|1|" + ASKED.encode() in await analyser.ask()

    try:
        asyncio.run(rounds())
        gateway.stop()
    finally:
        gateway.kill()
    told = f"QIAO_CRASH_SEED={seed}"
    with closing(open_store(url)) as store:
        check(store, analyser, [message(n) for n, (_, when) in enumerate(stops, 1) if when != "asking"], told)


def check(store: Store, analyser: Analyser, sent: list[bytes], told: str) -> None:
    assert sorted(analyser.acknowledged) == sorted(sent), told
    rows = [one for one in store.inbox_walk(Walk(), 10_000) if one.envelope.adapter == "lis/astm"]
    whole = [one.envelope.raw for one in rows if "cut" not in one.envelope.meta]
    assert sorted(one for one in whole if one != QUESTION) == sorted(sent), told
    assert {one.state for one in rows if "cut" not in one.envelope.meta} == {"stored"}, told
    broken = [one for one in rows if "cut" in one.envelope.meta]
    assert all(one.state == "quarantined" for one in broken), told
    found = store.search("default", "Observation", [("_count", "1000")]).matches
    assert len(found) == len(sent), told
    assert {one.ver for one in found} == {1}, told
