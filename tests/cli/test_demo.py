"""``qiao demo``: the whole story, from a message to the regulator's acknowledgement."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rich.console import Console, Group

from gateway.cli import demo_table
from tests.forking import forked

pytestmark = pytest.mark.serial

ENDS = ("stored", "quarantined", "refused", "repeats", "rejected")
RULES = {
    "nat-16-in-person", "nat-18-consent", "nat-19-revisit", "nat-19-unfit", "nat-20-author", "nat-20-fields",
    "nat-20-forbidden-drug", "nat-20-same-diagnosis", "nat-20-signed", "nat-20-young-child-guardian",
    "serial-brought", "signature.signature-target", "signature.signature-untrusted",
    "signature.signature-value", "state-not-approved", "state-submitted", "state-visit-over",
}  # fmt: skip
"""What the attempts of the front end come up against; each of them must be refused by something."""


def qiao(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*forked(), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def figures(folder: Path) -> dict[str, Any]:
    """What a day of twelve patients and twelve internet visits came to."""
    done = qiao("demo", "--once", "--json", "--patients", 12, "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_message_has_its_end(figures: dict[str, Any], folder: Path) -> None:
    asked = [
        "released",
        "doors",
        "branch",
        "laboratory",
        "resources",
        "visits",
        "feed",
        "writeback",
        "seconds",
    ]
    assert list(figures) == ["received", *ENDS, *asked]
    assert figures["received"] + figures["released"] == sum(figures[end] for end in ENDS)
    assert {"Patient", "Encounter", "Observation", "MedicationRequest"} <= set(figures["resources"])
    rows = qiao("inbox", "list", "--limit", 10000, "--json", "--store", f"sqlite:///{folder / 'qiao.db'}")
    states = [json.loads(line)["state"] for line in rows.stdout.splitlines()]
    assert states.count("stored") == figures["stored"]
    assert "received" not in states


def test_the_tables_of_the_branch_hold_every_entry_that_was_acknowledged(figures: dict[str, Any]) -> None:
    told = figures["writeback"]
    assert told["rows"] == told["acknowledged"] > 12
    assert (told["open"], told["exceptions"], told["whole"]) == (0, 0, True)


def test_a_branch_without_hl7_v2_comes_in_by_four_doors(figures: dict[str, Any], folder: Path) -> None:
    doors, branch = figures["doors"], figures["branch"]
    assert sum(sum(ends.values()) for ends in doors.values()) == figures["received"]
    assert (branch["refused"], branch["unanswered"]) == (1, 0)  # entities that multiply
    assert doors["his/xml_http"] == {"stored": branch["messages"] - 1}
    assert doors["his/cda"] == {"stored": branch["documents"]}
    assert doors["his/files"] == {"stored": 3, "quarantined": 1}  # a shifted line waits
    assert doors["his/sql_view"]["stored"] > 50
    assert set(doors["his/sql_view"]) <= {"stored", "repeats"}
    rows = qiao("inbox", "list", "--limit", 10000, "--json", "--store", f"sqlite:///{folder / 'qiao.db'}")
    held = [json.loads(line) for line in rows.stdout.splitlines() if "shifted-columns" in line]
    assert [one["adapter"] for one in held] == ["his/files"]


def test_analysers_ask_and_tell_and_what_is_nobody_s_waits(figures: dict[str, Any], folder: Path) -> None:
    laboratory, doors = figures["laboratory"], figures["doors"]
    assert laboratory["unanswered"] == laboratory["refused"] == 0
    assert laboratory["told"] == laboratory["asked"] == 8
    assert laboratory["critical"] == 4  # one of each analyser
    assert set(laboratory["mischief"]) == {
        "bad-checksum", "wrong-number", "endless-frame", "enq-storm", "noise", "cut-off", "memory", "clock",
        "unknown-sample", "two-senders",
    }  # fmt: skip
    assert doors["lis/astm"]["stored"] > 8
    assert doors["lis/law"]["stored"] > 8
    rows = qiao("inbox", "list", "--limit", 10000, "--json", "--store", f"sqlite:///{folder / 'qiao.db'}")
    lines = [json.loads(line) for line in rows.stdout.splitlines()]
    held = {(one["adapter"], one["reason"]) for one in lines if one["adapter"].startswith("lis/")}
    for adapter in ("lis/astm", "lis/hl7v2", "lis/law"):
        assert {(adapter, "quality-control"), (adapter, "older-than-sample")} <= held
    assert ("lis/astm", "unknown-sample") in held  # its order never comes; those of the others came
    assert not {("lis/law", "unknown-sample"), ("lis/hl7v2", "unknown-sample")} & held


def test_what_is_right_takes_effect_and_what_is_not_is_refused(figures: dict[str, Any]) -> None:
    visits = figures["visits"]
    assert visits["unexpected"] == []
    assert (visits["visits"], visits["refused"]) == (12, 24)
    assert visits["submitted"] > visits["effective"] > 12
    assert set(visits["by_rule"]) == RULES


def test_the_regulator_has_every_entry_and_found_nothing_wrong(figures: dict[str, Any]) -> None:
    feed = figures["feed"]
    theirs = feed["regulator"]
    assert feed["ledger"] == feed["acknowledged"] + feed["open"] == theirs["entries"]
    assert (feed["open"], feed["exceptions"], feed["chain"], feed["whole"]) == (0, 0, True, True)
    assert theirs["faults"] == {}
    assert theirs["counters"]["sha checked"] >= feed["ledger"]
    assert theirs["counters"]["signature checked"] > 12
    assert theirs["counters"]["message signature checked"] >= 1
    assert theirs["ledgers"]["default"]["missing"] == 0


def test_an_answer_that_got_lost_cost_nothing(figures: dict[str, Any]) -> None:
    counters = figures["feed"]["regulator"]["counters"]
    assert counters["misbehaved: lost"] == 1
    assert counters["repeats"] >= 1


def test_the_head_is_countersigned_and_the_chain_verifies_afterwards(
    figures: dict[str, Any], folder: Path
) -> None:
    assert figures["feed"]["countersigned"] == figures["feed"]["ledger"]
    done = qiao("feed", "verify", "--store", f"sqlite:///{folder / 'qiao.db'}", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["ok"] is True


def test_a_second_day_goes_on_in_the_same_folder(figures: dict[str, Any], folder: Path) -> None:
    done = qiao("demo", "--once", "--patients", 2, "--seed", 8, "--dir", folder, "--lang", "en")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "internet visits" in done.stdout
    assert "qiao feed verify" in done.stderr


def test_where_nothing_can_be_drawn_over_a_picture_is_printed_at_once_and_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paper = io.StringIO()
    clock = iter((0.0, 0.0, 3.0, 6.0, 20.0, 20.0, 21.0))
    monkeypatch.setattr(demo_table, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with demo_table.Printed(Console(file=paper)) as printed:
        for words in ("first", "second", "third", "fourth", "last"):
            printed.update(Group(words), refresh=True)
        assert paper.getvalue().split() == ["first", "fourth"]
    assert paper.getvalue().split() == ["first", "fourth", "last"]


def test_the_pace_is_of_now_and_at_the_end_of_the_whole_day() -> None:
    pace = demo_table.Pace(10.0)
    assert pace.at(11.0, 50, done=False) == 50
    assert pace.at(12.0, 50, done=False) == 0
    assert pace.at(15.0, 100, done=True) == 20
    assert pace.at(99.0, 100, done=True) == 20  # who stays up does not get slower


@pytest.fixture(scope="module")
def stood(folder: Path, figures: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """What a demo said as a target, over TLS in the same folder: when it stood, its file, and at the end."""
    file = folder / "target.yaml"
    given = ("--patients", "2", "--seed", "9", "--tls", "--json", "--dir", str(folder), "--target", str(file))
    with subprocess.Popen([*forked(), "demo", *given], stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        said = yaml.safe_load(file.read_text("utf-8"))
        process.terminate()
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    assert not file.exists()
    return ready, said, json.loads(rest)


def test_a_target_stands_after_its_day_was_played_by_clients_over_tls(
    stood: tuple[dict[str, Any], ...],
) -> None:
    ready, said, end = stood
    assert ready["fhir"] == said["fhir"]
    assert said["fhir"].startswith("https://")
    doors = said["doors"]
    assert doors["lis_astm"]["ca"] == doors["lis_law"]["ca"] == said["tls"]["ca"]
    assert doors["lis_counter"]["port"] == doors["lis_chemistry"]["port"]
    assert doors["lis_serial"]["device"].endswith("serial-analyser")
    assert doors["lis_law_work"]["work"].startswith("127.0.0.1:")
    assert (end["laboratory"]["refused"], end["laboratory"]["unanswered"]) == (0, 0)
    assert end["visits"]["unexpected"] == []
    assert end["visits"]["effective"] > 12
    assert end["feed"]["whole"] is True
    assert end["feed"]["countersigned"] == end["feed"]["ledger"]


def test_a_demo_for_everybody_asks_for_no_token_where_a_target_stood(
    stood: tuple[dict[str, Any], ...], folder: Path
) -> None:
    done = qiao("demo", "--once", "--json", "--patients", 2, "--seed", 10, "--dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["visits"]["unexpected"] == []


@pytest.mark.parametrize(
    "arguments", [["--idle"], ["--tls"], ["--once", "--target", "x"], ["--jurisdiction", "nowhere", "--once"]]
)
def test_what_a_demo_cannot_be_is_said(arguments: list[str], tmp_path: Path) -> None:
    done = qiao("demo", *arguments, "--dir", tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
