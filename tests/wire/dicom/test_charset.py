"""Character sets: names as they were meant; Chinese behind a wrong declaration is none, and is suspect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.dicom import header_of
from gateway.wire.dicom.charset import Charset, Text, looks_like
from tests.wire.dicom.bundled import read


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chrX1.dcm", "Wang^XiaoDong=王^小東="),
        ("chrX2.dcm", "Wang^XiaoDong=王^小东="),
        ("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        ("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrGerm.dcm", "Äneas^Rüdiger"),
    ],
)
def test_names_of_the_standard(name: str, said: str) -> None:
    assert header_of(read(name)).get("PatientName") == said


@pytest.mark.parametrize(
    ("group", "said"), [("alphabetic", "Wang^XiaoDong"), ("ideographic", "王^小东"), ("phonetic", None)]
)
def test_the_three_groups_of_a_name(group: str, said: str | None) -> None:
    header = header_of(read("chrX2.dcm"))
    assert header.get(f"PatientName.{group}") == said
    assert header.get("PatientName.family") == "王"
    assert header.get("PatientName.alphabetic.given") == "XiaoDong"


def test_gb2312_behind_an_escape() -> None:
    raw = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="
    for declared in (
        ["", "ISO 2022 IR 58"],
        ["ISO 2022 IR 6", "ISO 2022 IR 58"],
        ["iso_2022_ir_6", "ISO-2022-58"],
    ):
        assert Charset(declared).decode(raw, name=True) == Text("Zhang^XiaoDong=张^小东=")
    assert Charset([]).decode(raw, name=True).text == "Zhang^XiaoDong=张^小东="


@pytest.mark.parametrize(
    "declared", [["GBK"], ["ISO-2022-GBK"], ["GB18030", "ISO IR 192"], ["gb18030"], ["GB2312"]]
)
def test_spellings_that_occur(declared: list[str]) -> None:
    assert Charset(declared).decode("王^五㐀".encode("gb18030"), name=True) == Text("王^五㐀")


@pytest.mark.parametrize("declared", [[], [""], ["ISO_IR 6"], ["ISO_IR 100"]])
@pytest.mark.parametrize(("codec", "like"), [("gbk", "GB18030"), ("utf-8", "ISO_IR 192")])
def test_chinese_behind_a_wrong_declaration_is_not_guessed(
    declared: list[str], codec: str, like: str
) -> None:
    for name in ("王^五", "欧阳^小红", "朱^镕基"):
        assert Charset(declared).decode(name.encode(codec), name=True) == Text(None, like)


def test_what_its_sender_means_is_told_by_a_profile() -> None:
    raw = "王^五".encode("gbk")
    assert Charset(["ISO_IR 100"], {"ISO_IR 100": "GB18030"}).decode(raw, name=True) == Text("王^五")
    assert Charset([], {"": "GB18030"}).decode(raw, name=True) == Text("王^五")
    assert Charset(["ISO_IR 192"], {"": "GB18030"}).decode("王".encode()) == Text("王")


@pytest.mark.parametrize("word", ["Müller", "créée", "Ångström", "Groß", "Señor", "Bär", "MÜLLER"])
def test_words_in_latin_1_stay_words(word: str) -> None:
    assert Charset(["ISO_IR 100"]).decode(word.encode("latin-1")) == Text(word)


def test_a_trail_byte_that_looks_like_a_delimiter_splits_nothing() -> None:
    raw = "乗^誠\\十".encode("gb18030")
    assert Charset(["GB18030"]).decode(raw).text == "乗^誠\\十"


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "ISO_IR 100", "ISO 2022 IR 58", "ISO 2022 IR 87", "GB18030", "X"]),
)
def test_any_bytes_have_a_text_or_none(raw: bytes, declared: str) -> None:
    said = Charset([declared]).decode(raw, name=True)
    assert said.text is None or said.suspect == ""
    assert looks_like(raw) in ("", "ISO_IR 192", "GB18030")


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6))
def test_chinese_text_comes_back_as_it_was(text: str) -> None:
    assert Charset(["GB18030"]).decode(text.encode("gb18030")) == Text(text)
    assert Charset(["ISO_IR 192"]).decode(text.encode()) == Text(text)
