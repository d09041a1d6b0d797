"""Files and streams of many messages."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.er7 import parse, split_messages
from gateway.wire.mllp import frame

ONE = "MSH|^~\\&|HIS||||||ADT^A01|1|P|2.4\rPID|1||||张三\r"
TWO = "MSH|^~\\&|LIS||||||ORU^R01|2|P|2.4\rOBX|1|ST|||MSH|\r"


class Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 7, 7))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("between", ["", "\r\r", " \r\n", "\r\n\r\n"])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_messages_one_after_another(end: str, between: str, codec: str):
    one, two = (m.replace("\r", end).encode(codec) for m in (ONE, TWO))
    source = one + between.encode() + two + one.rstrip()
    for stream in (source, io.BytesIO(source), Trickle(source)):
        assert list(split_messages(stream)) == [one, two, one.rstrip()]


def test_frames():
    one, two = ONE.encode(), TWO.encode()
    source = frame(one) + frame(two) + b"\x0b" + one + b"\x1c" + frame(two)
    assert list(split_messages(Trickle(source))) == [one, two, one, two]


def test_batch_envelopes_are_counted_and_other_text_is_handed_on():
    skipped: Counter[str] = Counter()
    before = b"\xef\xbb\xbf# export of Tuesday\r\n"
    envelope = b"FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r"
    source = before + envelope + ONE.encode() + b"\x1c\rsent\r" + TWO.encode() + b"BTS|2\rFTS|1\r"
    found = list(split_messages(source, skipped=skipped))
    assert found == [before, ONE.encode(), b"\rsent\r", TWO.encode()]
    assert skipped == {"envelope": 4}


def test_a_file_without_messages():
    skipped: Counter[str] = Counter()
    assert list(split_messages(b"", skipped=skipped)) == []
    assert not skipped
    assert list(split_messages(b"\x0b\r\n \x00\x1c\r", skipped=skipped)) == []
    assert not skipped


@pytest.mark.parametrize(
    "raw", [b"hello\r\nworld", bytes(range(256)) * 12, b"MSH\r", b"\xff\xfe\xd8\x00" * 9]
)
def test_what_is_no_message_is_handed_on_as_it_stands(raw: bytes):
    assert b"".join(split_messages(raw)) == raw or raw.startswith(b"\xff\xfe")
    assert list(split_messages(raw))


def test_a_message_above_the_limit_is_dropped_and_the_next_one_is_not():
    skipped: Counter[str] = Counter()
    huge = b"MSH|^~\\&|\rNTE|1||" + b"x" * 300_000 + b"\r"
    source = io.BytesIO(ONE.encode() + huge + TWO.encode())
    assert list(split_messages(source, limit=1000, skipped=skipped)) == [ONE.encode(), TWO.encode()]
    assert skipped == {"too-large": 1}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf16_files(codec: str, mark: str):
    found = list(split_messages(Trickle((mark + ONE + TWO).encode(codec))))
    assert [parse(raw).control_id for raw in found] == ["1", "2"]
    assert parse(found[0]).get("PID-5") == "张三"


@pytest.mark.parametrize(
    ("source", "messages", "stray"),
    [
        (ONE + "08:00 sent\r\rERR: late\r" + TWO, [ONE, TWO], [("08:00 sent\r\rERR: late\r", 3)]),
        (ONE + "a\nb\n" + TWO + "c", [ONE, TWO], [("a\nb\n", 3), ("c", 7)]),
        ("log\n\x0b" + ONE + "\x1c\r\nlog\n", [ONE], [("log\n\x0b", 1), ("\r\nlog\n", 5)]),
        (ONE + "ZPI\r" + TWO, [ONE + "ZPI\r", TWO], []),
        (ONE[:-1] + " typed\ntext\r", [ONE[:-1] + " typed\ntext\r"], []),
        ("\x0b" + ONE + "inside its frame\r\x1c\r", [ONE + "inside its frame\r"], []),
    ],
)
def test_what_is_beside_the_messages_is_asked_about_with_its_line(
    source: str, messages: list[str], stray: list[tuple[str, int]]
):
    for stream in (source.encode(), Trickle(source.encode())):
        told: list[tuple[str, int]] = []

        def taken(text: bytes, line: int, told: list[tuple[str, int]] = told) -> bool:
            told.append((text.decode(), line))
            return True

        assert [raw.decode() for raw in split_messages(stream, stray=taken)] == messages
        assert told == stray


PIECES = st.sampled_from(
    [
        ONE.encode(),
        TWO.encode("gbk"),
        b"\x0b",
        b"\x1c\r",
        b"\r\n",
        b"BHS|^~\\&|\r",
        b"MSH",
        b"\xef\xbb\xbf",
        b"junk\r",
        b"\x00",
    ]
)


@pytest.mark.parametrize("before", [b"", b" ", b"\t  ", b"    ", b"\xef\xbb\xbf", b"  \xef\xbb\xbf"])
def test_blanks_and_a_mark_before_a_message_do_not_hide_it(before: bytes):
    one, two = ONE.encode(), TWO.encode()
    assert len(list(split_messages(one + before + two))) == 2


@pytest.mark.parametrize("before", [b"x", b"     ", b"\xef\xbb\xbf ", b"x\xef\xbb\xbf"])
def test_what_looks_like_a_message_inside_of_a_line_is_none(before: bytes):
    assert len(list(split_messages(ONE.encode() + before + b"MSH|^~\\&|\r"))) == 1


@given(st.lists(PIECES, max_size=10).map(b"".join))
def test_the_size_of_the_pieces_does_not_matter(source: bytes):
    assert list(split_messages(Trickle(source))) == list(split_messages(source))
    asked = [
        list(split_messages(stream, stray=lambda text, line: bool(line % 2)))
        for stream in (source, Trickle(source))
    ]
    assert asked[0] == asked[1]
