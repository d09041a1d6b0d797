"""Values: what is malformed is none, and nothing is mended."""

from __future__ import annotations

import pytest

from gateway.wire.dicom.values import checked, numbers


@pytest.mark.parametrize(
    ("text", "vr", "said"),
    [
        ("20261120 ", "DA", "20261120"),
        ("2026.11.20", "DA", "20261120"),
        ("20261332", "DA", None),
        ("101500.123", "TM", "101500.123"),
        ("10:15:00", "TM", "101500"),
        ("2515", "TM", None),
        ("20261120101500.5+0800", "DT", "20261120101500.5+0800"),
        ("20260231", "DT", None),
        ("1.2.840\0", "UI", "1.2.840"),
        ("1." * 40 + "1", "UI", None),
        ("1.2.a", "UI", None),
        ("+1.50e-3", "DS", "+1.50e-3"),
        ("1,5", "DS", None),
        ("1A", "IS", None),
        (" 腹部 ", "LO", "腹部"),
        ("", "DA", ""),
    ],
)
def test_values_of_text(text: str, vr: str, said: str | None) -> None:
    assert checked(text, vr) == said


def test_numbers() -> None:
    assert numbers(b"\x01\x00\xff\xff", "US") == ["1", "65535"]
    assert numbers(b"\xff\xff", "SS") == ["-1"]
    assert numbers(b"\x08\x00\x18\x00", "AT") == ["00080018"]
    assert numbers(b"\x00\x00\x80\x3f", "FL") == ["1"]
    assert numbers(b"\x01", "US") is None
    assert numbers(b"12", "IS") is None
