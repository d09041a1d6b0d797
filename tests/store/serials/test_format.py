"""Formats of serials: what the files say, what does not fit, and the check characters of ISO 7064."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from gateway.errors import Misconfigured, Rejected
from gateway.store.serials import format as formats
from gateway.store.serials.check import mod_11_2, mod_37_36

NOON = 1_772_769_600_000_000  # 2026-03-06T12:00:00+08:00
SHIPPED = sorted(file.name.removesuffix(".yaml") for file in files("mappings").joinpath("serials").iterdir())


def test_check_characters_of_the_standard() -> None:
    assert mod_37_36("A12425GABC1234002") == "M"
    assert mod_11_2("11010519491231002") == "X"


@pytest.mark.parametrize("jurisdiction", SHIPPED)
def test_every_shipped_format_gives_serials_that_check(jurisdiction: str) -> None:
    written = formats.load(jurisdiction)
    scope = written.scope("prescription", "990101001", NOON, 0, "+08:00")
    one, two = written.serial(scope, 1), written.serial(scope, 2)
    assert one != two
    assert len(one) == len(two)
    assert written.valid(one)
    for at, letter in enumerate(one):
        other = "1" if letter != "1" else "2"
        assert not written.valid(one[:at] + other + one[at + 1 :])


def test_a_serial_says_where_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    written = formats.load("cn-chongqing")
    scope = written.scope("exam", "990101001", NOON, 11, "+08:00")
    assert written.serial(scope, 17)[:-1] == "CQE00099010100120260306B000017"
    assert formats.load("cn-nowhere").jurisdiction == "cn"
    late = NOON + 12 * 3_600_000_000
    assert written.scope("exam", "1", late, 0, "+08:00") != written.scope("exam", "1", late, 0, "Z")


def test_what_does_not_fit() -> None:
    written = formats.load("cn-chongqing")
    for organisation in ("", "1234567890123", "甲", "a b"):
        with pytest.raises(Rejected, match="1 to 12 letters"):
            written.scope("exam", organisation, NOON, 0, "Z")
    with pytest.raises(Rejected, match="no serials for visit"):
        written.scope("visit", "1", NOON, 0, "Z")
    with pytest.raises(Misconfigured, match="node"):
        written.scope("exam", "1", NOON, 36, "Z")
    with pytest.raises(Rejected, match="no serial left"):
        written.serial(written.scope("exam", "1", NOON, 0, "Z"), 1_000_000)
    assert not written.valid("")
    assert not written.valid("甲")


def test_a_format_of_digits_takes_only_digits() -> None:
    parts = [{"text": "51"}, {"organisation": 9}, {"date": "%Y%m%d"}, {"sequence": 4}]
    written = formats.read({"jurisdiction": "x", "check": "mod-11-2", "parts": parts}, "mine.yaml")
    serial = written.serial(written.scope("lab", "990101001", NOON, 0, "Z"), 1)
    assert written.valid(serial)
    assert not any(written.valid(serial[:at] + "x" + serial[at + 1 :]) for at in range(len(serial)))
    with pytest.raises(Rejected, match="1 to 9 digits"):
        written.scope("lab", "99010100A", NOON, 0, "Z")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"jurisdiction": "x", "check": "crc", "parts": []},
        {
            "jurisdiction": "x",
            "check": "crc",
            "parts": [{"organisation": 3}, {"date": "%d"}, {"sequence": 3}],
        },
        {"jurisdiction": "x", "check": "mod-11-2", "parts": [{"organisation": 3}, {"sequence": 3}]},
        {
            "jurisdiction": "x",
            "check": "mod-11-2",
            "parts": [{"organisation": 3}, {"date": "%d"}, {"sequence": 3}, {"sequence": 3}],
        },
        {
            "jurisdiction": "x",
            "check": "mod-11-2",
            "parts": [
                {"kind": {"exam": "E", "lab": "EE"}},
                {"organisation": 3},
                {"date": "%d"},
                {"sequence": 3},
            ],
        },
        {
            "jurisdiction": "x",
            "check": "mod-11-2",
            "parts": [{"text": "a"}, {"organisation": 3}, {"date": "%d"}, {"sequence": 3}],
        },
        {"jurisdiction": "x", "check": "mod-11-2", "parts": [{"colour": "red"}]},
    ],
)
def test_a_file_that_says_no_format_is_refused(said: Any) -> None:
    with pytest.raises(Misconfigured) as raised:
        formats.read(said, "mine.yaml")
    assert raised.value.where == "mine.yaml"
