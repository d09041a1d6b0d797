"""Article numbers are written as the documents write them."""

from __future__ import annotations

import pytest

from conformance.catalogue.numbering import article, chinese, written


@pytest.mark.parametrize(
    ("number", "text"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (36, "三十六"), (99, "九十九")]
)
def test_chinese_numerals(number: int, text: str) -> None:
    assert chinese(number) == text
    assert written(number, "arabic") == str(number)


@pytest.mark.parametrize("number", [0, 100, -1])
def test_what_no_article_is_numbered(number: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        chinese(number)


def test_an_item_belongs_to_its_article() -> None:
    assert article("第三条（四）") == "第三条"
    assert article("附件3注5") == "附件3注5"
