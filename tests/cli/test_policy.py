"""``qiao policy``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main

Capture = pytest.CaptureFixture[str]


def rows(capture: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capture.readouterr().out.splitlines()]


def test_check_runs_the_cases_of_all_packs(capsys: Capture) -> None:
    assert main(["policy", "check", "--json"]) == 0
    (told,) = rows(capsys)
    assert told["ok"] is True
    assert told["packs"] == 4
    assert told["cases"] >= 2 * told["rules"]


def test_check_names_the_case_that_is_wrong(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "x.yaml").write_text(
        "jurisdiction: x\ntitle: 甲\ntitle-en: X\ndocument: 甲\nfrom: 2020-01-01\nrules:\n"
        "- {id: x-1, requirement: NAT-18, article: 一, quote: 原文, on: [visit], when: no-consent,"
        " verdict: warn, zh: 提示, en: a warning, fires: [{}], passes: [{}]}\n",
        encoding="utf-8",
    )
    assert main(["policy", "check", "--packs", str(tmp_path), "--json"]) == 1
    wrong, total = rows(capsys)
    assert wrong == {"rule": "x-1", "kind": "fires", "case": 1, "wrong": "it does not fire"}
    assert (total["ok"], total["packs"], total["wrong"]) == (False, 5, 1)
    (tmp_path / "x.yaml").write_text("jurisdiction: x\n", encoding="utf-8")
    assert main(["policy", "check", "--packs", str(tmp_path)]) == 2
    assert "x.yaml" in capsys.readouterr().err


def test_list_says_what_holds_on_a_day(capsys: Capture) -> None:
    assert main(["policy", "list", "--jurisdiction", "cn-yunnan", "--day", "2021-09-06", "--json"]) == 0
    ids = {one["id"] for one in rows(capsys)}
    assert "yn-12-name" in ids
    assert "nat-12-name" not in ids
    assert main(["policy", "list", "--jurisdiction", "cn-yunnan", "--day", "2021-09-05", "--json"]) == 0
    assert "nat-12-name" in {one["id"] for one in rows(capsys)}


@pytest.mark.parametrize(("language", "told"), [("zh", "仅提示"), ("en", "warns only")])
def test_list_says_which_text_has_run_out(language: str, told: str, capsys: Capture) -> None:
    asked = ["list", "--lang", language, "--jurisdiction", "cn-sichuan", "--day", "2026-02-01"]
    assert main(["policy", *asked]) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("sc-23-filed"))
    assert "2026-01-31" in line
    assert told in line


def test_explain_a_rule_and_a_condition(capsys: Capture) -> None:
    assert main(["policy", "explain", "nat-20-same-diagnosis"]) == 0
    told = capsys.readouterr().out
    assert "第二十条" in told
    assert "same-diagnosis-characters = 3" in told
    assert main(["policy", "explain", "nat-20-same-diagnosis", "--json"]) == 0
    assert rows(capsys)[0]["parameters"] == {"same-diagnosis-characters": 3}
    assert main(["policy", "explain", "other-diagnosis", "--json"]) == 0
    assert rows(capsys)[0]["parameters"] == {"characters": "number"}
    assert main(["policy", "explain", "nothing"]) == 2


def test_coverage_has_a_rule_or_a_reason_for_every_row(capsys: Capture) -> None:
    assert main(["policy", "coverage", "--json"]) == 0
    each = rows(capsys)
    assert all(one["rules"] or one["reason"] for one in each)
    assert {"NAT-20.6", "CQ49附3.5", "SC-40"} <= {one["id"] for one in each}
    assert main(["policy", "coverage"]) == 0
    assert "2013" in capsys.readouterr().out
