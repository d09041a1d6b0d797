"""``qiao convert`` of tables: what a row becomes, or why it becomes nothing, before a folder is set up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main

CSV = "BRID,XM\nP1,张三\nP2,李,四\n合计,2\n"
PATTERN = "match: p*\nview: patient\ncolumns: {patient_no: BRID, name: XM}\n"


@pytest.fixture
def converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """``converted("p.csv", text, "--view", …)`` → the names of the patients, reasons of the rest."""

    def converting(name: str, text: str, *options: object) -> tuple[list[str], list[tuple[Any, ...]]]:
        (tmp_path / name).write_text(text, "utf-8")
        out = tmp_path / "out.ndjson"
        main(["convert", str(tmp_path / name), "-o", str(out), *map(str, options)])
        capsys.readouterr()
        bundles = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        beside = tmp_path / "out.quarantine.ndjson"
        left = (
            [json.loads(line) for line in beside.read_text("utf-8").splitlines()] if beside.exists() else []
        )
        names = [one["entry"][0]["resource"]["name"][0]["text"] for one in bundles]
        return names, [(one["message"], one["reason"]) for one in left]

    return converting


def test_a_table_is_read_by_its_headings(converted: Any) -> None:
    text = CSV.replace("BRID,XM", "患者编号,姓名")
    assert converted("export.csv", text) == (["张三"], [(3, "shifted-columns"), (4, "sum-line")])


def test_a_pattern_that_is_tried_out_says_what_a_table_is(tmp_path: Path, converted: Any) -> None:
    (tmp_path / "patterns.yaml").write_text(PATTERN, "utf-8")
    assert converted("p.csv", CSV) == ([], [(0, "unknown-file")])
    expected = (["张三"], [(3, "shifted-columns"), (4, "sum-line")])
    assert converted("p.csv", CSV, "--pattern", tmp_path / "patterns.yaml") == expected
    assert converted("p.txt", CSV, "--pattern", tmp_path / "patterns.yaml") == expected
    (tmp_path / "qiao.toml").write_text(f'[adapters."his/files"]\nfiles = "{tmp_path / "patterns.yaml"}"\n')
    assert converted("p.csv", CSV, "--config", tmp_path / "qiao.toml") == expected


def test_records_in_xml_and_json_are_tables_where_somebody_says_so(converted: Any) -> None:
    xml = '<D><R><patient_no>P1</patient_no><name lang="zh">张三</name></R></D>'
    assert converted("x.xml", xml, "--view", "patient") == (["张三"], [])
    assert converted("x.xml", xml)[1] == [(1, "unknown-type")]
    assert converted("x.json", '[{"patient_no": 20260307000100001234, "name": "A"}]') == (["A"], [])
    assert converted("x.json", "[]", "--view", "patient") == ([], [(0, "empty")])


def test_a_layout_that_is_not_there_is_told(converted: Any) -> None:
    assert main(["convert", __file__, "--view", "patients"]) == 2


def test_a_folder_of_tables_is_read_where_somebody_says_so(tmp_path: Path, converted: Any) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.csv").write_text(f"患者编号,姓名\n{name},{name}\n", "utf-8")
    assert converted("in/c.csv", "患者编号,姓名\nc,c\n")[0] == ["c"]
    out = tmp_path / "out.ndjson"
    assert main(["convert", str(folder), "-o", str(out), "--view", "patient"]) == 0
    assert len(out.read_text("utf-8").splitlines()) == 3
