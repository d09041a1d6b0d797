"""The line over real sockets: commits before acknowledgements, every kind of bad sender, both directions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import Misconfigured, Rejected, Retry
from gateway.wire.astm import AstmClient, AstmServer, Limits, Profile, send_once
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK, frame, frames
from gateway.wire.astm.states import State

Serve = Callable[..., AstmServer]
MESSAGE = b"H|\\^&|||ANALYSER\rP|1||990101\rO|1|B1||^^^GLU\rR|1|^^^GLU|5.60|mmol/L\rL|1|N\r"
FRAMES = frames(MESSAGE)
QUERY = b"H|\\^&|||ANALYSER\rQ|1|^B1||ALL\rL|1|N\r"
ORDER = b"H|\\^&|||LIS\rP|1\rO|1|B1||^^^GLU|R\rL|1|F\r"


async def asked_for_the_line(server: AstmServer, instrument: Any, wait_until: Any) -> tuple[Any, Any, Any]:
    """Let the host have something to send; returns instrument, line and what sends it, after its ENQ."""
    one = await instrument.at(server)
    await wait_until(lambda: server.links)
    (link,) = server.links
    sent = asyncio.create_task(link.send(ORDER))
    assert await one.hear() == ENQ
    return one, link, sent


async def taken(one: Any) -> None:
    """Let an instrument take what the host sends, frame by frame."""
    for written in frames(ORDER):
        assert await one.hear(len(written)) == written
        await one.put(ACK)


def test_messages_of_one_connection_in_order(serve: Serve, store: Any, instrument: Any):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        for number in range(3):
            text = MESSAGE.replace(b"5.60", b"5.6%d" % number)
            assert await one.message(text) == ACK * 6
        await one.close()

    counters = serve(test, store).counters
    assert store.texts == [MESSAGE.replace(b"5.60", b"5.6%d" % number) for number in range(3)]
    assert (counters.messages, counters.frames, counters.connections, counters.open) == (3, 15, 1, 0)


def test_the_last_frame_is_acknowledged_after_the_commit(
    serve: Serve, store: Any, instrument: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        store.gate = asyncio.Event()
        one = await instrument.at(server)
        assert await one.say(ENQ, *FRAMES[:-1]) == ACK * 5
        await one.put(FRAMES[-1] + EOT)  # and the sender does not even wait
        await wait_until(lambda: store.begun)
        (link,) = server.links
        assert link.machine.state is State.STORING
        assert not one.reader._buffer
        store.gate.set()
        assert await one.hear() == ACK
        await wait_until(lambda: link.machine.state is State.IDLE)
        assert store.texts == [MESSAGE]
        await one.close()

    serve(test, store)


def test_a_commit_that_fails_is_answered_nak_and_tried_again(
    serve: Serve, store: Any, instrument: Any, caplog: pytest.LogCaptureFixture
):
    async def test(server: AstmServer) -> None:
        store.failures = 2
        one = await instrument.at(server)
        assert await one.say(ENQ, *FRAMES) == ACK * 5 + NAK
        assert await one.say(FRAMES[-1], FRAMES[-1]) == NAK + ACK
        await one.close()

    with caplog.at_level(logging.DEBUG):
        assert serve(test, store).counters.failures == 2
    assert store.texts == [MESSAGE]
    assert "a name" not in caplog.text
    assert "5.60" not in caplog.text


def test_only_what_failed_of_several_is_committed_again(serve: Serve, store: Any, instrument: Any):
    class Second:
        def __init__(self) -> None:
            self.seen: list[bytes] = []

        async def __call__(self, received: Any, peer: Any) -> None:
            self.seen.append(received.text)
            if len(self.seen) == 2:
                raise Retry("later")

    handle = Second()

    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        assert await one.say(ENQ, frame(1, MESSAGE + QUERY), frame(1, MESSAGE + QUERY)) == ACK + NAK + ACK
        await one.close()

    serve(test, handle)
    assert handle.seen == [MESSAGE, QUERY, QUERY]


@pytest.mark.parametrize("late", [False, True])
def test_a_commit_that_takes_too_long_is_not_done_twice(
    serve: Serve, store: Any, instrument: Any, clock: Any, wait_until: Any, late: bool
):
    async def test(server: AstmServer) -> None:
        store.gate = asyncio.Event()
        one = await instrument.at(server)
        assert await one.say(ENQ, *FRAMES[:-1]) == ACK * 5
        await one.put(FRAMES[-1])
        await wait_until(lambda: store.begun)
        clock.now += 11
        server.sweep()
        assert await one.hear() == NAK
        if late:  # it ends before the frame comes again, or after
            store.gate.set()
            await wait_until(lambda: store.committed)
        await one.put(FRAMES[-1])
        (link,) = server.links
        if not late:
            await wait_until(lambda: link.machine.state is State.STORING)
            store.gate.set()
        assert await one.hear() == ACK
        await one.put(EOT)
        await one.close()

    serve(test, store, clock=clock)
    assert store.texts == [MESSAGE]


def test_a_sender_that_gave_up_while_we_committed_is_not_doubled(
    serve: Serve, store: Any, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        store.gate = asyncio.Event()
        one = await instrument.at(server)
        await one.say(ENQ, *FRAMES[:-1])
        await one.put(FRAMES[-1])
        await wait_until(lambda: store.begun)
        clock.now += 11
        server.sweep()
        assert await one.hear() == NAK
        store.gate.set()
        await wait_until(lambda: store.committed)
        await one.put(EOT)
        assert await one.message() == ACK * 6
        await one.close()

    serve(test, store, clock=clock)
    assert next(one.text for one in store.committed if one.whole) == MESSAGE
    assert all(one.whole for one in store.committed)


@pytest.mark.parametrize("steps", range(8))
def test_the_plug_is_pulled_after_every_step(serve: Serve, store: Any, instrument: Any, steps: int):
    """Whatever the sender heard ACK for is there; what was cut off is told as such, and comes again whole."""
    pieces = [ENQ, *FRAMES, EOT]

    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        for piece in pieces[:steps]:
            await one.put(piece)
            if piece is not EOT:
                assert await one.hear() == ACK
        one.writer.transport.abort()
        two = await instrument.at(server)
        assert await two.message() == ACK * 6
        await two.close()

    serve(test, store)
    whole = [one.text for one in store.committed if one.whole]
    assert whole == [MESSAGE] * (2 if steps >= 6 else 1)
    parts = [one.text for one in store.committed if not one.whole]
    kept = MESSAGE.splitlines(keepends=True)[: max(0, steps - 1)]
    assert parts == ([b"".join(kept)] if 2 <= steps < 6 else [])


def test_the_plug_is_pulled_while_it_commits(serve: Serve, store: Any, instrument: Any, wait_until: Any):
    async def test(server: AstmServer) -> None:
        store.gate = asyncio.Event()
        one = await instrument.at(server)
        await one.say(ENQ, *FRAMES[:-1])
        await one.put(FRAMES[-1])
        await wait_until(lambda: store.begun)
        one.writer.transport.abort()
        await asyncio.sleep(0)
        store.gate.set()
        await wait_until(lambda: not server.links)

    counters = serve(test, store).counters
    assert store.texts == [MESSAGE]
    assert (counters.messages, counters.incomplete, counters.lost) == (1, 0, 0)


def test_a_stop_commits_and_acknowledges_what_is_under_way(
    serve: Serve, store: Any, instrument: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        store.gate = asyncio.Event()
        one, idle = await instrument.at(server), await instrument.at(server)
        await one.say(ENQ, *FRAMES[:-1])
        await one.put(FRAMES[-1])
        await wait_until(lambda: store.begun)
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        store.gate.set()
        assert await one.hear(2) == ACK
        assert await idle.hear() == b""
        await stopping
        await one.close()
        await idle.close()

    serve(test, store)
    assert store.texts == [MESSAGE]


def test_two_senders_on_one_port_do_not_disturb_each_other(serve: Serve, store: Any, instrument: Any):
    async def test(server: AstmServer) -> None:
        one, two = await instrument.at(server), await instrument.at(server)
        for piece in (ENQ, *FRAMES):
            assert await one.say(piece) == await two.say(piece) == ACK
        await one.close()
        await two.close()

    serve(test, store)
    assert store.texts == [MESSAGE] * 2


def test_two_hundred_analysers_at_once(serve: Serve, store: Any, instrument: Any):
    async def test(server: AstmServer) -> None:
        ends = [await instrument.at(server) for _ in range(200)]
        assert set(await asyncio.gather(*(one.message() for one in ends))) == {ACK * 6}
        for one in ends:
            await one.close()

    assert serve(test, store).counters.messages == len(store.texts) == 200


def test_a_host_query_is_answered_on_the_same_line(serve: Serve, store: Any, instrument: Any):
    async def test(server: AstmServer) -> None:
        store.answers = [ORDER]
        one = await instrument.at(server)
        assert await one.message(QUERY) == ACK * 4
        assert await one.hear() == ENQ
        await one.put(ACK)
        await taken(one)
        assert await one.hear() == EOT
        await one.close()

    assert serve(test, store).counters.sent == 1


def test_contention_the_instrument_goes_first(
    serve: Serve, store: Any, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        one, link, sent = await asked_for_the_line(server, instrument, wait_until)
        await one.put(ENQ)
        await wait_until(lambda: link.machine.state is State.CONTENDING)
        clock.now += 1
        server.sweep()
        assert await one.message() == ACK * 6
        assert await one.hear() == ENQ
        await one.put(ACK)
        await taken(one)
        await sent
        await one.close()

    assert serve(test, store, clock=clock).counters.contentions == 1
    assert store.texts == [MESSAGE]


@pytest.mark.parametrize("way", ["silence", "refusal", "gone", "queue"])
def test_what_cannot_be_sent_says_so(serve: Serve, instrument: Any, clock: Any, wait_until: Any, way: str):
    async def test(server: AstmServer) -> None:
        one, link, sent = await asked_for_the_line(server, instrument, wait_until)
        if way == "silence":
            clock.now += 15
            server.sweep()
            assert await one.hear() == EOT
        elif way == "refusal":
            await one.put(ACK)
            for _ in range(6):
                assert await one.hear(len(frames(ORDER)[0])) == frames(ORDER)[0]
                await one.put(NAK)
        elif way == "queue":
            with pytest.raises(Retry):
                await link.send(ORDER)
            await one.close()
        else:
            await one.close()
        with pytest.raises(Retry, match="no answer from"):
            await sent
        await one.close()

    limits = Limits(max_waiting=1)
    assert serve(test, clock=clock, limits=limits).counters.sent == 0


def test_a_message_that_waits_too_long_is_withdrawn(
    serve: Serve, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        one, link, sent = await asked_for_the_line(server, instrument, wait_until)
        await one.put(NAK)
        await wait_until(lambda: link.machine.state is State.REFUSED)
        clock.now += 9
        server.sweep()
        with pytest.raises(Retry):
            await sent
        assert await one.message() == ACK * 6
        await one.close()

    serve(test, clock=clock, limits=Limits(send_timeout=5.0))


def test_a_receiver_that_falls_silent_is_not_waited_for(
    serve: Serve, store: Any, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        assert await one.say(ENQ, *FRAMES[:2]) == ACK * 3
        clock.now += 29
        server.sweep()
        assert await one.say(FRAMES[2]) == ACK
        clock.now += 30
        server.sweep()
        await wait_until(lambda: store.committed)
        assert await one.message() == ACK * 6
        await one.close()

    serve(test, store, clock=clock)
    assert [one.ended for one in store.committed] == ["cut", "L"]
    assert store.committed[0].text == b"".join(MESSAGE.splitlines(keepends=True)[:3])


def test_a_frame_that_never_ends_is_bounded_in_time(
    serve: Serve, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        assert await one.say(ENQ) == ACK
        (link,) = server.links
        for number in range(13):
            await one.put(b"\x021" if number == 0 else b"x")
            await wait_until(lambda n=number: server.counters.bytes == n + 3)
            server.sweep()
            clock.now += 10
        server.sweep()
        assert await one.hear() == b""
        assert not link.machine.holding
        await one.close()

    assert serve(test, clock=clock).counters.timeouts == 1


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        (ENQ * 5000, Limits()),
        (b"\x00\xff\xfe" * 50_000, Limits()),
        (ENQ + b"\x021" + b"x" * 200_000, Limits(max_frame=100_000)),
        (b"H|\\^&\r" + b"R|1|endless\r" * 20_000, Limits(max_message=100_000)),
    ],
    ids=["enq", "noise", "frame", "message"],
)
def test_floods_close_the_connection_and_nobody_elses(
    serve: Serve, store: Any, instrument: Any, written: bytes, limits: Limits
):
    async def test(server: AstmServer) -> None:
        one, two = await instrument.at(server), await instrument.at(server)
        one.writer.write(written)
        while await one.hear(1000):
            pass
        assert await two.message() == ACK * 6
        await one.close()
        await two.close()

    serve(test, store, limits=limits)
    assert [one.text for one in store.committed if one.whole] == [MESSAGE]


def test_a_peer_that_takes_no_answers_is_given_up(serve: Serve, instrument: Any, clock: Any, wait_until: Any):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        await wait_until(lambda: server.links)
        (link,) = server.links
        link._blocked = clock.now
        clock.now += 121
        server.sweep()
        assert await one.hear() == b""
        await one.close()

    assert serve(test, clock=clock).counters.timeouts == 1


def test_idle_lines_and_too_many_lines(serve: Serve, instrument: Any, clock: Any, wait_until: Any):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        await wait_until(lambda: server.counters.open == 1)
        two = await instrument.at(server)
        assert await two.hear() == b""
        clock.now += 61
        server.sweep()
        assert await one.hear() == b""
        await one.close()
        await two.close()

    counters = serve(test, clock=clock, limits=Limits(max_connections=1, idle_timeout=60.0)).counters
    assert (counters.refused, counters.timeouts) == (1, 1)


def test_a_busy_server_answers_nak(serve: Serve, instrument: Any):
    busy = [True]

    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        assert await one.say(ENQ) == NAK
        busy.clear()
        assert await one.message() == ACK * 6
        await one.close()

    serve(test, busy=lambda: bool(busy))


def test_bare_records_are_committed_and_their_failure_closes_the_line(
    serve: Serve, store: Any, instrument: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        await one.put(MESSAGE[:20])
        await one.put(MESSAGE[20:] + MESSAGE)
        await wait_until(lambda: len(store.committed) == 2)
        store.failures = 1
        await one.put(MESSAGE)
        assert await one.hear() == b""
        await one.close()

    serve(test, store)
    assert [one.text for one in store.committed if one.whole] == [MESSAGE] * 2


def test_bare_records_end_with_the_connection(serve: Serve, store: Any, instrument: Any, wait_until: Any):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        await one.put(MESSAGE[:-1])
        await one.close()
        await wait_until(lambda: store.committed)

    assert serve(test, store).counters.messages == 1
    assert store.texts == [MESSAGE]


def test_client_and_server(serve: Serve, store: Any):
    async def test(server: AstmServer) -> None:
        async with AstmClient(*server.address, profile=Profile(role="instrument", size=10)) as client:
            await client.send(MESSAGE)
            store.answers = [ORDER]
            await client.send(QUERY)
            assert (await client.receive()).text == ORDER
        answers = await asyncio.to_thread(send_once, *server.address, [QUERY], answers=1)
        assert answers == [ORDER]

    serve(test, store)
    assert store.texts == [MESSAGE, QUERY, QUERY]


def test_a_client_says_what_is_wrong(serve: Serve, store: Any):
    async def test(server: AstmServer) -> None:
        store.failures = 100
        async with AstmClient(*server.address) as client:
            with pytest.raises(Retry, match="not taken"):
                await client.send(MESSAGE)
            with pytest.raises(Retry):
                await client.receive(0.0)

    server = serve(test, store)
    with pytest.raises(Retry, match="cannot connect"):
        send_once(*server.address, [MESSAGE])


def test_a_port_that_is_taken(serve: Serve):
    async def test(server: AstmServer) -> None:
        with pytest.raises(Misconfigured, match="cannot bind"):
            await AstmServer(server._door.handle, port=server.address[1]).start()

    serve(test)


def test_what_eot_ended_and_nobody_takes_does_not_block_the_line(
    serve: Serve, instrument: Any, wait_until: Any
):
    seen = []

    async def handle(received: Any, peer: Any) -> None:
        seen.append(received.ended)
        if not received.whole or received.ended == "EOT":
            raise Rejected("not understood")

    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        for _ in range(2):
            assert await one.say(ENQ, *FRAMES[:2]) == ACK * 3
            await one.put(EOT)
        assert await one.message() == ACK * 6
        await one.close()

    assert serve(test, handle).counters.lost == 2
    assert seen == ["EOT", "EOT", "L"]


def test_what_eot_ended_is_committed_later(
    serve: Serve, store: Any, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        store.failures = 2
        one = await instrument.at(server)
        assert await one.say(ENQ, *FRAMES[:4]) == ACK * 5
        await one.put(EOT)
        (link,) = server.links
        await wait_until(lambda: link.machine.state is State.UNSTORED)
        assert await one.say(ENQ) == NAK
        for state in (State.UNSTORED, State.IDLE):
            clock.now += 10
            server.sweep()
            await wait_until(lambda wanted=state: link.machine.state is wanted)
        assert await one.message() == ACK * 6
        await one.close()

    serve(test, store, clock=clock)
    assert [one.ended for one in store.committed] == ["EOT", "L"]


def test_a_heartbeat_of_enq_and_eot_is_no_storm(serve: Serve, instrument: Any):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        for _ in range(40):
            assert await one.say(ENQ) == ACK
            await one.put(EOT)
            server.sweep()
        await one.close()

    serve(test, limits=Limits(max_enquiries=2))


def test_a_frame_that_was_broken_off_is_given_up_in_time(
    serve: Serve, store: Any, instrument: Any, clock: Any, wait_until: Any
):
    async def test(server: AstmServer) -> None:
        one = await instrument.at(server)
        assert await one.say(ENQ, FRAMES[0]) == ACK * 2
        await one.put(FRAMES[1][:9])
        heard = server.counters
        await wait_until(lambda: heard.bytes == 1 + len(FRAMES[0]) + 9)
        for number, signal in enumerate((EOT, ENQ), 1):  # the sender's own time-outs
            clock.now += 15
            await one.put(signal)
            await wait_until(lambda n=number: heard.bytes == 10 + len(FRAMES[0]) + n)
        server.sweep()
        await wait_until(lambda: store.committed)
        assert await one.message() == ACK * 6
        await one.close()

    serve(test, store, clock=clock)
    assert [one.ended for one in store.committed] == ["cut", "L"]


def test_the_memory_of_all_lines_together_is_bounded(
    serve: Serve, store: Any, instrument: Any, wait_until: Any
):
    long = frames(b"H|\\^&\r" + b"C|1|x\r" * 20)

    async def test(server: AstmServer) -> None:
        one, two, three = [await instrument.at(server) for _ in range(3)]
        assert await one.say(ENQ, *long[:9]) == ACK * 10
        assert await three.say(ENQ) == ACK
        assert await one.say(*long[9:14]) == ACK * 5
        assert await two.say(ENQ) == NAK
        await three.put(b"".join(long[:-1]))  # it was let in before: it is closed
        while await three.hear(100):
            pass
        assert server.counters.oversize == 1
        await one.put(EOT)
        await wait_until(lambda: server._door.held == 0)
        assert await two.message() == ACK * 6
        for end in (one, two, three):
            await end.close()

    serve(test, store, limits=Limits(max_held=150))
    assert store.texts[-1] == MESSAGE
