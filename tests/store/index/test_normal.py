"""Strings and numbers as a search compares them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.index import STRING_LENGTH, normal, precision
from gateway.store.index.normal import filed_strings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller", "muller"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("  van \t der\u3000 Berg ", "van der berg"),
        ("张伟", "张伟"),
        ("Ｃ１２３", "c123"),
        ("Ångström", "angstrom"),
        ("ΆΡΗΣ", "αρησ"),
        ("が", "が"),
        ("か", "か"),
        ("한글", "한글"),
        ("İstanbul", "istanbul"),
        ("ﬁne", "fine"),
        ("", ""),
    ],
)
def test_strings_are_compared_without_case_accents_and_width(text: str, expected: str) -> None:
    assert normal(text) == expected


@given(st.text(max_size=60))
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    once = normal(text)
    assert normal(once) == once
    assert not re.search(r"^\s|\s\s|\s$", once)


@given(st.text(max_size=30))
def test_case_and_composition_make_no_difference(text: str) -> None:
    assert (
        normal(text)
        == normal(unicodedata.normalize("NFD", text))
        == normal(unicodedata.normalize("NFC", text))
    )
    assert normal(text.casefold()) == normal(text)


@given(st.lists(st.text("ab 张É", max_size=60), max_size=6))
def test_whatever_a_text_begins_with_finds_it(texts: list[str]) -> None:
    filed = filed_strings(texts)
    assert len(filed) == len(set(filed))
    for text in texts:
        whole = normal(text)
        for length in range(1, len(whole) + 1):
            asked = normal(whole[:length])[:STRING_LENGTH]
            assert any(one.startswith(asked) for one in filed)


def test_a_text_with_which_another_one_begins_is_not_filed() -> None:
    assert filed_strings(["张", "张伟", "伟"]) == ["伟", "张伟"]
    assert filed_strings([" ", ""]) == []


@pytest.mark.parametrize(
    ("number", "low", "high"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "95", "105"),
        ("5.4", "5.35", "5.45"),
        ("5.40e-3", "0.005395", "0.005405"),
        ("-2", "-2.5", "-1.5"),
        ("0", "-0.5", "0.5"),
        ("1.50E3", "1495", "1505"),
    ],
)
def test_a_number_covers_what_its_digits_say(number: str, low: str, high: str) -> None:
    assert precision(number) == (Decimal(low), Decimal(high))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_a_number_lies_in_the_middle_of_what_it_covers(number: Decimal) -> None:
    low, high = precision(format(number, "f"))
    assert low < number < high
    assert number - low == high - number == Decimal("0.00005")


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "１", "0x10", "1e9999", "inf", "nan", "9" * 41, " 1", "1\n"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal"):
        precision(text)
