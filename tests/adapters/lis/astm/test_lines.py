"""Lines beside the port of the door: own ports, serial devices, instruments that listen, addresses."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.errors import Misconfigured
from gateway.wire.astm import AstmClient, AstmServer
from gateway.wire.astm.frame import ACK, ENQ, EOT, frames

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def written(folder: Path, text: str) -> dict[str, str]:
    path = folder / "lines.yaml"
    path.write_text(text, "utf-8")
    return {"lines": str(path)}


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0.01)


def heard(end: int) -> bytes:
    try:
        return os.read(end, 1)
    except BlockingIOError:
        return b""


def test_a_port_of_its_own_says_which_line_it_is(door: Open, said: Any, tmp_path: Path) -> None:
    port = free()
    own = written(tmp_path, f"lines: [{{name: haem-1, listen: {port}, layout: sysmex, patient: P.4}}]")

    async def tell() -> None:
        async with door(**own) as (opened, taken):
            assert opened.status()["line haem-1"] == f"127.0.0.1:{port}"
            async with AstmClient("127.0.0.1", port) as client:
                await client.send(said.result("A"))
            (one,) = taken.envelopes
            assert {name: one.meta.get(name) for name in ("line", "layout", "p4", "p3")} == {
                "line": "haem-1", "layout": "sysmex", "p4": "1", "p3": None,
            }  # fmt: skip
            assert opened.status()["connections"] == 1

    run(tell())


def test_an_address_says_which_line_it_is(door: Open, said: Any, tmp_path: Path) -> None:
    own = written(tmp_path, "lines: [{name: chem-1, from: 127.0.0.1, charset: GBK}]")

    async def tell() -> None:
        async with door(**own) as (opened, taken):
            port = int(str(opened.status()["address"]).rpartition(":")[2])
            async with AstmClient("127.0.0.1", port) as client:
                await client.send(said.result("A"))
            (one,) = taken.envelopes
            assert (one.meta["line"], one.charset) == ("chem-1", "GBK")

    run(tell())


def test_a_serial_device_is_read_as_a_port_is(door: Open, said: Any, tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    own = written(tmp_path, f"lines: [{{name: urine, serial: {os.ttyname(theirs)}, speed: 9600}}]")

    async def tell() -> None:
        async with door(**own) as (opened, taken):
            await until(lambda: opened.status()["line urine"] == "open")
            os.set_blocking(ours, False)
            for part in (ENQ, *frames(said.result("A"))):
                os.write(ours, part)
                await until(lambda: heard(ours) == ACK)
            os.write(ours, EOT)
            (one,) = taken.envelopes
            assert (one.meta["line"], one.raw) == ("urine", said.result("A"))

    try:
        run(tell())
    finally:
        os.close(ours)
        os.close(theirs)


def test_an_instrument_that_listens_is_called_again_when_it_comes_back(
    door: Open, said: Any, tmp_path: Path
) -> None:
    port = free()
    own = written(tmp_path, f"lines: [{{name: coag, call: '127.0.0.1:{port}'}}]")

    async def instrument(message: bytes) -> None:
        server = AstmServer(lambda *_: asyncio.sleep(0), port=port)  # type: ignore[arg-type, return-value]
        await server.start()
        await until(lambda: bool(server.links))
        await next(iter(server.links)).send(message)
        await server.stop()

    async def tell() -> None:
        async with door(**own) as (opened, taken):
            await until(lambda: "cannot connect" in str(opened.status()["line coag"]))
            await instrument(said.result("A"))
            await instrument(said.result("B"))
            assert [one.raw for one in taken.envelopes] == [said.result("A"), said.result("B")]

    run(tell())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lines: [", "cannot be read"),
        ("- a", "begins with lines:"),
        ("lines: [{listen: 1}]", "a line has a name and one of"),
        ("lines: [{name: a, listen: 1, serial: /dev/x}]", "a line has a name and one of"),
        ("lines: [{name: a, listen: '1'}]", "listen takes int"),
        ("lines: [{name: a, port: 1}]", "unknown key 'port'"),
        ("lines: [{name: a, listen: 1}, {name: a, listen: 2}]", "two lines are called 'a'"),
        ("lines: [{name: a, call: 127.0.0.1}]", "HOST:PORT"),
        ("lines: [{name: a, call: '192.0.2.7:4000'}]", "over TLS: set ca"),
        ("lines: [{name: a, listen: 1, checksum: no-such}]", "checksum is one of"),
        ("lines: [{name: a, listen: 1, charset: no-such}]", "no charset"),
        ("lines: [{name: a, from: 192.0.2.7, numbers: any}]", "a port of its own"),
    ],
)
def test_what_a_line_says_wrongly_is_told(text: str, says: str, tmp_path: Path) -> None:
    spec = registry.find()["lis/astm"]
    with pytest.raises(Misconfigured, match=says):
        spec.source(registry.options(spec, {"port": 0, **written(tmp_path, text)}))


def test_a_port_that_is_taken_closes_those_that_were_opened(door: Open, tmp_path: Path) -> None:
    async def tell() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            own = written(tmp_path, f"lines: [{{name: a, listen: {other.getsockname()[1]}}}]")
            with pytest.raises(Misconfigured, match="set another port"):
                async with door(**own):
                    pass

    run(tell())


def test_a_line_names_its_layout_and_where_its_bar_codes_stand(door: Open, said: Any, tmp_path: Path) -> None:
    own = written(tmp_path, "lines: [{name: poct, from: 127.0.0.1, layout: sysmex, sample: O.4}]")

    async def tell() -> None:
        async with door(**own) as (opened, taken):
            assert list(opened.layouts) == ["sysmex"]
            assert opened.layouts["sysmex"].endswith("line poct")
            assert "heard poct" not in opened.status()
            port = int(str(opened.status()["address"]).rpartition(":")[2])
            async with AstmClient("127.0.0.1", port) as client:
                await client.send(said.result("A"))
            (one,) = taken.envelopes
            assert (one.meta["line"], one.meta["layout"], one.meta["o4"]) == ("poct", "sysmex", "1")
            assert str(opened.status()["heard poct"]).startswith("20")

    run(tell())
