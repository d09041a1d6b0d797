"""A message of several samples, cut into messages of one each: nothing is lost, nothing said twice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.astm.records import parse, samples

HEAD, END = "H|\\^&|||T", "L|1|N"


def message(*lines: str, end: str = "\r") -> bytes:
    return "".join(f"{one}{end}" for one in (HEAD, *lines, END)).encode()


def cut(*lines: str) -> list[list[str]]:
    """Return the records of each part without H and L."""
    parts = [one.decode().split("\r")[:-1] for one in samples(parse(message(*lines)))]
    assert all(one[0] == HEAD and one[-1] == END for one in parts)
    return [one[1:-1] for one in parts]


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (["P|1", "O|1|A", "R|1|^^^X|1"], [["P|1", "O|1|A", "R|1|^^^X|1"]]),
        (
            ["P|1", "O|1|A", "R|1|^^^X|1", "C|1|I|x", "O|2|B", "R|1|^^^X|2"],
            [["P|1", "O|1|A", "R|1|^^^X|1", "C|1|I|x"], ["P|1", "O|2|B", "R|1|^^^X|2"]],
        ),
        (["P|1", "O|1|A", "R|1|X|1", "O|2|A", "R|1|Y|2"], [["P|1", "O|1|A", "R|1|X|1", "O|2|A", "R|1|Y|2"]]),
        (["P|1", "O|1|A|||||||||Q", "O|2|A"], [["P|1", "O|1|A|||||||||Q"], ["P|1", "O|2|A"]]),
        (["P|1", "O|1|A", "P|2", "O|1|A"], [["P|1", "O|1|A"], ["P|2", "O|1|A"]]),
        (["O|1|A", "O|2|B"], [["O|1|A"], ["O|2|B"]]),
        (["C|1|I|first", "P|1", "C|1|I|of P", "O|1|A", "O|2|B"],
         [["C|1|I|first", "P|1", "C|1|I|of P", "O|1|A"], ["P|1", "O|2|B"]]),
        (["P|1", "R|1|X|1", "P|2", "R|1|X|2"], [["P|1", "R|1|X|1"], ["P|2", "R|1|X|2"]]),
        (["Q|1|^A", "Q|2|^B"], [["Q|1|^A", "Q|2|^B"]]),
        ([], [[]]),
    ],
)  # fmt: skip
def test_where_a_message_is_cut(lines: list[str], parts: list[list[str]]) -> None:
    assert cut(*lines) == parts


def test_a_message_of_one_sample_stays_byte_for_byte() -> None:
    for raw in (
        message("P|1", "O|1|A", "R|1|X|1", end="\r\n"),
        b"\xef\xbb\xbf" + message("O|1|A"),
        message(),
    ):
        assert samples(parse(raw)) == [raw]


def test_bytes_of_a_record_stay_as_they_came() -> None:
    raw = (
        message("P|1|||李^四", "O|1|甲", "C|1|I|\\XB1\\ &F& |G", "O|2|乙", end="\r\n")
        .decode()
        .encode("gb18030")
    )
    one, other = samples(parse(raw, charset="GBK"))
    lines = raw.split(b"\r\n")
    assert one == b"".join(line + b"\r\n" for line in (*lines[:4], lines[5]))
    assert other == b"".join(line + b"\r\n" for line in (*lines[:2], lines[4], lines[5]))


LINES = st.lists(
    st.sampled_from(
        ["P|{}", "O|{}|A", "O|{}|B", "O|{}|C||||||||||Q", "R|{}|X|1", "C|{}|I|x", "M|{}|y", "Z|{}"]
    ),
    max_size=24,
)


@given(LINES)
def test_every_record_stands_in_one_part_and_only_heads_in_several(kinds: list[str]) -> None:
    lines = [one.format(number) for number, one in enumerate(kinds)]
    found = Counter(line for part in cut(*lines) for line in part)
    assert set(found) == set(lines)
    assert all(count == 1 or line.startswith("P") for line, count in found.items())
    for part in cut(*lines):
        assert len({line.split("|")[2] for line in part if line.startswith("O")}) < 2
        assert sorted(part, key=lines.index) == part
