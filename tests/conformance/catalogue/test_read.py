"""What is wrong in a file of requirements is said with the file, the row and what it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.catalogue.read import CatalogueError, load
from conformance.harness.words import Words
from tests.conformance.catalogue.made import folder, law, row

ALSO = {"document": "LAW", "article": "第一条", "original": "同样应当。"}


def test_a_row_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    pair = {"zh": "有区别", "en": "differs"}
    full = row(
        also=[{**ALSO, **pair, "binding": False}], critical=True, attest=pair, method=["automatic", "onsite"]
    )
    found = load(folder(tmp_path, law(full, **{"from": date(2024, 2, 1), "to": date(2026, 1, 31)})))
    one = found.requirements["LAW-1.1"]
    assert (one.document, one.article, one.original) == ("LAW", "第一条", "应当如此。")
    assert (one.title, one.critical, one.organisational) == (Words("要求", "a duty"), True, False)
    assert one.methods == ("automatic", "onsite")
    assert one.attest == Words("有区别", "differs")
    assert [(also.difference, also.binding) for also in one.also] == [(Words("有区别", "differs"), False)]
    assert (one.citations[0].since, one.citations[0].until) == (date(2024, 2, 1), date(2026, 1, 31))


def test_articles_are_counted_and_may_have_items(tmp_path: Path) -> None:
    articles = [{"form": "第{}条", "to": 3, "items": {2: 2}, "heading": "{}、"}, "附件1"]
    found = load(folder(tmp_path, law(articles=articles, excluded=[]))).documents["LAW"]
    assert found.articles == ("第一条", "第二条（一）", "第二条（二）", "第三条", "附件1")
    assert found.headings["第二条"] == "二、"
    assert found.beyond == ("四、",)


@pytest.mark.parametrize(
    ("document", "where", "what"),
    [
        (law(row(topic="Z")), "law.yaml: LAW-1.1", "no topic: Z"),
        (law(row(method=["guess"])), "law.yaml: LAW-1.1", "method is a list of"),
        (law(row(method=["automatic", "automatic"])), "law.yaml: LAW-1.1", "each once"),
        (law(row(method=[])), "law.yaml: LAW-1.1", "method is a list of"),
        (law(row(article="第四条")), "law.yaml: LAW-1.1", "LAW has no article 第四条"),
        (law(row(also=[{**ALSO, "document": "OTHER"}])), "law.yaml: LAW-1.1", "no document: OTHER"),
        (law(row(also=[{**ALSO, "zh": "区别"}])), "law.yaml: LAW-1.1", "one language only"),
        (law(row(also=[{"document": "LAW"}])), "law.yaml: LAW-1.1: also", "missing: article, original"),
        (law(row(original=None)), "law.yaml: LAW-1.1", "missing: original"),
        (law(row(original="  ")), "law.yaml: LAW-1.1", "original is empty"),
        (law(row(zeal="high")), "law.yaml: LAW-1.1", "unknown: zeal"),
        (law(row(critical="yes")), "law.yaml: LAW-1.1", "critical is a str, and not a bool"),
        (law(row(advice={"zh": "改"})), "law.yaml: LAW-1.1: advice", "missing: en"),
        (law(row(id=None)), "law.yaml: a row without an id", "missing: id"),
        (law(row(), row()), "LAW-1.1", "the row stands twice"),
        (law(jurisdiction="cn-atlantis"), "law.yaml", "no jurisdiction: cn-atlantis"),
        (
            law(excluded=[{"articles": ["第九条"], "zh": "略", "en": "left"}]),
            "law.yaml: excluded",
            "no article 第九条",
        ),
        (law(number=None), "law.yaml", "missing: number"),
        (law(articles=[{"form": "第{}条"}]), "law.yaml: articles", "missing: to"),
    ],
)
def test_a_bad_file_is_refused_by_name(
    tmp_path: Path, document: dict[str, Any], where: str, what: str
) -> None:
    with pytest.raises(CatalogueError) as told:
        load(folder(tmp_path, document))
    assert told.value.where == where
    assert what in str(told.value)


def test_one_document_has_one_file(tmp_path: Path) -> None:
    folder(tmp_path, law())
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(law(row(id="LAW-2"))), encoding="utf-8")
    with pytest.raises(CatalogueError, match="LAW: the document stands twice"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"document: [", r"bad\.yaml:\d+: no YAML"),
        (b"document: A\ndocument: B\n", r"bad\.yaml:2: no YAML: the key 'document' stands twice"),
        (b"\xff\xfe", r"bad\.yaml: no YAML"),
        (b"- a\n", r"bad\.yaml: a mapping is wanted, not list"),
        (b"", r"bad\.yaml: a mapping is wanted, not NoneType"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(tmp_path: Path, text: bytes, what: str) -> None:
    (tmp_path / "bad.yaml").write_bytes(text)
    with pytest.raises(CatalogueError, match=what):
        load(tmp_path)


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="there are no files"):
        load(tmp_path)


def test_the_hash_is_that_of_the_files(tmp_path: Path) -> None:
    before = load(folder(tmp_path, law())).sha256
    assert load(folder(tmp_path, law())).sha256 == before
    assert load(folder(tmp_path, law(row(critical=True)))).sha256 != before
