"""Catalogue: a listed drug is found however it is written; what is common and harmless is not found."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.drugs import catalogue
from gateway.policy.drugs.spelling import plain, squeezed

FOLDER = files("gateway.policy") / "tables" / "drugs"
ENTRIES: list[dict[str, Any]] = [
    {**row, "list": name}
    for name in catalogue().lists
    for row in yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["entries"]
]
FORBIDDEN = ("narcotic", "psychotropic-1", "psychotropic-2")
CHINESE = [row["zh"] for row in ENTRIES if row["list"] in FORBIDDEN]
LATIN = [row["en"] for row in ENTRIES if row["list"] in FORBIDDEN]
SPACES = ["", " ", "　", "\u200b", "-", "·", "\u00ad", "."]
SALTS = ["", "盐酸", "枸橼酸", "磷酸", "酒石酸", "鹽酸", "複方", "复方"]
FORMS = ["", "片", "缓释片", "緩釋膠囊", "注射液", "口服溶液", "透皮贴剂", "片 10mg×7片", "（仿制）"]
TRADITIONAL = {
    line[0]: line[1:]
    for line in (FOLDER / ".." / "characters.txt").read_text(encoding="utf-8").splitlines()  # type: ignore[attr-defined]
    if not line.startswith("#")
}


def found(name: str) -> set[str]:
    return {one.zh for one in catalogue().listed(name)}


def wide(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


@st.composite
def spelled(draw: st.DrawFn, names: list[str]) -> tuple[str, str]:
    """A name and the same as somebody might write it to get past a list, or by habit."""
    name = draw(st.sampled_from(names))
    letters = []
    for one in name:
        if one in TRADITIONAL and draw(st.booleans()):
            one = draw(st.sampled_from(TRADITIONAL[one]))
        letters.append(one.upper() if draw(st.booleans()) else one)
    text = "".join(one + draw(st.sampled_from(SPACES)) for one in letters)
    return name, wide(text) if draw(st.booleans()) else text


@given(spelled(CHINESE), st.sampled_from(SALTS), st.sampled_from(FORMS))
def test_a_chinese_name_is_found_however_it_is_written(name: tuple[str, str], salt: str, form: str) -> None:
    assert name[0] in found(salt + name[1] + form)


@given(
    spelled(LATIN), st.sampled_from(["", " Hydrochloride", " citrate Tablets 10 mg", "(brand)", " 注射液"])
)
def test_a_latin_name_is_found_however_it_is_written(name: tuple[str, str], rest: str) -> None:
    wanted = {row["zh"] for row in ENTRIES if row["en"] == name[0]}
    assert wanted <= found(name[1] + rest)


@pytest.mark.parametrize("row", ENTRIES, ids=[f"{row['list']}-{row['zh']}" for row in ENTRIES])
def test_every_name_of_an_entry_finds_it(row: dict[str, Any]) -> None:
    for name in (row["zh"], row["en"], *row.get("also", ()), *row.get("only", ())):
        assert row["zh"] in found(name), name
        assert row["zh"] in found(f"{name} 5mg"), name


@pytest.mark.parametrize("name", sorted(catalogue().common))
def test_a_common_drug_is_known_and_on_no_list_of_forbidden_ones(name: str) -> None:
    assert catalogue().known(name)
    lists = {one.list for one in catalogue().listed(name)}
    assert lists <= {"high-alert"}, lists


@pytest.mark.parametrize(
    ("name", "zh"),
    [
        ("枸橼酸芬太尼透皮贴剂（多瑞吉）", "芬太尼"),
        ("Ｆｅｎｔａｎｙｌ", "芬太尼"),
        ("鹽酸嗎啡緩釋片", "吗啡"),
        ("氨酚待因片(Ⅰ)", "可待因"),
        ("氨酚羟考酮片", "羟考酮"),
        ("洛芬待因缓释片", "可待因"),
        ("氨酚曲马多片", "曲马多"),
        ("及通安", "曲马多"),
        ("复方地芬诺酯片", "地芬诺酯"),
        ("复方磷酸可待因口服溶液", "可待因"),
        ("氢溴酸右美沙芬片", "右美沙芬"),
        ("酒石酸唑吡坦片 10mg*7片/盒", "唑吡坦"),
        ("右佐匹克隆片", "佐匹克隆"),
        ("安定片", "地西泮"),
        ("氯硝安定", "氯硝西泮"),
        ("氯氮卓片", "氯氮䓬"),
        ("思 诺 思", "唑吡坦"),
        ("盐酸哌甲酯缓释片", "哌醋甲酯"),
        ("Codeine Phosphate Tablets", "可待因"),
        ("paracetamol/codeine", "可待因"),
        ("注射用A型肉毒毒素", "A型肉毒毒素"),
        ("米非司酮片", "米非司酮"),
        ("碘[¹³¹I]化钠口服溶液", "碘[131I]"),
        ("生半夏", "生半夏"),
    ],
)
def test_salts_brands_and_compounds_are_found(name: str, zh: str) -> None:
    assert zh in found(name)


@pytest.mark.parametrize(
    "name",
    [
        "盐酸阿扑吗啡注射液", "噻托溴铵粉吸入剂", "tiotropium bromide", "ipratropium", "apomorphine",
        "心安定", "复方甘草酸苷片", "火麻仁", "法半夏", "制附子", "对乙酰氨基酚片", "利多卡因", "丁卡因",
        "罂粟碱",
    ],
)  # fmt: skip
def test_a_name_that_only_looks_like_one_is_not_found(name: str) -> None:
    assert {one.list for one in catalogue().listed(name)} <= {"high-alert"}


@pytest.mark.parametrize(
    "name",
    [
        "氨氯地平片 5mg", "苯磺酸氨氯地平片(络活喜)5mg*7片", "盐酸二甲双胍缓释片0.5g×20片", "阿托伐他汀鈣片",
        "Amlodipine Besylate Tablets 5 mg", "甘精胰岛素注射液", "阿莫西林胶囊", "琥珀酸美托洛尔缓释片",
        "炙甘草 10g",        "Ａｔｏｒｖａｓｔａｔｉｎ calcium", "硫酸氢氯吡格雷片",
    ],
)  # fmt: skip
def test_a_common_drug_is_known_with_salt_form_and_strength(name: str) -> None:
    assert catalogue().known(name)


@pytest.mark.parametrize(
    "name", ["", " ", "神奇胶囊", "片", "5mg", "阿", "(氨氯地平)神奇", "氨氯地平神奇素", "☃"]
)
def test_what_no_table_has_is_unknown(name: str) -> None:
    assert not catalogue().known(name)


@given(st.text(max_size=60))
def test_any_text_can_be_asked(text: str) -> None:
    catalogue().listed(text)
    catalogue().known(text)
    assert squeezed(plain(plain(text))) == squeezed(plain(text))


def test_a_name_at_the_end_of_a_long_text_is_found_and_a_long_text_is_never_known() -> None:
    for blank in (" ", "氨氯地平片，"):
        text = f"氨氯地平片{blank * 500}芬太尼"
        assert "芬太尼" in found(text)
        assert not catalogue().known(text)
    assert "芬太尼" in found("amlodipine " * 300 + "fentanyl")


def test_lists_say_what_they_are_and_that_they_must_be_checked() -> None:
    for one in catalogue().lists.values():
        assert one.source
        assert "NMPA" in one.verify
        assert one.count


def test_a_drug_is_listed_from_its_day_on() -> None:
    since = {one.zh: one.since for one in catalogue().listed("右美沙芬")}
    assert since == {"右美沙芬": date(2024, 7, 1)}
