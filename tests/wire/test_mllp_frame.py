"""MLLP framing of a byte stream, as senders really frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.mllp import Framer, frame


def frames(*pieces: bytes) -> list[bytes]:
    return cut(Framer(), *pieces)


def cut(framer: Framer, *pieces: bytes) -> list[bytes]:
    found = []
    for piece in pieces:
        framer.feed(piece)
        while (content := framer.next()) is not None:
            found.append(content)
    return found


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"\x0bMSH|1\r\x1c\r"], [b"MSH|1\r"]),
        ([b"\x0bA\x1c\r\x0bB\x1c\r\x0bC", b"\x1c\r"], [b"A", b"B", b"C"]),
        ([b"\x0b", b"A", b"\x1c", b"\r", b"\x0b", b"B\x1c"], [b"A", b"B"]),
        ([b"\x0bA\x1c", b"\x0bB\x1c\n\x0bC\x1c\r\n"], [b"A", b"B", b"C"]),
        ([b"\x0bA\x1c\x0bB\x1c"], [b"A", b"B"]),
        ([b"\x0b\x1c\r"], [b""]),
        ([b"\x0bword\x0bprocessor \x1cx\x1c\r"], [b"word\x0bprocessor \x1cx"]),
        ([b"\x0b" + "MSH|东下".encode("utf-16-le") + b"\x1c\r"], ["MSH|东下".encode("utf-16-le")]),
        ([b"\x0b" + "\ufeffMSH|下东".encode("utf-16-be"), b"\x1c\r"], ["\ufeffMSH|下东".encode("utf-16-be")]),
    ],
)
def test_frames(pieces: list[bytes], expected: list[bytes]):
    assert frames(*pieces) == expected


def test_a_frame_without_trailer_is_dropped_when_the_next_begins():
    framer = Framer()
    assert cut(framer, b"\x0bMSH|1\r", b"\x0bMSH|2\r\x1c\r\x0bMSH|3\x1c\r") == [b"MSH|2\r", b"MSH|3"]
    assert (framer.truncated, framer.inside) == (1, False)


def test_noise_is_counted_and_blanks_are_not():
    framer = Framer()
    assert cut(framer, b"\r\n\x00\x0bA\x1c\r\r\n", b"GET / HTTP/1.1\r\n\x0bB\x1c\r") == [b"A", b"B"]
    assert (framer.noise, framer.recent_noise) == (14, 0)
    cut(framer, b"x" * 50, b"x" * 50)
    assert (framer.recent_noise, len(framer)) == (100, 0)


@given(st.lists(st.binary().filter(lambda content: b"\x1c" not in content), max_size=5), st.data())
def test_any_cutting_gives_the_same_frames(contents: list[bytes], data: st.DataObject):
    stream = b"".join(map(frame, contents))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    framer = Framer()
    found = cut(framer, *pieces)
    assert found == cut(Framer(), stream)
    if not any(b"\x0b" in content for content in contents):
        assert found == contents


@given(st.lists(st.binary(), max_size=8))
def test_any_bytes(pieces: list[bytes]):
    frames(*pieces)
