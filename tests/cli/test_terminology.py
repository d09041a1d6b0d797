"""``qiao terminology``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli import main


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "qiao.toml"
    path.write_text(f'[store]\nurl = "sqlite:///{tmp_path}/data/qiao.db"\n')
    return str(path)


def test_import_list_and_lookup(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "icd.csv"
    table.write_bytes("诊断编码,诊断名称\nI10,原发性高血压\n".encode("gb18030"))
    arguments = ["--system", "urn:icd", "--version", "2.0", "--config", config]
    assert main(["terminology", "import", str(table), *arguments]) == 0
    assert (tmp_path / "data" / "terminology.db").is_file()
    capsys.readouterr()
    assert main(["terminology", "list", "--json", "--config", config]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"kind": "CodeSystem", "url": "urn:icd", "version": "2.0", "name": "", "concepts": 1}
    assert main(["terminology", "lookup", "urn:icd", "I10", "--json", "--config", config]) == 0
    assert json.loads(capsys.readouterr().out)["display"] == "原发性高血压"
    assert main(["terminology", "lookup", "urn:icd", "I10", "--config", config]) == 0
    assert "原发性高血压" in capsys.readouterr().out


def test_one_bad_file_and_none_is_imported(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("# system: urn:good\ncode,display\nA,x\n")
    bad.write_text("# system: urn:bad\ncode,display\nA,x\nA,y\n")
    assert main(["terminology", "import", str(good), str(bad), "--config", config]) == 1
    assert "bad.csv:4: code 'A' is there twice, first in line 3" in capsys.readouterr().err
    assert main(["terminology", "list", "--json", "--config", config]) == 0
    assert capsys.readouterr().out == ""
    assert main(["--lang", "zh", "terminology", "import", str(bad), "--config", config]) == 1
    assert "编码 'A' 重复，首次出现在第 3 行" in capsys.readouterr().err
    main(["--lang", "en", "terminology", "list", "--config", config])


def test_an_unknown_code_is_exit_1(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["terminology", "lookup", "urn:nobody", "1", "--config", config]) == 1
    assert "not known here" in capsys.readouterr().err
    assert main(["terminology", "lookup", "http://hl7.org/fhir/administrative-gender", "male"]) == 0
