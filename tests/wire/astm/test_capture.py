"""Recordings: framed or bare, one end or both, cut into chunks; every record is in what comes out."""

from __future__ import annotations

import io

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
    assert [one.ended for one in messages_in(damaged + frames(MESSAGE)[3], counters=counters)] == ["L"]
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
