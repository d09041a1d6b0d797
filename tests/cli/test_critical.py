"""``qiao critical``: what waits is listed, shown and acknowledged; what is overdue is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.cli import main
from gateway.feed.critical import CriticalValues, load_rules
from gateway.store import Change, Transact, open_store
from gateway.store.clock import instant

LOINC = "http://loinc.org"


def filled(tmp_path: Path, minutes: int, hours: int = 0) -> str:
    """Return a store with one critical value, to be acknowledged within so many minutes."""
    file = tmp_path / "own.yaml"
    file.write_text(
        f"critical: Observation\nminutes: {minutes}\nrecent_hours: 72\n"
        "tests: [{test: 血钾, codes: [2823-3], limits: [{unit: mmol/L, at_least: 6.2}]}]\n",
        "utf-8",
    )
    found = f"sqlite:///{tmp_path / 'qiao.db'}"
    store = open_store(found)
    store.govern(CriticalValues(load_rules(file)))
    body = {
        "resourceType": "Observation", "id": "o1", "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "2823-3"}]},
        "effectiveDateTime": instant(now_us() - hours * 3_600_000_000),
        "valueQuantity": {"value": 6.8, "unit": "mmol/L", "code": "mmol/L"},
    }  # fmt: skip
    (done,) = store.write([Transact("default", "x", [Change("update", "Observation", "o1", body)])])
    assert done.error is None
    store.close()
    return found


def test_from_the_list_to_the_acknowledgement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = filled(tmp_path, 30)

    def run(*words: str) -> tuple[int, str]:
        code = main(["critical", *words, "--store", url])
        return code, capsys.readouterr().out

    code, out = run("list", "--json")
    row: dict[str, Any] = json.loads(out)
    assert (code, row["overdue"], row["said"]) == (0, False, "危急值：血钾 6.8 mmol/L ≥6.2")
    assert run("acknowledge", row["id"], "--by", "李护士", "--text", "已复述")[0] == 0
    assert run("list")[1] == ""
    assert "acknowledged" in run("list", "--all")[1]
    assert "李护士 已复述" in run("show", f"Task/{row['id']}")[1]
    assert run("show", "nothing")[0] == 2


def test_a_sender_of_old_ones_is_seen_in_the_list_and_by_the_doctor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = filled(tmp_path, 30, hours=96)
    assert main(["critical", "list", "--store", url, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["state"], row["sender"]) == ("old", "x")
    monkeypatch.setenv("QIAO_STORE__URL", url)
    assert main(["doctor", "--json"]) != 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    (look,) = [one for one in checks if "1 senders tell critical values" in str(one)]
    assert "bad" in look.values()


def test_limits_are_shown_and_wrong_ones_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["critical", "rules"]) == 0
    assert "2823-3  血钾  ≤2.5 ≥7.5 mmol/L under 28 d; " in capsys.readouterr().out
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("critical: Patient\n", "utf-8")
    monkeypatch.setenv("QIAO_LABORATORY__CRITICAL_RULES", str(wrong))
    assert main(["critical", "rules"]) == 2
    assert "critical: Observation" in capsys.readouterr().err
