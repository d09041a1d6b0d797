"""Kill -9 at random points while four senders run: what was acknowledged is there, once. On both engines.

``QIAO_CRASH_SEED`` repeats a run. The gateway is the real ``qiao serve``, forked from a process that has its
modules loaded already, so that a round takes a second and not three.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import socket
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.errors import QiaoError
from gateway.store import open_store
from gateway.wire import er7
from gateway.wire.mllp import MllpClient

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

ROUNDS = {"sqlite": 50, "postgresql": 8}
SENDERS = 4
RETRY = 0.02
PORTS = ("api", "his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2")


@dataclass
class Traffic:
    """Four senders that resend what was not acknowledged, as a HIS does."""

    port: int
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, number: int) -> None:
        client = MllpClient("127.0.0.1", self.port, timeout=10)
        try:
            for turn in range(1_000_000):
                control_id = f"K{number}-{turn}"
                self.sent.add(control_id)
                await self._until_acknowledged(client, control_id)
        finally:
            await client.close()

    async def _until_acknowledged(self, client: MllpClient, control_id: str) -> None:
        while True:
            try:
                answer = er7.parse(await client.send(adt(control_id)))
            except QiaoError:
                await asyncio.sleep(RETRY)
                continue
            if answer.get("MSA-1") == "AA":
                assert answer.get("MSA-2") == control_id
                self.acknowledged.add(control_id)
                self.more.set()
                return

    async def acknowledge(self, count: int) -> None:
        """Wait until so many more have been acknowledged."""
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            self.more.clear()
            await self.more.wait()


def adt(control_id: str) -> bytes:
    return (
        f"MSH|^~\\&|HIS|H1|QIAO|Q|20260301080000||ADT^A01^ADT_A01|{control_id}|P|2.5.1\r"
        f"EVN|A01|20260301080000\rPID|1||{control_id}^^^H1^MR||张^三||19900307|M\r"
        f"PV1|1|I|W1^101^1^H1||||||||||||||||V{control_id}\r"
    ).encode()


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def write_settings(folder: Path, url: str) -> tuple[Path, int]:
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    text = f'[store]\nurl = "{url}"\n[api]\nport = {ports.pop("api")}\n'
    text += "".join(f'[adapters."{name}"]\nport = {port}\n' for name, port in ports.items())
    path = folder / "qiao.toml"
    path.write_text(text)
    return path, ports["his/hl7v2"]


@pytest.mark.parametrize("engine", ROUNDS)
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
    dice = random.Random(seed)
    url = f"sqlite:///{tmp_path / 'qiao.db'}" if engine == "sqlite" else request.getfixturevalue("database")
    config, port = write_settings(tmp_path, url)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.loaded"])

    async def rounds() -> Traffic:
        traffic = Traffic(port)
        senders = [asyncio.create_task(traffic.run(number)) for number in range(SENDERS)]
        for _ in range(ROUNDS[engine]):
            gateway = context.Process(target=main, args=(["serve", "--config", str(config)],))
            gateway.start()
            async with asyncio.timeout(60):
                await traffic.acknowledge(dice.randrange(1, 40))
            await asyncio.sleep(dice.random() * 0.01)  # anywhere between two commits
            gateway.kill()
            await asyncio.to_thread(gateway.join)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        return traffic

    traffic = asyncio.run(rounds())
    last = context.Process(target=main, args=(["serve", "--config", str(config)],))
    last.start()
    asyncio.run(_answer_once(port))
    last.terminate()
    last.join()
    assert last.exitcode == 0
    assert len(traffic.acknowledged) >= ROUNDS[engine], f"QIAO_CRASH_SEED={seed}"
    _check(url, traffic, f"QIAO_CRASH_SEED={seed}")


async def _answer_once(port: int) -> None:
    """Wait until the gateway is open: it has finished what was left unfinished by then."""
    async with asyncio.timeout(60):
        client = MllpClient("127.0.0.1", port, timeout=10)
        await Traffic(port)._until_acknowledged(client, "LAST")
        await client.close()


def _check(url: str, traffic: Traffic, seed: str) -> None:
    with closing(open_store(url)) as store:
        rows = store.inbox_list(limit=1_000_000)
        seen = Counter(row.control_id for row in rows)
        assert not [id_ for id_, count in seen.items() if count > 1], seed
        ended = {row.control_id for row in rows if row.state in ("stored", "quarantined")}
        assert traffic.acknowledged <= ended, seed
        assert not [row for row in rows if row.state == "received"], seed
        for row in rows:
            entry = store.inbox_show(row.id)
            assert entry is not None
            versions = [int(ref.rpartition("/")[2]) for ref in entry.refs if ref.startswith("Patient/")]
            assert versions == [1], (seed, row.control_id)
