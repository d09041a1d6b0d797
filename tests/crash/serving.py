"""``qiao serve`` in a process that is killed and started again, and who tells it something meanwhile."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from gateway.cli import main
from gateway.errors import QiaoError
from gateway.wire.mllp import MllpClient

DOORS = ("his/hl7v2", "his/cda", "lis/hl7v2", "pacs/ris_hl7v2")
"""Those that open unless they are told otherwise."""

NOW = datetime.now(timezone(timedelta(hours=8)))


def moment(minutes: int) -> str:
    """Return a moment of HL7, so many minutes from now."""
    return f"{NOW + timedelta(minutes=minutes):%Y%m%d%H%M%S}"


def ordered(sample: str, number: str, *, control: str = "NW", key: str = "", minutes: int = -45,
            test: str = "CBC^血常规^99LAB") -> bytes:  # fmt: skip
    """Return an order for a tube as a HIS sends it."""
    return (
        f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|{moment(minutes)}||OML^O21^OML_O21|{key or number}|P|2.5.1|||||CHN|"
        "UNICODE UTF-8\r"
        "PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F\r"
        "PV1|1|O|||||||||||||||||V1002345^^^DQRM^VN\r"
        f"ORC|{control}|{number}^HIS|||||||{moment(minutes)}\r"
        f"OBR|1|{number}^HIS||{test}\r"
        f"SPM|1|{sample}||BLD^全血^HL70487|||||||P||||||{moment(-15)}\r"
    ).encode()


class Gateway:
    """One gateway on free ports.

    Args:
        door: the one that is tried; ``settings``: its own, as TOML.

    Attributes:
        ports: port of each door.
    """

    def __init__(self, folder: Path, url: str, door: str, settings: Mapping[str, str] | None = None) -> None:
        names = ("api", *DOORS, *(one for one in (door,) if one not in DOORS))
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
        self.ports = {name: int(one.getsockname()[1]) for name, one in zip(names, sockets, strict=True)}
        for one in sockets:
            one.close()
        text = f'[store]\nurl = "{url}"\n[api]\nport = {self.ports["api"]}\n'
        for name in names[1:]:
            own = (settings or {}) if name == door else {}
            lines = {"port": str(self.ports[name]), **own}.items()
            text += f'[adapters."{name}"]\n' + "".join(f"{key} = {value}\n" for key, value in lines)
        self._config = folder / "qiao.toml"
        self._config.write_text(text)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.loaded"])
        self._process: Any = None

    def start(self) -> None:
        """Start it; it is there as soon as it answers."""
        arguments = ["serve", "--config", str(self._config)]
        self._process = self._context.Process(target=main, args=(arguments,), daemon=True)
        self._process.start()

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def stop(self) -> None:
        """End it as an operator does."""
        self._process.terminate()
        self._process.join(60)
        assert self._process.exitcode == 0

    async def line(self, door: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection to a door, as soon as it is open: doors open one after the other."""
        async with asyncio.timeout(120):
            while True:
                try:
                    return await asyncio.open_connection("127.0.0.1", self.ports[door])
                except OSError:
                    await asyncio.sleep(0.02)

    async def said(self, message: bytes, door: str = "his/hl7v2") -> bytes:
        """Return what it answers to a message of HL7 v2, as soon as it does."""
        async with asyncio.timeout(120):
            while True:
                try:
                    async with MllpClient("127.0.0.1", self.ports[door]) as client:
                        return await client.send(message)
                except QiaoError:
                    await asyncio.sleep(0.02)  # it is starting
