"""Shapes: a segment whose fields are valued as those before it takes a shorter way, to the same end."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps, shapes
from gateway.mapping.emit import Shape
from gateway.wire import er7

SAMPLES = sorted((registry.one_root() / "adapters").glob("*/*/samples/*.hl7"))


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


@pytest.fixture(scope="module")
def row_by_row() -> Maps:
    """Return maps that never take the short way."""
    return load_maps()


def translated(maps: Maps, raw: bytes, adapter: str) -> Translation | Rejected:
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", adapter, "", 1_772_323_200_000_000, "", "", raw)
    try:
        return maps.translate(message, envelope, maps.profile(adapter, "", message))
    except Rejected as error:
        return error


def told(made: Translation | Rejected) -> object:
    """Return all that a translation says; whether a value was remembered is nobody's business."""
    if isinstance(made, Rejected):
        return made.code
    drafts = [(d.type, d.id, dumps(d.body), d.key, d.subject, d.cleared, d.number) for d in made.drafts]
    return drafts, made.merges, made.event_at, made.lineage, made.unmapped, made.gaps, made.issues


def changed(raw: bytes) -> list[bytes]:
    """Return the message, and others like it: with repetitions, less, with nulls, with escape sequences."""
    lines = raw.replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r")
    fields = [line.split(b"|") for line in lines]

    def written(change: bytes, every: int) -> bytes:
        made = [
            [
                change.replace(b"@", one) if number % every == 2 and one else one
                for number, one in enumerate(f)
            ]
            for f in fields[1:]
        ]
        return b"\r".join(b"|".join(f) for f in (fields[0], *made))

    return [raw, written(b"@~@", 3), written(b"", 6), written(b'""', 11), written(b"@\\T\\x", 9)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_the_short_way_ends_where_the_long_one_does(
    sample: Path, maps: Maps, row_by_row: Maps, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = "/".join(sample.parts[-4:-2])
    for raw in changed(sample.read_bytes()):
        try:
            er7.parse(raw)
        except Rejected:
            continue
        monkeypatch.setattr(shapes, "MET", 1 << 30)
        long = told(translated(row_by_row, raw, adapter))
        monkeypatch.setattr(shapes, "MET", 1)
        assert told(translated(maps, raw, adapter)) == long


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("f[3] not in EMPTY and '' in EMPTY", "True"),
        ("f[3] in EMPTY or f[5] == 'X'", "f[5] == 'X'"),
        ("part(''.partition('~')[0], '^', 2) in ('A', 'B')", "False"),
        ("count_of(f[5]) < 2 and run.other('OBR', 26) in EMPTY", "run.other('OBR', 26) in EMPTY"),
        ("(not is_numeric('')) and f[5] == '\"\"'", "False"),
    ],
)
def test_a_condition_without_what_the_shape_decides(condition: str, left: str) -> None:
    assert Shape(frozenset({3, 5}), repeats=False).fold(condition) == left


def test_the_shapes_of_a_place_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MET", 1)
    monkeypatch.setattr(shapes, "MOST_SHAPES", 3)
    maps = load_maps()
    head = b"MSH|^~\\&|HIS|H|QIAO|H|20260309090000||ADT^A01^ADT_A01|1|P|2.5.1\rPID|1||M1^^^H^MR||A^B\r"
    for number in range(8):
        made = translated(maps, head + b"PV1|1|I|W^1^2||" + b"|" * number + b"x", "his/hl7v2")
        assert isinstance(made, Translation)
    places = maps.messages["ADT^A01"].places.values()
    assert max(sum(map(len, place.shapes.known)) for place in places) == 3
