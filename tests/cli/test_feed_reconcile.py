"""``qiao feed reconcile | counts | measure | evidence | findings``: what they print, and how they end."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.feed.feedback import Finding, open_finding
from gateway.feed.feedback.deadlines import duties
from gateway.store import Desk, Entry, Transact, clock, open_store

DAY = "2026-03-06"
NOON = 1_772_769_600_000_000


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store in which one prescription was entered, at noon of that day."""
    found = f"sqlite:///{tmp_path / 'qiao.db'}"
    store = open_store(found)

    def act(desk: Desk) -> None:
        about = desk.write(
            {"resourceType": "RequestGroup", "id": "g1", "status": "active", "intent": "order"}
        )
        desk.append(
            Entry("prescription", "submitted", about, (about,), desk.mint("prescription", "1", "RX1").value)
        )

    with monkeypatch.context() as at:
        at.setattr(clock, "now_us", lambda: NOON)
        (done,) = store.write([Transact("default", "x", [], act=act)])
        assert done.error is None
        store.write(
            [Transact("default", "x", [], act=lambda desk: open_finding(desk, duties(), Finding("x")))]
        )
    store.close()
    return found


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = main(["feed", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_day_is_reconciled_and_ends_by_what_differs(url: str, capsys: Any) -> None:
    code, out, _ = run(capsys, "reconcile", "--store", url, "--day", DAY)
    assert (code, "stated not stated, ledger 1" in out) == (0, True)
    added = ("counts", "add", "--store", url, "--day", DAY, "--kind", "prescription", "--source", "his")
    assert run(capsys, *added, "RX1", "RX2")[0] == 0
    code, out, err = run(capsys, "reconcile", "--store", url, "--day", DAY)
    assert (code, "his RX2: stated by the source, not in the ledger" in out) == (1, True)
    assert "1 difference(s)" in err
    code, out, _ = run(capsys, "reconcile", "--store", url, "--day", DAY, "--json")
    assert (code, json.loads(out)["days"][0]["differences"][0]["number"]) == (1, "RX2")
    out = run(capsys, "reconcile", "--store", url, "--from", DAY, "--to", "2026-03-07", "--csv")[1]
    assert out.splitlines()[0].startswith("day,kind,stated")
    assert f"{DAY},prescription,2,1,1," in out


def test_counts_come_from_a_file_and_are_listed(url: str, capsys: Any, tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    file.write_text(f"day,kind,count\n{DAY},prescription,1\n{DAY},visit,7\n", "utf-8-sig")
    assert (
        run(capsys, "counts", "import", "--store", url, "--source", "his", str(file), "--json")[1]
        == '{"kept": 2}\n'
    )
    rows = [
        json.loads(line) for line in run(capsys, "counts", "list", "--store", url, "--json")[1].splitlines()
    ]
    assert [(row["kind"], row["name"], row["count"]) for row in rows] == [
        ("prescription", "his", 1),
        ("visit", "his", 7),
    ]
    file.write_bytes("day,kind,count\n\xe9".encode("latin-1"))
    assert run(capsys, "counts", "import", "--store", url, str(file))[0] == 1


def test_figures_of_a_month_name_their_head(url: str, capsys: Any) -> None:
    code, out, err = run(capsys, "measure", "prescriptions", "--period", "2026-03", "--store", url)
    assert (code, "submitted" in out, "up to entry 2" in err) == (0, True, True)
    report = json.loads(
        run(capsys, "measure", "prescriptions", "--period", "2026", "--store", url, "--json")[1]
    )
    assert (report["resourceType"], report["group"][0]["population"][0]["count"]) == ("MeasureReport", 1)
    assert len(run(capsys, "measure", "--list")[1].splitlines()) >= 10
    assert run(capsys, "measure", "nothing", "--store", url)[0] == 2


def test_what_is_missing_or_overdue_ends_with_one(url: str, capsys: Any) -> None:
    code, out, _ = run(capsys, "evidence", "--store", url, "--json")
    assert (code, {json.loads(line)["state"] for line in out.splitlines()} >= {"red", "none"}) == (1, True)
    code, out, _ = run(capsys, "findings", "--store", url, "--json")
    row = json.loads(out)
    assert (code, row["state"], row["late"], row["course"]) == (1, "open", True, "feedback")
    assert run(capsys, "findings", "--store", url)[1].startswith("! open")


def test_a_day_and_a_span_together_are_refused(url: str, capsys: Any) -> None:
    assert run(capsys, "reconcile", "--store", url, "--day", DAY, "--to", DAY)[0] == 2
    assert run(capsys, "reconcile", "--store", url, "--day", "yesterday")[0] == 2
    assert run(capsys, "reconcile", "--store", url, "--receiver", "nobody")[0] == 2, "nobody agrees with all"


def test_sources_are_asked_first_where_that_is_said(url: str, tmp_path: Path, capsys: Any) -> None:
    with closing(sqlite3.connect(tmp_path / "his.db")) as his:
        his.executescript("CREATE TABLE rx (no text); INSERT INTO rx VALUES ('RX1')")
    config = tmp_path / "qiao.toml"
    source = f'kinds = ["prescription"]\nurl = "sqlite:///{tmp_path / "his.db"}"\n'
    sql = "SELECT 'prescription' AS kind, no AS number FROM rx"
    head = f'[store]\nurl = "{url}"\n[supervision.default.sources.his]\n'
    config.write_text(f'{head}{source}sql = "{sql}"\n', "utf-8")
    code, out, _ = run(capsys, "reconcile", "--day", DAY, "--config", str(config))
    assert (code, "his: a source that is asked has not answered" in out) == (1, True)
    code, out, _ = run(capsys, "reconcile", "--day", DAY, "--ask", "--config", str(config))
    assert (code, "stated 1, ledger 1" in out) == (0, True)
    (tmp_path / "his.db").unlink()
    code, _, err = run(capsys, "reconcile", "--day", "2026-03-07", "--ask", "--config", str(config))
    assert (code, "2026-03-07: his gave no answer" in err) == (1, True)
    code, _, err = run(capsys, "reconcile", "--ask", "--store", url)
    assert (code, "no source is set up" in err) == (2, True)


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(url: str, capsys: Any) -> None:
    added = ("counts", "add", "--store", url, "--day", DAY, "--source", "his", "--count", "1")
    code, _, err = run(capsys, *added, "--kind", "recipe")
    assert (code, "visit, consent, record, diagnosis, prescription" in err) == (2, True)


def test_the_count_of_a_receiver_that_is_none_is_refused(url: str, capsys: Any, tmp_path: Path) -> None:
    added = ("counts", "add", "--day", DAY, "--kind", "prescription", "--count", "1", "--receiver")
    code, _, err = run(capsys, *added, "nosuch", "--store", url)
    assert (code, "no such receiver" in err) == (1, True)
    config = tmp_path / "qiao.toml"
    config.write_text(
        f'[store]\nurl = "{url}"\n[receivers]\nhosts = []\n[receivers.province]\nurl = "http://127.0.0.1:9"\n'
    )
    code, _, err = run(capsys, *added, "nosuch", "--config", str(config))
    assert (code, "province" in err) == (1, True)
    assert run(capsys, *added, "province", "--config", str(config))[0] == 0, "set up, and not begun yet"
