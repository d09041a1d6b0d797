"""Kill -9 while work is promised, brought, heard of and taken back (IHE LAW): what was promised is brought.

An analyser hears a piece of work again where nobody knows whether it has arrived, under the same control id.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.errors import QiaoError
from gateway.wire.mllp import MllpClient

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

PORTS = ("api", "his/hl7v2", "his/cda", "lis/hl7v2", "pacs/ris_hl7v2", "lis/law")
NOW = datetime.now(timezone(timedelta(hours=8)))
SAMPLE = "260307990"


def moment(minutes: int) -> str:
    return f"{NOW + timedelta(minutes=minutes):%Y%m%d%H%M%S}"


def ordered(control: str, key: str, minutes: int) -> bytes:
    return (
        f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|{moment(minutes)}||OML^O21^OML_O21|{key}|P|2.5.1||||||UNICODE UTF-8\r"
        "PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F\r"
        f"ORC|{control}|LAB1^HIS|||||||{moment(minutes)}\r"
        f"OBR|1|LAB1^HIS||GLU^葡萄糖^99LAB\r"
        f"SPM|1|{SAMPLE}||SER^血清^HL70487|||||||P||||||{moment(-15)}\r"
    ).encode()


QUERY = (
    f"MSH|^~\\&|ANALYSER|LAB|QIAO|DQRM|{moment(0)}||QBP^Q11^QBP_Q11|q1|P|2.5.1|||NE|AL||"
    "UNICODE UTF-8|||LAB-27^IHE\r"
    f"QPD|WOS^Work Order Step^IHE_LABTF|T-1|{SAMPLE}\rRCP|I||R^^HL70394\r"
).encode()


class Gateway:
    """``qiao serve`` in a process that is killed and started again."""

    def __init__(self, folder: Path, work: int) -> None:
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
        ports = {name: int(one.getsockname()[1]) for name, one in zip(PORTS, sockets, strict=True)}
        for one in sockets:
            one.close()
        self.port = ports["lis/law"]
        text = f'[store]\nurl = "sqlite:///{folder / "qiao.db"}"\n[api]\nport = {ports.pop("api")}\n'
        text += "".join(f'[adapters."{name}"]\nport = {port}\n' for name, port in ports.items())
        text += f'work = "ANALYSER=127.0.0.1:{work}"\nwork_look = 0.1\nwork_state = "{folder / "work.db"}"\n'
        self._config = folder / "qiao.toml"
        self._config.write_text(text)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.loaded"])
        self._process: Any = None

    def start(self) -> None:
        arguments = ["serve", "--config", str(self._config)]
        self._process = self._context.Process(target=main, args=(arguments,), daemon=True)
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    async def said(self, message: bytes) -> bytes:
        """Return what it answers, as soon as it does."""
        async with asyncio.timeout(120):
            while True:
                try:
                    async with MllpClient("127.0.0.1", self.port) as client:
                        return await client.send(message)
                except QiaoError:
                    await asyncio.sleep(0.05)  # it is starting


class Analyser:
    """Takes work, and has the gateway killed when it does.

    Attributes:
        kills: for each piece in turn, whether the gateway is killed ``before`` or ``after`` its answer.
        heard: ORC-1 and MSH-10 of each piece that came.
    """

    def __init__(self, port: int) -> None:
        self.port, self.kills, self.heard = port, list[str](), list[tuple[str, str]]()
        self.gateway: Gateway | None = None
        self.done = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                text = (await reader.readuntil(b"\x1c\r"))[1:-2].decode()
                head = text.split("\r")[0].split("|")
                word = next(one.split("|")[1] for one in text.split("\r") if one.startswith("ORC"))
                self.heard.append((word, head[9]))
                kill = self.kills.pop(0) if self.kills else ""
                if kill == "before":
                    break
                answer = (
                    f"MSH|^~\\&|ANALYSER|LAB|QIAO|DQRM|{moment(1)}||ORL^O34^ORL_O42|r{len(self.heard)}|P|2.5.1|||NE|NE||"
                    f"UNICODE UTF-8|||LAB-28^IHE\rMSA|AA|{head[9]}\rSPM|1|{SAMPLE}||SER\rSAC|||{SAMPLE}\r"
                    f"ORC|{'OK' if word == 'NW' else 'CR'}|LAB1\r"
                )
                writer.write(b"\x0b" + answer.encode() + b"\x1c\r")
                await writer.drain()
                if kill:
                    break
                self.done.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
        assert self.gateway is not None
        await asyncio.to_thread(self.gateway.kill)
        self.gateway.start()

    async def settled(self) -> None:
        async with asyncio.timeout(120):
            await self.done.wait()
        self.done.clear()


def test_what_was_promised_outlives_kill_9(tmp_path: Path) -> None:
    async def tell() -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        device, gateway = Analyser(port), Gateway(tmp_path, port)
        device.gateway = gateway
        gateway.start()
        await gateway.said(ordered("NW", "o1", -45))
        assert b"QAK|T-1|OK" in await gateway.said(QUERY)
        await asyncio.to_thread(gateway.kill)  # it is promised, and the analyser is off
        gateway.start()
        device.kills = ["before", "after"]
        server = await asyncio.start_server(device.serve, "127.0.0.1", port)
        try:
            await device.settled()
            assert {word for word, _ in device.heard} == {"NW"}
            assert len({control for _, control in device.heard}) == 1, "one piece, however often it came"
            times = len(device.heard)
            assert times >= 2
            device.kills = ["before"]
            await gateway.said(ordered("CA", "o2", -5))
            await device.settled()
            back = device.heard[times:]
            assert {word for word, _ in back} == {"CA"}, "taken back, though the gateway was killed"
            assert len(back) >= 2
        finally:
            server.close()
            await asyncio.to_thread(gateway.kill)

    asyncio.run(tell())
