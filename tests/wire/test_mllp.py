"""The MLLP server and client over real sockets, with every kind of bad sender."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.wire.mllp import Framer, Limits, MllpClient, MllpServer, Peer, frame

Serve = Callable[..., MllpServer]


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Sender:
    """A raw socket that can misbehave."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.framer = reader, writer, Framer()

    @classmethod
    async def to(cls, server: MllpServer) -> Sender:
        return cls(*await asyncio.open_connection(*server.address))

    async def put(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> bytes | None:
        """The next answer, or None where the server closed instead."""
        while (found := self.framer.next()) is None:
            try:
                data = await self.reader.read(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self.framer.feed(data)
        return found

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


def test_coalesced_and_split_frames_are_answered_in_order(serve: Serve):
    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(frame(b"1") + frame(b"2") + b"\x0b")
        await sender.put(b"3\x1c")
        assert [await sender.answer() for _ in range(3)] == [b"ACK 1", b"ACK 2", b"ACK 3"]
        await sender.put(b"\r\r\n" + frame(b"") + b"noise" + frame(b"5"))
        assert [await sender.answer() for _ in range(2)] == [b"ACK ", b"ACK 5"]
        await sender.close()

    counters = serve(test).counters
    assert (counters.frames, counters.answers, counters.noise, counters.connections) == (5, 5, 5, 1)


def test_a_slow_frame_does_not_let_a_later_one_overtake(serve: Serve):
    release = asyncio.Event()

    async def handle(content: bytes, peer: Peer) -> bytes:
        if content == b"slow":
            await release.wait()
        else:
            release.set()
        return content

    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(frame(b"slow") + frame(b"quick"))
        assert [await sender.answer(), await sender.answer()] == [b"slow", b"quick"]
        await sender.close()

    serve(test, handle)


def test_the_pipeline_is_bounded(serve: Serve, wait_until: Any):
    running, most, gate = 0, 0, asyncio.Event()

    async def handle(content: bytes, peer: Peer) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        return content

    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(b"".join(frame(b"%d" % n) for n in range(50)))
        await wait_until(lambda: server.counters.frames == 4)
        gate.set()
        assert [await sender.answer() for _ in range(50)] == [b"%d" % n for n in range(50)]
        await sender.close()

    serve(test, handle, limits=Limits(pipeline=4))
    assert most == 4


def test_a_sender_that_takes_no_answers_stops_being_read(serve: Serve, wait_until: Any):
    async def handle(content: bytes, peer: Peer) -> bytes:
        return b"x" * 200_000

    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        sender.writer.write(frame(b"m") * 400)
        await wait_until(lambda: any(c.blocked for c in server._door.connections))
        for _ in range(20):
            await asyncio.sleep(0)
        assert server.counters.frames < 200
        for _ in range(400):
            assert await sender.answer() == b"x" * 200_000
        await sender.close()

    serve(test, handle, limits=Limits(pipeline=8))


def test_a_sender_that_never_takes_its_answers_is_closed(serve: Serve, wait_until: Any):
    clock = Clock()

    async def handle(content: bytes, peer: Peer) -> bytes:
        return b"x" * 20_000_000

    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(frame(b"m"))
        await wait_until(lambda: any(c.blocked for c in server._door.connections))
        clock.now += 31
        server.sweep()
        server.sweep()
        await wait_until(lambda: server.counters.open == 0)
        sender.writer.transport.abort()

    assert serve(test, handle, clock=clock).counters.timeouts == 1


def test_fifty_megabytes_get_an_answer_and_bounded_memory(serve: Serve):
    async def test(server: MllpServer) -> None:
        sender, other = await Sender.to(server), await Sender.to(server)
        waiting = asyncio.create_task(sender.answer())
        await sender.put(frame(b"before") + b"\x0b")
        piece = b"x" * 1_000_000
        most = 0
        for _ in range(50):
            await sender.put(piece)
            most = max(most, *(len(c._framer) for c in server._door.connections))
        await sender.put(b"\x1c\r")
        assert most <= 1_000_000 + 300_000
        assert await waiting == b"ACK before"
        assert await sender.answer() == b"NAK too large"
        assert await sender.answer() is None
        await other.put(frame(b"other"))
        assert await other.answer() == b"ACK other"
        await sender.close()
        await other.close()

    server = serve(test, limits=Limits(max_message=1_000_000), oversize=lambda peer: b"NAK too large")
    assert (server.counters.oversize, server.counters.frames) == (1, 2)


def test_a_complete_frame_just_above_the_limit_is_oversize_too(serve: Serve):
    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(frame(b"x" * 100))
        assert await sender.answer() == b"ACK " + b"x" * 20
        await sender.put(frame(b"x" * 101))
        assert await sender.answer() is None
        await sender.close()

    assert serve(test, limits=Limits(max_message=100)).counters.oversize == 1


def test_one_byte_a_minute(serve: Serve, wait_until: Any):
    clock = Clock()

    async def test(server: MllpServer) -> None:
        slow, idle = await Sender.to(server), await Sender.to(server)
        await slow.put(b"\x0bM")
        await wait_until(lambda: server.counters.bytes == 2)
        clock.now += 20
        await slow.put(b"S")
        await wait_until(lambda: server.counters.bytes == 3)
        server.sweep()
        assert server.counters.open == 2
        clock.now += 20
        server.sweep()
        assert await slow.answer() is None
        await idle.put(frame(b"idle"))
        assert await idle.answer() == b"ACK idle"
        await slow.close()
        await idle.close()

    assert serve(test, clock=clock).counters.timeouts == 1


def test_idle_timeout_only_where_configured(serve: Serve):
    clock = Clock()

    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(frame(b"1"))
        assert await sender.answer() == b"ACK 1"
        clock.now += 59
        server.sweep()
        assert server.counters.open == 1
        clock.now += 2
        server.sweep()
        assert await sender.answer() is None
        await sender.close()

    assert serve(test, clock=clock, limits=Limits(idle_timeout=60)).counters.timeouts == 1


def test_a_sender_without_framing_is_closed(serve: Serve, wait_until: Any):
    clock = Clock()

    async def test(server: MllpServer) -> None:
        quiet, loud = await Sender.to(server), await Sender.to(server)
        await quiet.put(b"MSH|^~\\&|no framing\r")
        await wait_until(lambda: server.counters.noise > 0)
        clock.now += 31
        server.sweep()
        assert await quiet.answer() is None
        loud.writer.write(b"MSH|" * 50_000)
        assert await loud.answer() is None
        await quiet.close()
        await loud.close()

    counters = serve(test, clock=clock).counters
    assert (counters.timeouts, counters.frames, counters.answers) == (1, 0, 0)


def test_frames_cut_off_are_counted_and_never_handled(serve: Serve, wait_until: Any):
    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(b"\x0bMSH|1\r\x0bMSH|2\r\x1c\r")
        assert await sender.answer() == b"ACK MSH|2\r"
        await sender.put(b"\x0bMSH|3")
        await wait_until(lambda: any(c._framer.inside for c in server._door.connections))
        await sender.close()
        await wait_until(lambda: server.counters.open == 0)

    counters = serve(test).counters
    assert (counters.frames, counters.truncated) == (1, 2)


def test_five_hundred_connections(serve: Serve):
    async def test(server: MllpServer) -> None:
        senders = await asyncio.gather(*(Sender.to(server) for _ in range(500)))
        await asyncio.gather(*(s.put(frame(b"%d" % n)) for n, s in enumerate(senders)))
        answers = await asyncio.gather(*(s.answer() for s in senders))
        assert answers == [b"ACK %d" % n for n in range(500)]
        await asyncio.gather(*(s.close() for s in senders))

    assert serve(test).counters.connections == 500


def test_surplus_connections_are_closed_at_once_and_places_come_back(serve: Serve, wait_until: Any):
    async def test(server: MllpServer) -> None:
        first, second = await Sender.to(server), await Sender.to(server)
        await wait_until(lambda: server.counters.open == 2)
        surplus = await Sender.to(server)
        assert await surplus.answer() is None
        await first.close()
        await wait_until(lambda: server.counters.open == 1)
        third = await Sender.to(server)
        await third.put(frame(b"3"))
        assert await third.answer() == b"ACK 3"
        for sender in (second, third, surplus):
            await sender.close()

    assert serve(test, limits=Limits(max_connections=2)).counters.refused == 1


def test_a_failing_handler_closes_its_connection_only(serve: Serve, caplog: pytest.LogCaptureFixture):
    async def handle(content: bytes, peer: Peer) -> bytes | None:
        if content == b"bad":
            raise ValueError("patient 张三")
        return None if content == b"silent" else content

    async def test(server: MllpServer) -> None:
        bad, silent, good = [await Sender.to(server) for _ in range(3)]
        await bad.put(frame(b"first") + frame(b"bad") + frame(b"later"))
        assert [await bad.answer(), await bad.answer()] == [b"first", None]
        await silent.put(frame(b"silent"))
        assert await silent.answer() is None
        await good.put(frame(b"good"))
        assert await good.answer() == b"good"
        for sender in (bad, silent, good):
            await sender.close()

    assert serve(test, handle).counters.failures == 1
    assert "张三" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_failure_can_be_answered(serve: Serve):
    async def handle(content: bytes, peer: Peer) -> bytes:
        raise ValueError

    async def test(server: MllpServer) -> None:
        async with MllpClient(*server.address) as client:
            assert await client.send(b"1") == b"NAK 1"
            assert await client.send(b"2") == b"NAK 2"

    serve(test, handle, failure=lambda content, peer, error: b"NAK " + content)


def test_a_sender_that_shuts_its_side_still_gets_its_answers(serve: Serve):
    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(b"".join(frame(b"%d" % n) for n in range(40)))
        sender.writer.write_eof()
        assert [await sender.answer() for _ in range(41)] == [b"ACK %d" % n for n in range(40)] + [None]
        await sender.close()

    serve(test, limits=Limits(pipeline=4))


def test_stop_finishes_what_is_under_way(serve: Serve):
    begun, gate = asyncio.Event(), asyncio.Event()

    async def handle(content: bytes, peer: Peer) -> bytes:
        begun.set()
        await gate.wait()
        return b"done"

    async def test(server: MllpServer) -> None:
        busy, idle = await Sender.to(server), await Sender.to(server)
        await busy.put(frame(b"m"))
        await begun.wait()
        stopping = asyncio.create_task(server.stop())
        assert await idle.answer() is None
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as the system likes
            await Sender.to(server)
        gate.set()
        assert await busy.answer() == b"done"
        await stopping
        assert server.counters.open == 0
        await busy.close()
        await idle.close()

    serve(test, handle)


def test_stop_does_not_wait_for_ever(serve: Serve, wait_until: Any):
    async def handle(content: bytes, peer: Peer) -> bytes:
        await asyncio.Event().wait()
        return b""

    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await sender.put(frame(b"m"))
        await wait_until(lambda: server.counters.frames == 1)
        await server.stop()
        assert await sender.answer() is None
        await sender.close()

    serve(test, handle, limits=Limits(stop_timeout=0.02))


def test_small_answers_are_not_delayed(serve: Serve, wait_until: Any):
    async def test(server: MllpServer) -> None:
        sender = await Sender.to(server)
        await wait_until(lambda: server.counters.open == 1)
        (connection,) = server._door.connections
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        await sender.close()

    serve(test)


def test_the_port_is_loopback_and_a_taken_one_is_the_operators_fault(serve: Serve):
    async def test(server: MllpServer) -> None:
        assert server.address[0] == "127.0.0.1"
        with pytest.raises(Misconfigured):
            await MllpServer(server._door.handle, port=server.address[1]).start()

    serve(test)
