"""Text: bytes are read as what they are, whatever was declared; what is damaged is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Rejected
from gateway.wire.text import decode

NAME = "孟秋禾，居民"


@pytest.mark.parametrize(
    ("raw", "declared", "charset", "repaired"),
    [
        (NAME.encode(), "", "utf-8", False),
        (NAME.encode(), "GBK", "utf-8", True),
        (NAME.encode("gb18030"), "", "gb18030", False),
        (NAME.encode("gb18030"), "gb2312", "gb18030", False),
        (NAME.encode("gb18030"), "UTF-8", "gb18030", True),
        (b"\xef\xbb\xbf" + NAME.encode(), "", "utf-8", False),
        (NAME.encode("utf-16"), "utf-16", "utf-16-le", False),
        (b"plain", "nonsense", "utf-8", False),
    ],
)
def test_what_the_bytes_say_wins(raw: bytes, declared: str, charset: str, repaired: bool) -> None:
    found = decode(raw, declared)
    assert (found.text.strip("plain") or NAME, found.charset, found.repaired) == (NAME, charset, repaired)


def test_two_charsets_in_one_text_are_read_piece_by_piece() -> None:
    raw = (
        b"<a>" + NAME.encode() + b"</a><b>" + "门诊".encode("gb18030") + b"</b><c>" + NAME.encode() + b"</c>"
    )
    found = decode(raw, "UTF-8")
    assert found.text == f"<a>{NAME}</a><b>门诊</b><c>{NAME}</c>"
    assert found.repaired


@pytest.mark.parametrize(
    "raw",
    [
        "咳嗽".encode("gb18030") + "、咳痰 5 天".encode(),
        "、咳痰".encode() + "咳嗽 5 天".encode("gb18030"),
    ],
)
def test_two_charsets_without_anything_between_are_told_apart(raw: bytes) -> None:
    found = decode(b"<a>" + NAME.encode() + b"</a><b>" + raw + b"</b>", "UTF-8")
    assert "咳嗽" in found.text and "、咳痰" in found.text
    assert found.repaired


def test_bytes_that_are_not_utf_16_are_not_read_as_such() -> None:
    found = decode(b"<a>" + NAME.encode() + b"</a>", "UTF-16")
    assert (found.text, found.charset, found.repaired) == (f"<a>{NAME}</a>", "utf-8", True)


def test_damaged_text_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        decode(b"ok \xff\xff \x81")
    assert caught.value.code == "undecodable"


@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FFF, exclude_categories=["Cs"]), max_size=60)
)
def test_declared_text_comes_back(text: str) -> None:
    assert decode(text.encode("gb18030"), "gb18030").text == text
    assert decode(text.encode(), "utf-8").text == text
