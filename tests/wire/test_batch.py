"""Batches: what is in them, what their trailers say, and how they are answered (HL7 v2.8 §2.10.3)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.canonical import Envelope
from gateway.errors import Retry
from gateway.wire import er7, hl7v2
from gateway.wire.mllp import MllpClient

ONE, TWO = (f"MSH|^~\\&|HIS|H1|QIAO|Q|2026||ADT^A01|{n}|P|2.5\rPID|{n}\r".encode() for n in (1, 2))
HEADER = b"BHS|^~\\&|HIS|H1|QIAO|Q|20260302||||B7\r"


def test_what_is_in_a_batch_and_what_it_says() -> None:
    file = er7.batches_in(b"FHS|^~\\&\r" + HEADER + ONE + TWO + b"BTS|3\rFTS|1\r")
    assert file is not None
    (batch,) = file.batches
    assert (batch.id, batch.messages, batch.said, file.said, file.true) == ("B7", [ONE, TWO], 3, 1, False)
    two = er7.batches_in(HEADER + ONE + b"BTS|1\r" + HEADER + TWO + b"BTS||x\r")
    assert two is not None
    assert [(one.messages, one.said) for one in two.batches] == [([ONE], 1), ([TWO], None)]
    assert two.true


@pytest.mark.parametrize("raw", [b"", b"MSH|^~\\&|x\rBTS|1\r", b"FT1|1\r", b"  BHS", ONE + HEADER])
def test_what_is_none(raw: bytes) -> None:
    assert er7.batches_in(raw) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_line_ends_and_other_delimiters(end: str) -> None:
    raw = (HEADER + ONE + TWO + b"BTS|2\r").replace(b"\r", end.encode()).replace(b"|", b"!")
    file = er7.batches_in(raw)
    assert file is not None
    assert (len(file.batches[0].messages), file.batches[0].said) == (2, 2)
    assert er7.parse(file.batches[0].messages[1]).get("PID-1") == "2"


def sent(raw: bytes, *, busy: bool = False) -> tuple[bytes, list[Envelope]]:
    """Send through a door; return the answer, and what was handed on."""
    given: list[Envelope] = []

    async def deliver(envelope: Envelope) -> bytes:
        given.append(envelope)
        if busy and len(given) == 1:
            raise Retry("full")
        return f"MSH|^~\\&|QIAO\rMSA|AA|{len(given)}\r".encode()

    async def run() -> Any:
        settings = {name: default for name, _, default, _ in hl7v2.options(0)}
        door = hl7v2.MllpDoor("his/hl7v2", settings)
        await door.start(deliver)
        host, _, port = str(door.status()["address"]).rpartition(":")
        async with MllpClient(host, int(port)) as client:
            answer = await client.send(raw)
        await door.stop()
        return answer

    return asyncio.run(run()), given


def test_each_message_is_handed_on_and_all_are_answered_together() -> None:
    answer, given = sent(HEADER + ONE + TWO + b"BTS|3\r")
    assert [one.raw for one in given] == [ONE, TWO]
    told = given[0].meta
    assert (told["batch-id"], told["batch-said"], told["batch-in"]) == ("B7", "3", "2")
    lines = answer.decode().split("\r")
    assert lines[0].startswith("BHS|^~\\&|QIAO|Q|HIS|H1|")
    assert lines[0].endswith("|B7")
    assert [line for line in lines if line.startswith("MSA")] == ["MSA|AA|1", "MSA|AA|2"]
    assert lines[-2] == "BTS|2|BTS-1 says 3, there are 2"


def test_one_that_cannot_be_kept_now_says_so_and_the_others_are() -> None:
    answer, given = sent(HEADER + ONE + TWO + b"BTS|2\r", busy=True)
    assert len(given) == 2
    assert [line[:6] for line in answer.decode().split("\r") if line.startswith("MSA")] == [
        "MSA|AR",
        "MSA|AA",
    ]


def test_too_many_are_taken_for_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.wire.hl7v2.door.MOST", 1)
    raw = HEADER + ONE + TWO + b"BTS|2\r"
    assert [one.raw for one in sent(raw)[1]] == [raw]


def test_the_answer_to_an_empty_batch() -> None:
    batch = er7.Batch("B7", HEADER, [], 0)
    said = er7.acknowledge_batch(batch, [], datetime(2026, 3, 2, tzinfo=UTC))
    assert said == b"BHS|^~\\&|QIAO|Q|HIS|H1|20260302000000+0000|||||B7\rBTS|0\r"


@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_a_byte_of_a_chinese_name_is_no_delimiter(charset: str) -> None:
    header = "BHS|^~\\&|億區|墊|QIAO|Q|20260302||||B7\r".encode(charset)
    file = er7.batches_in(header + ONE + b"BTS|1\r")
    assert file is not None
    (batch,) = file.batches
    assert batch.id == "B7"
    answer = er7.acknowledge_batch(batch, [b"MSA|AA\r"], datetime(2026, 3, 2, tzinfo=UTC)).decode(charset)
    fields = answer.split("\r")[0].split("|")
    assert (fields[2:6], fields[11]) == (["QIAO", "Q", "億區", "墊"], "B7")
