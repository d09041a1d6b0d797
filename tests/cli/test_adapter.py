"""``qiao adapter run``: what a source has is read once, and goes on where it was cut; the template."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.cli.adapter_progress import Lines
from gateway.store import open_store

VIEW = "his/sql_view"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a gateway whose HIS has three patients."""
    with closing(sqlite3.connect(tmp_path / "his.db")) as his:
        his.execute("CREATE TABLE qiao_patient (patient_no TEXT, name TEXT, changed_at TEXT)")
        rows = [(f"P{at}", f"孟{at}", f"2026-03-01 08:00:0{at}") for at in range(3)]
        his.executemany("INSERT INTO qiao_patient VALUES (?, ?, ?)", rows)
        his.commit()
    path = tmp_path / "qiao.toml"
    path.write_text(
        f'[store]\nurl = "sqlite:///{tmp_path / "qiao.db"}"\n[adapters."{VIEW}"]\n'
        f'url = "sqlite:///{tmp_path / "his.db"}"\nonly = "patient"\n'
        f'state = "sqlite:///{tmp_path / "state.db"}"\n'
    )
    return path


def test_all_is_read_once_and_told_as_lines(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "adapter", "run", VIEW, "--config", str(config)]) == 0
    told = capsys.readouterr()
    assert "3  patient.delivered" in told.out
    assert "3 delivered in" in told.out
    assert told.err.splitlines()[0].startswith("patient  0/3  0%")
    assert "patient  3/3  100%" in told.err
    with closing(open_store(f"sqlite:///{config.parent / 'qiao.db'}")) as store:
        assert store.counts("default").resources == {"Patient": 3}
    assert main(["--lang", "zh", "adapter", "run", VIEW, "--config", str(config)]) == 0
    again = capsys.readouterr()
    assert "已送入 0 条" in again.out
    assert again.err.startswith("patient  3/3  100%")


def test_json_is_one_object_and_progress_is_beside_it(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adapter", "run", VIEW, "--json", "--config", str(config)]) == 0
    told = capsys.readouterr()
    end = json.loads(told.out)
    assert (end["patient.delivered"], end["patient.quarantined"], end["patient.error"]) == (3, 0, "")
    steps = [json.loads(line) for line in told.err.splitlines()]
    assert steps[0]["of"] == 3
    assert {(one["reading"], one["done"]) for one in steps} >= {("patient", 3), ("patient: keys", 3)}


def test_a_database_that_is_not_there_ends_it_with_a_sentence(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "his.db").unlink()
    assert main(["--lang", "zh", "adapter", "run", VIEW, "--config", str(config)]) == 1
    assert "qiao_patient" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("adapter", "text", "said"),
    [
        ("his/nothing", "", "there is no such adapter"),
        (VIEW, "", "nothing says where to read"),
        ("his/hl7v2", "", "waits for senders"),
        (VIEW, f'[adapters."{VIEW}"]\nurl = "nonsense"\n', "no database URL"),
    ],
)
def test_what_cannot_be_run_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], adapter: str, text: str, said: str
) -> None:
    path = tmp_path / "qiao.toml"
    path.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "qiao.db"}"\n{text}')
    assert main(["--lang", "en", "adapter", "run", adapter, "--config", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_lines_come_now_and_then_and_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(as_json=True)
    for done in range(1001):
        lines.told("patient", done, 1000)
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [one["done"] for one in told] == [0, 1000]


def test_the_template_is_printed_for_a_vendor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "adapter", "template", VIEW, "--dialect", "oracle"]) == 0
    sql = capsys.readouterr().out
    assert "CREATE VIEW qiao_transfer AS" in sql
    assert "CAST(NULL AS VARCHAR2(64 CHAR)) AS patient_no,  -- 必填: 患者编号" in sql
    asked = ["adapter", "template", "--dialect", "mssql", "--as", "table", "--view", "drug", "--json"]
    assert main(asked) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sql"].count("CREATE TABLE") == 1
    assert "nvarchar" in told["sql"]


def test_the_template_says_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "adapter", "template", "--dialect", "dm", "--view", "nothing"]) == 2
    assert "there is no such view; there are department" in capsys.readouterr().err
    assert main(["--lang", "en", "adapter", "template", "lis/hl7v2", "--dialect", "dm"]) == 2
    assert "only his/sql_view reads views" in capsys.readouterr().err


def test_a_view_whose_rows_another_one_shows_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "adapter", "template", "--dialect", "oracle", "--view", "visit"]) == 0
    sql = capsys.readouterr().out
    assert sql.count("CREATE VIEW qiao_diagnosis AS") == 1
    (diagnosis,) = (one for one in sql.split("CREATE VIEW ") if one.startswith("qiao_diagnosis"))
    assert all(f"AS {name}" in diagnosis for name in ("diagnosis_no", "visit_no", "changed_at"))
