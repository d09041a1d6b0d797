"""Reads: what no row looks at is counted, down to sub-components; what one looks at is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.mapping.reads import FieldReads, Reads
from gateway.wire import er7


@pytest.mark.parametrize(
    ("every", "first", "text", "left"),
    [
        ({(0, 0)}, set(), "a^b&c~d", ()),
        ({(1, 0)}, set(), "a", ()),
        ({(1, 0)}, set(), "a^b^^d", (".2", ".4")),
        ({(1, 0), (4, 1)}, set(), "a^^^b&c&d", (".4.2", ".4.3")),
        ({(1, 0), (4, 1)}, set(), "a^^^b", ()),
        (set(), {(1, 0)}, "a~b", ("[2].1",)),
        (set(), {(1, 1)}, 'a^""^', ()),
        (set(), set(), "a&b", (".1.1", ".1.2")),
    ],
)
def test_what_is_left_of_a_field(
    every: set[tuple[int, int]], first: set[tuple[int, int]], text: str, left: tuple[str, ...]
) -> None:
    reads = FieldReads(every, first)
    assert reads.left(text) == left
    assert reads.left(text) == left, "the second look is a remembered one"


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def unmapped(maps: Maps, *segments: str) -> dict[str, int]:
    header = r"MSH|^~\&|HIS|H|||20260101080000||ADT^A01^ADT_A01|1|P|2.5.1"
    raw = "\r".join((header, *segments)).encode()
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return dict(maps.translate(message, envelope, maps.profile("his/hl7v2", "", message)).unmapped)


def test_a_segment_that_nobody_knows_is_counted_field_by_field(maps: Maps) -> None:
    assert unmapped(maps, "PID|1||P1^^^H^MR", "ZXX|1||a^b") == {"ZXX-1": 1, "ZXX-3": 1}


def test_a_component_that_nobody_reads_is_counted(maps: Maps) -> None:
    left = unmapped(maps, "PID|1||P1^^^H^MR^^^^^^X9~P2^^^H^PI^^^^^^X9||张^三", "PV1|1|I|0304^05^6^H^^^^^^^zz")
    assert left["PID-3.11"] == 1
    assert left["PID-3[2].11"] == 1
    assert "PID-5.1" not in left
    assert "PV1-3.1" not in left


def test_every_row_of_every_map_can_be_asked_what_it_reads(maps: Maps) -> None:
    reads = Reads(maps.maps)
    for name, file in maps.maps.items():
        if file.is_segment:
            own = {field for segment, field in reads.of_map(name) if segment == file.source}
            reading = [row for row in file.rows if any(text.startswith(file.source) for text in row.sources)]
            assert own or not reading, name


def test_an_ignored_field_is_accounted_for(tmp_path: Path) -> None:
    maps = load_maps()
    assert "PV1-1" not in unmapped(maps, "PID|1||P1^^^H^MR", "PV1|1|I")
