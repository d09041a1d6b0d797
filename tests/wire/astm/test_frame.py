"""Frames: what is written can be read, however it is cut, and what is damaged is not believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.astm.frame import checksum, frame, frames
from gateway.wire.astm.reader import Reader, Token

TEXT = st.binary(max_size=40).map(lambda data: bytes(one for one in data if one not in b"\x02\x03\x17"))
MESSAGE = b"H|\\^&|||ANALYSER\rR|1|^^^GLU|5.60|mmol/L\rL|1|N\r"


def read(reader: Reader, *pieces: bytes) -> list[Token]:
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (token := reader.next()) is not None:
            found.append(token)
    return found


def test_a_frame_is_what_the_standard_says():
    # 1 (31) + A (41) + ETX (03) = 75
    assert frame(1, b"A") == b"\x021A\x0375\r\n"
    assert frame(9, b"A", more=True)[1:2] == b"1"
    assert checksum(b"1\x03") == b"34"


def test_records_get_frames_of_their_own_and_long_ones_several():
    cut = frames(MESSAGE, 20)
    assert [one[1:2] for one in cut] == [b"1", b"2", b"3", b"4"]
    assert [one[-5:-4] for one in cut] == [b"\x03", b"\x17", b"\x03", b"\x03"]
    assert len(frames(MESSAGE, 1000, packed=True)) == 1
    assert [one[-5:-4] for one in frames(MESSAGE, 30, packed=True)] == [b"\x17", b"\x03"]
    assert len(frames(b"R|" + b"x" * 26_000 + b"\r", 63_993)) == 1
    assert frames(b"") == []


@given(st.lists(TEXT, max_size=20), st.integers(1, 50), st.booleans())
def test_what_is_written_is_read(records: list[bytes], size: int, packed: bool):
    message = b"".join(one.replace(b"\r", b"") + b"\r" for one in records)
    tokens = read(Reader(), b"".join(frames(message, size, packed=packed)))
    assert b"".join(one.text for one in tokens) == message
    assert [one.number for one in tokens] == [place % 8 for place in range(1, len(tokens) + 1)]


STREAM = b"\x05" + b"".join(frames(MESSAGE, 20)) + b"\x04\x05\x06\x15noise\r\n" + frame(1, b"X\r")


@pytest.mark.parametrize("cut", range(1, len(STREAM)))
def test_cut_at_every_byte_it_reads_the_same(cut: int):
    whole = read(Reader(), STREAM)
    parts = read(Reader(), STREAM[:cut], STREAM[cut:])
    noise = sum(one.size for one in parts)
    assert [one for one in parts if one.kind != "noise"] == [one for one in whole if one.kind != "noise"]
    assert noise == sum(one.size for one in whole) == 5


def test_byte_by_byte_it_reads_the_same():
    assert [one.kind for one in read(Reader(), *(bytes([one]) for one in STREAM)) if one.kind != "noise"] == [
        "ENQ", "frame", "frame", "frame", "frame", "EOT", "ENQ", "ACK", "NAK", "frame",
    ]  # fmt: skip


@given(st.integers(1, 60), st.integers(1, 255))
def test_one_damaged_byte_is_never_a_good_frame_with_another_text(at: int, change: int):
    good = frame(3, b"R|1|^^^GLU|5.60|mmol/L|3.90 to 6.10|N||F||||20260101120000\r")
    place = at % len(good)
    damaged = bytes(one ^ change if number == place else one for number, one in enumerate(good))
    for token in read(Reader(), damaged, b"\r\n"):
        assert token.kind != "frame" or token.text == good[2:-5]


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        (b"\x021A\x0300\r\n", ["bad"]),
        (b"\x028A\x037C\r\n", ["bad"]),
        (b"\x02\x03" + checksum(b"\x03") + b"\r\n", ["bad"]),
        (b"\x021A\x03\x04", ["bad", "EOT"]),  # no checksum: the signal after it is heard
        (b"\x021A\x037\x04", ["bad", "EOT"]),
        (b"\x021A\x0375", ["frame"]),  # no CR LF
        (b"\x021O\x03" + checksum(b"1O\x03").lower(), ["frame"]),
        (b"\x021A\x0375\r\x021A\x0375\n", ["frame", "frame"]),
        (b"\x021cut off\x021A\x0375\r\n", ["frame"]),
        (b"\x021a\x05b\x04\x03" + checksum(b"1a\x05b\x04\x03"), ["frame"]),  # a damaged byte is no ENQ
        (b"\x00\xff\xfe\x7f\x05", ["noise", "ENQ"]),
    ],
)
def test_what_the_field_sends(written: bytes, kinds: list[str]):
    assert [one.kind for one in read(Reader(), written)] == kinds
    assert [
        one.kind for one in read(Reader(), *(bytes([one]) for one in written)) if one.kind != "noise"
    ] == [kind for kind in kinds if kind != "noise"]


def test_checksums_are_ignored_or_absent_only_where_that_is_told():
    assert [one.kind for one in read(Reader(check=False), b"\x021A\x03ZZ\r\n")] == ["frame"]
    for written in (b"\x021A\x03", b"\x021A\x0375", b"\x021A\x0375\r\n", b"\x021A\x03\r\n"):
        for pieces in ((written + b"\x04",), tuple(bytes([one]) for one in written + b"\x04")):
            assert [one.kind for one in read(Reader(trailer=False), *pieces)] == ["frame", "EOT"]


def test_an_endless_frame_is_given_up():
    reader = Reader(limit=1000)
    tokens = read(reader, b"\x021", *(b"x" * 100 for _ in range(11)))
    assert [one.kind for one in tokens] == ["too-long", "noise"]
    assert [one.kind for one in read(Reader(limit=10), frame(1, b"x" * 11))] == ["too-long"]


def test_bare_records_are_lines_from_h_to_l():
    written = b"rubbish\r\nH|\\^&\r\nP|1\rR|1|two\nlines\rL|1|N\r\x05"
    for pieces in ((written,), tuple(bytes([one]) for one in written)):
        tokens = [one for one in read(Reader(), *pieces) if one.kind != "noise"]
        assert b"".join(one.text for one in tokens) == b"H|\\^&\rP|1\rR|1|two\nlines\rL|1|N\r"
        assert tokens[-1].kind == "ENQ"
    assert {one.kind for one in read(Reader(bare=False), written)} == {"noise", "ENQ"}


@given(st.lists(st.binary(max_size=30)))
def test_noise_of_any_kind_is_survived(pieces: list[bytes]):
    reader = Reader(limit=64)
    read(reader, *pieces)
    assert len(reader._buffer) <= 64 + 30
