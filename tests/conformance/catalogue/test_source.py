"""An original sentence stands in the article that is cited, word for word, over lines and pages."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from conformance.catalogue.read import load
from conformance.catalogue.source import compare, texts
from tests.conformance.catalogue.made import folder, law, row

TEXT = """办法

第一条 医院应当
如此。患者

— 11 —

应当如实提供信息，并按照规定办理。
第二条 第一条所称医院，是指实体医院。
第三条 自发布之日起施行。
"""


def told(tmp_path: Path, original: str, text: str = TEXT) -> list[tuple[str, str]]:
    raw = text.encode()
    (tmp_path / "whatever.txt").write_bytes(raw)
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    catalogue = load(folder(tmp_path, law(row(original=original), sha256=sha256)))
    found = {sha256: text} if text != TEXT else texts(tmp_path)
    return [(one.where, one.what.en) for one in compare(catalogue, found)]


@pytest.mark.parametrize(
    "original",
    ["医院应当如此。", "医院 应当 如此", "患者应当如实提供信息", "医院应当如此。……并按照规定办理。"],
)
def test_a_sentence_is_found_over_lines_and_pages(tmp_path: Path, original: str) -> None:
    assert told(tmp_path, original) == []


@pytest.mark.parametrize(
    "original", ["医院可以如此。", "自发布之日起施行。", "并按照规定办理。……医院应当如此。", "是指实体医院"]
)
def test_a_sentence_of_another_article_or_of_none_is_told(tmp_path: Path, original: str) -> None:
    ((where, what),) = told(tmp_path, original)
    assert where == "LAW-1.1"
    assert what.startswith("does not stand in LAW 第一条: ")


def test_a_missing_article_and_a_forgotten_one_are_told(tmp_path: Path) -> None:
    short = TEXT.replace("第三条", "其他")
    assert told(tmp_path, "医院应当如此。", short) == [("LAW 第三条", "the text has no such article")]
    longer = TEXT + "第四条 其他。\n"
    assert told(tmp_path, "医院应当如此。", longer) == [("LAW 第四条", "the article was forgotten")]


def test_another_edition_of_a_text_is_not_compared(tmp_path: Path) -> None:
    catalogue = load(folder(tmp_path, law(sha256="0" * 64)))
    ((where, what),) = [(one.where, one.what.en) for one in compare(catalogue, {})]
    assert (where, what) == ("LAW", "its text is not among those given")
