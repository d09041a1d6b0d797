"""What a foreign system answered cannot hide, turn or flood a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from conformance.harness.words import Words
from conformance.report.plain import LENGTH, LINES, shown, shown_words, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x00b", "a␀b"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("refused\u202edetpecca", "refused⟨U+202E⟩detpecca"),
        ("half \ud800", "half ⟨U+D800⟩"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("处方：1.50 mg", "处方：1.50 mg"),
    ],
)
def test_controls_are_seen(text: str, seen: str) -> None:
    assert visible(text) == seen


@given(st.text())
def test_whatever_comes_xml_and_utf_8_can_carry_it(text: str) -> None:
    element = etree.Element("a")
    element.text = visible(text)
    assert etree.fromstring(etree.tostring(element, encoding="UTF-8")).text == (visible(text) or None)


def test_a_long_value_is_cut_and_says_so() -> None:
    cut = shown("x" * 50_000, "en")
    assert len(cut) < LENGTH + 100
    assert "50,000 characters in all" in cut
    assert "共 50,000 个字符" in shown_words(Words("字" * 50_000, "x")).zh


def test_a_value_of_many_lines_is_cut() -> None:
    assert shown("\n" * 500, "en").count("\n") < LINES


def test_a_short_value_is_left_alone() -> None:
    assert shown("HTTP 201", "zh") == "HTTP 201"
