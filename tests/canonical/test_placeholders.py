"""Placeholders: what stands where there is no number is none, and a number that looks odd is one."""

from __future__ import annotations

import pytest

from gateway.canonical.placeholders import is_placeholder


@pytest.mark.parametrize(
    "text",
    ["不详", " 未知 ", "暂无", "无证件", "N/A", "Unknown", "ＮＵＬＬ", "-", "——", "/", "000000", "\\N"],
)
def test_what_people_write_without_a_number_is_none(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["", "0", "000", "NA", "Nil", "P000000", "123456", "无锡1", "0000001", "张无", "000-001"]
)
def test_a_number_is_one(text: str) -> None:
    assert not is_placeholder(text)
