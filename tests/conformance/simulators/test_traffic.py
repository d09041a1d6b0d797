"""The senders deliver over real sockets, wait for every ACK, and resend what got none."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from conformance.simulators import Event, hospital_day
from conformance.simulators.__main__ import main
from conformance.simulators.event import DELIVERS
from conformance.simulators.mllp import acknowledgement, wants_resend
from conformance.simulators.traffic import Tally, Traffic

Answer = Callable[[bytes, int], bytes | None]
"""Message, how many came before → answer; None closes the connection."""


def accept(message: bytes, _: int) -> bytes:
    parts = message.split(b"\r", 1)[0].split(b"|")
    control = parts[9] if len(parts) > 9 else b""
    return b"MSH|^~\\&|GW||||||ACK|1|P|2.4\rMSA|AA|" + control + b"\r"


async def against(answer: Answer, send: Callable[[int], Awaitable[Tally]]) -> tuple[Tally, list[bytes]]:
    """Run ``send`` against a server on a free port; return its tally and the messages received."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while frame := await reader.readuntil(b"\x1c"):
                message = frame.partition(b"\x0b")[2][:-1]
                received.append(message)
                reply = answer(message, len(received) - 1)
                if reply is None:
                    break
                writer.write(b"\x0b" + reply + b"\x1c\r")
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        return await send(server.sockets[0].getsockname()[1]), received


def run(answer: Answer, events: list[Event]) -> tuple[Tally, list[bytes]]:
    async def send(port: int) -> Tally:
        here = ("127.0.0.1", port)
        return await Traffic({"HIS": here, "LIS": here, "RIS": here}).run(events)

    return asyncio.run(against(answer, send))


def test_a_whole_day_is_delivered_and_acknowledged() -> None:
    day = hospital_day(7, patients=12)
    tally, received = run(accept, day)
    ordinary = [event.message for event in day if event.transport == "frame"]
    assert not Counter(ordinary) - Counter(received)
    assert tally.acks == {"AA": len(ordinary)}
    assert tally.sent == len(day)
    assert (tally.reconnects, tally.resent, tally.unanswered, tally.mismatched) == (0, 0, 0, 0)
    assert sum(sum(ends.values()) for ends in tally.transport.values()) == len(day) - len(ordinary)


def test_one_patients_messages_keep_their_order_across_the_systems() -> None:
    day = [event for event in hospital_day(7, patients=12) if event.transport == "frame" and not event.repeat]
    _, received = run(accept, day)
    place = {message: order for order, message in enumerate(received)}
    for patient in {event.patient for event in day}:
        order = [place[event.message] for event in day if event.patient == patient]
        assert order == sorted(order)


def test_a_lost_acknowledgement_is_followed_by_the_same_bytes() -> None:
    day = [event for event in hospital_day(7, patients=12) if event.sender == "HIS" and not event.fault][:3]
    tally, received = run(lambda message, order: None if order == 1 else accept(message, order), day)
    assert received == [day[0].message, day[1].message, day[1].message, day[2].message]
    assert (tally.acks["AA"], tally.reconnects, tally.resent) == (3, 1, 1)


def test_not_now_means_again() -> None:
    day = [event for event in hospital_day(7, patients=12) if not event.fault][:1]
    busy = b"MSH|^~\\&|GW\rMSA|AR|X\rERR|||207^Application internal error^HL70357|E\r"
    tally, received = run(lambda message, order: busy if order == 0 else accept(message, order), day)
    assert len(received) == 2
    assert tally.acks == {"AA": 1}


def test_a_broken_message_may_end_the_connection() -> None:
    day = [event for event in hospital_day(7, patients=12) if event.fault == "not-hl7"]
    tally, received = run(lambda message, order: None, day)
    assert len(received) == 1
    assert tally.acks == {"closed": 1}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(b"MSH|^~\\&\rMSA|AE|7\r", ("AE", b"7")), (b"MSA|AR", ("AR", b"")), (b"HTTP/1.1 400", ("?", b""))],
)
def test_acknowledgements_are_read(answer: bytes, expected: tuple[str, bytes]) -> None:
    assert acknowledgement(answer) == expected


def test_only_error_207_asks_for_a_resend() -> None:
    assert wants_resend(b"MSH|\rMSA|AR|1\rERR|^^^207&Application internal error&HL70357\r")
    assert not wants_resend(b"MSH|207\rMSA|AR|207\rERR|||200^Unsupported message type\r")


def test_the_day_can_be_written_as_files(tmp_path: Path) -> None:
    assert main(["--write", str(tmp_path), "--patients", "12"]) == 0
    whole = [event.message for event in hospital_day(7, patients=12) if event.transport in DELIVERS]
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == whole


def test_somewhere_to_send_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "--his" in capsys.readouterr().err
