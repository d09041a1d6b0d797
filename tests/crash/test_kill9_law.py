"""Kill -9 while work is promised, brought, heard of and taken back (IHE LAW): what was promised is brought.

An analyser hears a piece of work again where nobody knows whether it has arrived, under the same control id.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.crash.serving import Gateway, moment, ordered

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

DOOR = "lis/law"
SAMPLE = "260307990"


QUERY = (
    f"MSH|^~\\&|ANALYSER|LAB|QIAO|DQRM|{moment(0)}||QBP^Q11^QBP_Q11|q1|P|2.5.1|||NE|AL||"
    "UNICODE UTF-8|||LAB-27^IHE\r"
    f"QPD|WOS^Work Order Step^IHE_LABTF|T-1|{SAMPLE}\rRCP|I||R^^HL70394\r"
).encode()


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
        settings = {
            "work": f'"ANALYSER=127.0.0.1:{port}"',
            "work_look": "0.1",
            "work_state": f'"{tmp_path / "work.db"}"',
        }
        device, gateway = (
            Analyser(port),
            Gateway(tmp_path, f"sqlite:///{tmp_path / 'qiao.db'}", DOOR, settings),
        )
        device.gateway = gateway
        gateway.start()
        await gateway.said(ordered(SAMPLE, "LAB1"), DOOR)
        assert b"QAK|T-1|OK" in await gateway.said(QUERY, DOOR)
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
            await gateway.said(ordered(SAMPLE, "LAB1", control="CA", key="o2", minutes=-5), DOOR)
            await device.settled()
            back = device.heard[times:]
            assert {word for word, _ in back} == {"CA"}, "taken back, though the gateway was killed"
            assert len(back) >= 2
        finally:
            server.close()
            await asyncio.to_thread(gateway.kill)

    asyncio.run(tell())
