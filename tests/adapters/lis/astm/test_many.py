"""Two hundred analysers at once: each is heard, none is mixed up with another, and memory stays bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.wire.astm.frame import ACK, ENQ, EOT, frames

Open = Callable[..., Any]
ANALYSERS = 200


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


async def talk(port: int, raw: bytes, pause: asyncio.Event, ready: Callable[[], None]) -> None:
    """Send a message; in its middle wait for the others."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number, part in enumerate((ENQ, *frames(raw))):
        if number == 3:
            ready()
            await pause.wait()
        writer.write(part)
        assert await reader.readexactly(1) == ACK
    writer.write(EOT)
    writer.close()


def test_two_hundred_analysers_send_at_once(door: Open, said: Any) -> None:
    async def tell() -> None:
        async with door() as (opened, taken), asyncio.timeout(60):
            port = int(str(opened.status()["address"]).rpartition(":")[2])
            pause, waiting = asyncio.Event(), asyncio.Event()
            count = 0

            def ready() -> None:
                nonlocal count
                count += 1
                if count == ANALYSERS:
                    waiting.set()

            raws = [said.result(f"S{number:04}", f"{number}.25") for number in range(ANALYSERS)]
            tasks = [asyncio.create_task(talk(port, raw, pause, ready)) for raw in raws]
            await waiting.wait()
            assert (opened.status()["open"], taken.envelopes) == (ANALYSERS, [])
            pause.set()
            await asyncio.gather(*tasks)
            assert sorted(one.raw for one in taken.envelopes) == sorted(raws)
            assert opened.status()["messages"] == ANALYSERS

    run(tell())


def test_unfinished_messages_of_all_lines_share_one_bound(door: Open, said: Any) -> None:
    async def tell() -> None:
        async with door(max_held=20_000) as (opened, taken), asyncio.timeout(60):
            port = int(str(opened.status()["address"]).rpartition(":")[2])
            head = said.result("A").split(b"\r")[0] + b"\r"
            lines = []
            for _ in range(8):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                lines.append((reader, writer))
                writer.write(ENQ)
                if await reader.read(1) != ACK:
                    break
                for part in frames(head + b"C|1|I|" + b"x" * 6000 + b"\r", 8000):
                    writer.write(part)
                    await reader.read(1)
            assert len(lines) < 8  # half of the bound is taken: who asks to send now hears NAK
            for _, writer in lines:
                writer.close()
            async with asyncio.timeout(20):
                while opened.status()["open"]:  # noqa: ASYNC110 -- nothing tells of it
                    await asyncio.sleep(0)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for part in (ENQ, *frames(said.result("B"))):
                writer.write(part)
                assert await reader.readexactly(1) == ACK
            writer.close()
            assert said.result("B") in [one.raw for one in taken.envelopes]

    run(tell())
