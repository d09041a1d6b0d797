"""Recordings: framed or bare, one end or both, cut into chunks; every record is in what comes out."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.astm import Counters, Received, messages_in
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK, frame, frames

MESSAGE = b"H|\\^&|||ANALYSER\rP|1||990101\rR|1|^^^GLU|5.60|mmol/L\rL|1|N\r"
OTHER = MESSAGE.replace(b"5.60", b"5.70")
WITHOUT_L = MESSAGE[: MESSAGE.index(b"L|1")]


@pytest.mark.parametrize(
    "recorded",
    [
        MESSAGE + OTHER,
        (MESSAGE + OTHER).replace(b"\r", b"\r\n"),
        MESSAGE + b"\r\n\r\n" + OTHER[:-1],
        b"".join(frames(MESSAGE) + frames(OTHER)),
        ENQ + b"".join(frames(MESSAGE)) + EOT + ENQ + b"".join(frames(OTHER, 7)) + EOT,
        ENQ + ACK + ACK.join(frames(MESSAGE)) + ACK + EOT + ENQ + ACK + ACK.join(frames(OTHER)),
        ENQ + ENQ + frames(MESSAGE)[0] + NAK + b"".join(frames(MESSAGE)) + frame(1, OTHER, more=True),
        MESSAGE + b"".join(frames(OTHER)) + b"rubbish",
        ENQ + MESSAGE + OTHER + EOT,
    ],
)
def test_what_was_recorded(recorded: bytes):
    assert list(messages_in(recorded)) == [Received(MESSAGE, "L"), Received(OTHER, "L")]


def test_line_feeds_alone():
    assert [one.text for one in messages_in(MESSAGE.replace(b"\r", b"\n"))] == [MESSAGE.replace(b"\r", b"\n")]


def test_without_l_and_cut_off():
    assert list(messages_in(WITHOUT_L * 2)) == [Received(WITHOUT_L, "H"), Received(WITHOUT_L, "EOT")]
    assert [one.ended for one in messages_in(b"".join(frames(MESSAGE)[:2]))] == ["cut"]
    assert [one.ended for one in messages_in(MESSAGE + WITHOUT_L)] == ["L", "cut"]


def test_what_was_passed_over_is_counted():
    counters = Counters()
    damaged = b"".join(frames(MESSAGE)).replace(b"5.60", b"5.61")
    assert [one.ended for one in messages_in(damaged + frames(MESSAGE)[3], counters=counters)] == ["cut"]
    assert (counters.bad, counters.repeated) == (1, 1)
    long = b"H|\\^&\rC|1|" + b"x" * 300_000 + b"\rL|1\r" + MESSAGE
    found = list(messages_in(long, limit=100_000, counters=counters))
    assert counters.oversize
    assert [one for one in found if one.whole and b"H|" in one.text][-1:] in ([], [Received(MESSAGE, "L")])


@given(st.lists(st.sampled_from([MESSAGE, OTHER, WITHOUT_L]), max_size=6), st.integers(1, 300))
def test_every_record_is_accounted_for(messages: list[bytes], size: int):
    for recorded in (b"".join(messages), b"".join(ENQ + b"".join(frames(m, size)) + EOT for m in messages)):
        found = b"".join(one.text for one in messages_in(io.BytesIO(recorded)))
        assert found == b"".join(messages)


@pytest.mark.parametrize("change", [str.lower, lambda text: f" {text}", lambda text: f"{text[0]} {text[1:]}"])
def test_small_letters_and_blanks_begin_and_end_a_message_too(change: Callable[[str], str]):
    head, *lines = MESSAGE.decode().removesuffix("\r").split("\r")
    for first in (head, f" {head}", f"h{head[1:]}"):
        text = "".join(f"{one}\r" for one in (first, *map(change, lines))).encode()
        assert [one.ended for one in messages_in(text * 2)] == ["L", "L"]
        whole = b"".join(frames(text * 2))
        assert [(one.text, one.ended) for one in messages_in(whole)] == [(text, "L"), (text, "L")]


def test_a_line_of_a_remark_that_begins_with_l_ends_no_message():
    text = MESSAGE.replace(b"L|1", b"C|1|I|found:\nL. monocytogenes\nL-form\nL|1")
    assert [one.text for one in messages_in(b"".join(frames(text)))] == [text]


def test_records_behind_the_end_of_a_message_are_a_message_that_cannot_be_read():
    astray = b"P|2||77\rO|1|B2\rR|1|^^^GLU|9\rL|1|N\r"
    for recorded in (MESSAGE + astray, (MESSAGE + astray).replace(b"\r", b"\r\n")):
        counters = Counters()
        found = [one.text.replace(b"\r\n", b"\r") for one in messages_in(recorded, counters=counters)]
        assert (found, counters.noise) == ([MESSAGE, astray], 0)


def test_a_message_with_a_frame_that_was_bad_and_never_came_again_is_not_whole():
    first, second, third, fourth = frames(MESSAGE)
    bad = third.replace(b"5.60", b"5.61")
    line = ENQ + first + second + bad
    assert list(messages_in(line + NAK + third + fourth + EOT)) == [Received(MESSAGE, "L")]
    lost, after = messages_in(line + fourth + EOT + ENQ + b"".join(frames(OTHER)) + EOT)
    assert (lost.ended, b"GLU" in lost.text, after) == ("cut", False, Received(OTHER, "L"))
