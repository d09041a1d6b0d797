"""Kill -9 while a run of several tubes is taken apart: no tube is lost, none is doubled, none is changed.

The analyser does what analysers do: what was not answered it sends once more, as it was. ``QIAO_CRASH_SEED``
repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import closing, suppress
from pathlib import Path

import pytest

from gateway.store import Store, Walk, open_store
from gateway.wire import er7
from tests.crash.serving import Gateway, moment, ordered

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

DOOR = "lis/law"
TUBES = 5
STOPS = ["half", *["sent"] * 9, "heard"]
"""When the gateway is killed: before all of a run is there, somewhere on its way, after it was answered."""


def tube(run: int, at: int) -> str:
    return f"26030{run:02d}{at}"


def results(run: int) -> bytes:
    """Return a run of five tubes in GB18030, whose characters hold bytes that look like delimiters."""
    lines = [
        f"MSH|^~\\&|ANALYSER|億區|QIAO|DQRM|{moment(0)}||OUL^R22^OUL_R22|r{run}|P|2.5.1|||NE|AL||GB18030|||"
        "LAB-29^IHE"
    ]
    for at in range(TUBES):
        lines += [
            f"SPM|{at + 1}|{tube(run, at)}||BLD^墊億^HL70487|||||||P",
            f"OBR|1|N{run}{at}||CBC^億",
            "ORC|OK||||CM",
            f"OBX|1|NM|CBC^億||{run}.{at}|mmol/L||N|||F|||{moment(-1)}",
            "NTE|1||墊乛",
        ]
    return "".join(f"{one}\r" for one in lines).encode("gb18030")


async def killed_at(gateway: Gateway, run: int, when: str, dice: random.Random) -> bool:
    """Send a run; kill the gateway meanwhile. Return whether it was answered before."""
    raw = b"\x0b" + results(run) + b"\x1c\r"
    reader, writer = await gateway.line(DOOR)
    writer.write(raw[: len(raw) // 2] if when == "half" else raw)
    await writer.drain()
    answer = b""
    with suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        async with asyncio.timeout(60 if when == "heard" else dice.random() * 0.06):
            answer = await reader.readuntil(b"\x1c\r")
    await asyncio.to_thread(gateway.kill)
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        answer = answer or await reader.readuntil(b"\x1c\r")  # it was on the line already
    writer.close()
    return b"MSA|AA|" in answer


def test_each_tube_of_a_run_is_there_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
    dice, url = random.Random(seed), f"sqlite:///{tmp_path / 'qiao.db'}"
    gateway = Gateway(tmp_path, url, DOOR)

    async def rounds() -> None:
        gateway.start()
        for run, when in enumerate(STOPS):
            for at in range(TUBES):
                assert b"MSA|AA|" in await gateway.said(ordered(tube(run, at), f"N{run}{at}"))
            answered = await killed_at(gateway, run, when, dice)
            gateway.start()
            if not answered or dice.random() < 0.3:  # an answer may be lost on the line
                assert b"MSA|AA|" in await gateway.said(results(run), DOOR)
        await gateway.said(results(0), DOOR)  # it has started: now it can be stopped
        gateway.stop()

    try:
        asyncio.run(rounds())
    finally:
        gateway.kill()
    with closing(open_store(url)) as store:
        check(store, f"QIAO_CRASH_SEED={seed}")


def check(store: Store, told: str) -> None:
    rows = [one for one in store.inbox_walk(Walk(), 10_000) if one.envelope.adapter == DOOR]
    sent = [part for run in range(len(STOPS)) for part in er7.apart(results(run))]
    assert len(sent) == len(STOPS) * TUBES
    assert sorted(one.envelope.raw for one in rows) == sorted(sent), told
    assert {one.state for one in rows} == {"stored"}, told
    for type_ in ("Observation", "DiagnosticReport"):
        found = store.search("default", type_, [("_count", "1000")]).matches
        assert len(found) == len(sent), told
        assert {one.ver for one in found} == {1}, told
