"""``qiao conformance run`` against a demo: what it writes, how it goes on, what it tells."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from conformance.command import main
from conformance.result.model import load, save
from tests.conformance.result.rows import result, tried

FILES = {
    "result.json",
    "index.html",
    "junit.xml",
    "testreport.json",
    "result.csv",
    "result.xlsx",
    "manifest.json",
}


class Standing(Protocol):
    """What the fixture ``standing`` yields."""

    target: Path
    folder: Path

    def token(self, identity: str = "operator") -> str:
        """Return the token of an identity."""
        ...


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def _run(standing: Standing, folder: Path, *arguments: str) -> int:
    return main(
        ["run", "--target", str(standing.target), "--report", str(folder), "--no-pdf", *arguments], "en"
    )


def test_a_run_leaves_a_whole_report_that_verifies(standing: Standing, tmp_path: Path) -> None:
    assert _run(standing, tmp_path / "r", "--suite", "serials", "--who", "温如玉") == 0
    assert {one.name for one in (tmp_path / "r").iterdir() if one.is_file()} >= FILES
    result = load(tmp_path / "r")
    assert result.run.complete
    assert {one.suite for one in result.checks} == {"serials"}
    assert {one.verdict.value for one in result.checks} <= {"pass", "not-applicable"}
    assert main(["verify", str(tmp_path / "r")]) == 0
    some = next((tmp_path / "r" / "evidence").glob("E*.json"))
    some.write_text(some.read_text("utf-8").replace("200", "201", 1), "utf-8")
    assert main(["verify", str(tmp_path / "r")]) == 1


def test_nothing_personal_and_no_token_is_in_a_report(standing: Standing, tmp_path: Path) -> None:
    _run(standing, tmp_path / "r", "--suite", "serials")
    whole = b"".join(
        one.read_bytes() for one in (tmp_path / "r").rglob("*") if one.is_file() and one.suffix != ".xlsx"
    )
    for secret in (standing.token(), standing.token("physician"), "温如玉", "方知白"):
        assert secret.encode() not in whole


def test_a_report_that_is_there_is_not_written_over(
    standing: Standing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(standing, tmp_path / "r", "--check", "serials.well_formed.*")
    assert _run(standing, tmp_path / "r", "--suite", "serials") == 2
    assert "--fresh" in capsys.readouterr().err
    assert _run(standing, tmp_path / "r", "--check", "serials.well_formed.*", "--fresh") == 0


def test_only_what_failed_is_tried_again_and_reads_like_no_whole_run(
    standing: Standing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _suite(tmp_path / "mine", "fails", 'run.expect(False, "是", "it is")')
    more = ("--suites-from", str(tmp_path / "mine"))
    assert _run(standing, tmp_path / "a", "--suite", "fails", "--suite", "serials", *more) == 1
    assert load(tmp_path / "a").run.foreign == ("fails",)
    assert "a part only: " in capsys.readouterr().err
    assert _run(standing, tmp_path / "b", "--only-failed", str(tmp_path / "a"), "--json", *more) == 1
    found = load(tmp_path / "b")
    assert [one.id for one in found.checks] == ["fails.one"]
    assert not found.run.whole
    said = json.loads(capsys.readouterr().out)
    assert (said["whole"], said["score"], said["partScore"]) == (False, None, found.score.value)


@pytest.mark.parametrize(("complete", "code"), [(True, 0), (False, 1)])
def test_where_nothing_failed_there_is_nothing_to_try_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], complete: bool, code: int
) -> None:
    (tmp_path / "a").mkdir()
    earlier = result([tried("pass"), tried("skip", "suite.two")])
    save(replace(earlier, run=replace(earlier.run, complete=complete)), tmp_path / "a")
    again = ["run", "--target", "http://127.0.0.1:9/fhir", "--report", "b", "--only-failed", "a"]
    assert main(again, "en") == code
    assert not Path("b").exists()
    assert ("nothing to try again" if complete else "not whole") in capsys.readouterr().err


def test_what_is_left_of_a_whole_run_is_not_thrown_away_for_a_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        _suite(tmp_path / "mine", name, 'run.expect(True, "是", "it is")')
    down = ["run", "--target", "http://127.0.0.1:9/fhir", "--report", "r", "--no-pdf"]
    down += ["--suites-from", str(tmp_path / "mine")]
    both, one = ["--suite", "one", "--suite", "two"], ["--suite", "one"]
    assert main([*down, *both], "en") == 1  # nobody answers: the journal stays
    assert main([*down, *one, "--resume"], "en") == 2
    assert "another choice of checks" in capsys.readouterr().err
    assert Path("r/journal.ndjson").exists()
    assert main([*down, *both, "--resume"], "en") == 1


@pytest.mark.parametrize("broken", ["raise RuntimeError('boom')", "import nowhere_to_be_found", "def ("])
def test_a_suite_that_cannot_be_read_is_an_error_of_the_harness_and_others_run(
    standing: Standing, tmp_path: Path, broken: str
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.py").write_text(broken, "utf-8")
    more = ("--suites-from", str(tmp_path / "mine"), "--suite", "broken", "--suite", "terminology")
    assert _run(standing, tmp_path / "r", *more) == 1
    result = load(tmp_path / "r")
    assert [one.where for one in result.errors] == ["suites/broken.py"]
    assert any(one.verdict.value == "pass" for one in result.checks)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--target", "nowhere.yaml"], "nowhere.yaml"),
        (["run", "--target", "ftp://x"], "fhir:"),
        (["run", "--target", "http://127.0.0.1:9/fhir", "--suite", "none"], "no suite none"),
        (["run", "--target", "http://127.0.0.1:9/fhir", "--check", "x.y"], "no check x.y"),
        (["run", "--target", "http://127.0.0.1:9/fhir", "--resume"], "no run that broke off"),
        (["compare", "a", "b"], "a"),
        (
            [
                "attest",
                "NAT-0",
                "--method",
                "document",
                "--finding",
                "conformant",
                "--who",
                "w",
                "--role",
                "r",
            ],
            "NAT-0",
        ),
    ],
)
def test_what_cannot_be_done_is_told(
    tmp_path: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, "en") == 2
    assert told in capsys.readouterr().err


def test_a_run_that_was_killed_goes_on_where_it_was(standing: Standing, tmp_path: Path) -> None:
    hangs = tmp_path / "hangs"
    hangs.touch()
    wait = f"import pathlib, threading; pathlib.Path({str(hangs)!r}).exists() and threading.Event().wait()"
    began = tmp_path / "began"
    noted = f"pathlib.Path({str(began)!r}).write_text(run.session.began.isoformat())"
    _suite(tmp_path / "mine", "hangs", f'run.expect(True, "是", "it is"); {wait}; {noted}')
    folder = tmp_path / "r"
    program = "import sys; from conformance.command import main; sys.exit(main(sys.argv[1:]))"
    command = [
        sys.executable, "-c", program, "run", "--target", str(standing.target), "--report", str(folder),
        "--no-pdf", "--suites-from", str(tmp_path / "mine"), "--suite", "serials", "--suite", "hangs",
        "--jobs", "2",
    ]  # fmt: skip
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _until_ended(folder / "journal.ndjson", "serials.")
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    before = _ended(folder / "journal.ndjson")
    hangs.unlink()
    more = ("--suites-from", str(tmp_path / "mine"), "--suite", "serials", "--suite", "hangs")
    assert _run(standing, folder, "--resume", *more) == 0
    result = load(folder)
    assert result.run.complete
    assert before <= {one.id for one in result.checks}
    assert datetime.fromisoformat(began.read_text()) == datetime.fromisoformat(result.run.started)
    assert not (folder / "journal.ndjson").exists()


def _until_ended(journal: Path, name: str) -> None:
    look = threading.Event()
    until = time.monotonic() + 60
    while not any(one.startswith(name) for one in _ended(journal)):
        assert time.monotonic() < until, "no check ended"
        look.wait(0.02)


def _ended(journal: Path) -> set[str]:
    if not journal.exists():
        return set()
    found: list[dict[str, Any]] = []
    for line in journal.read_text("utf-8").splitlines()[1:]:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return {str(one["id"]) for one in found if "id" in one}


def _suite(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(
        "from conformance.harness.check import Suite, check\n"
        f'SUITE = Suite("{name}", zh="试", en="try")\n'
        '@check("CQ49附3.5", zh="试", en="try")\n'
        f"def one(run):\n    {body}\n",
        "utf-8",
    )
