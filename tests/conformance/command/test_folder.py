"""The folder of a report: nothing that is not the run's is sealed, taken away or written over."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest

from conformance.command import main
from conformance.runner.journal import NAME as JOURNAL
from conformance.seal import open_key, seal
from tests.conformance.seal.conftest import p256_pem

NOBODY = "http://127.0.0.1:9/fhir"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def _run(*arguments: str, folder: Path = Path("r")) -> int:
    more = () if "--jurisdiction" in arguments else ("--jurisdiction", "cn-chongqing")
    words = ["run", "--target", NOBODY, "--report", str(folder), "--no-pdf", "--suite", "serials"]
    return main([*words, *more, *arguments], "en")


def test_a_jurisdiction_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--jurisdiction", "cn-chonging") == 2
    assert "cn-chongqing" in capsys.readouterr().err
    assert not Path("r").exists()


def test_national_law_alone_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "--target", NOBODY, "--report", "r", "--no-pdf", "--suite", "fhir_api"], "en")
    assert "only national law" in capsys.readouterr().err


def test_a_folder_of_somebody_else_is_not_sealed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("letters").mkdir()
    Path("letters/private.txt").write_text("x")
    assert _run(folder=Path("letters")) == 2
    assert _run("--fresh", folder=Path("letters")) == 2
    assert "private.txt" in capsys.readouterr().err
    assert [one.name for one in Path("letters").iterdir()] == ["private.txt"]


def test_a_file_is_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r").write_text("x")
    assert _run() == 2
    assert "r: " in capsys.readouterr().err


def test_two_runs_do_not_share_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r").mkdir()
    with (Path("r") / JOURNAL).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert _run("--fresh") == _run("--resume") == 2
    assert "another run" in capsys.readouterr().err


def test_a_new_run_seals_nothing_of_the_one_before_and_keeps_what_was_attested() -> None:
    attested = Path("r/evidence/attested/1.pdf")
    attested.parent.mkdir(parents=True)
    attested.write_text("a lease")
    Path("r/attestations.json").write_text(
        '{"schema":"urn:qiao:conformance:attestations:1","attestations":[]}'
    )
    assert _run("--attestations", "r/attestations.json") == 1
    for name in ("report.pdf", "report-pdf.txt", "evidence/E9999.json"):
        (Path("r") / name).write_text("of the run before")
    assert _run("--attestations", "r/attestations.json", "--fresh") == 1
    assert attested.exists()
    assert not {"report.pdf", "report-pdf.txt"} & {one.name for one in Path("r").iterdir()}
    assert not Path("r/evidence/E9999.json").exists()
    assert main(["verify", "r"]) == 0


def test_an_edited_report_is_not_written_anew(capsys: pytest.CaptureFixture[str]) -> None:
    _run()
    assert main(["report", "r", "--no-pdf", "--json"]) == 0
    result = Path("r/result.json")
    result.write_text(result.read_text("utf-8").replace('"skip"', '"pass"'), "utf-8")
    assert main(["report", "r", "--no-pdf"], "en") == 2
    assert "result.json" in capsys.readouterr().err


def test_an_edited_result_that_is_sealed_anew_contradicts_itself(capsys: pytest.CaptureFixture[str]) -> None:
    _run()
    result = Path("r/result.json")
    result.write_text(result.read_text("utf-8").replace('"skip"', '"pass"'), "utf-8")
    Path("r/manifest.json").unlink()
    assert main(["report", "r", "--no-pdf"], "en") == 2
    assert "contradicts itself" in capsys.readouterr().err
    seal(Path("r"), open_key(None))
    assert main(["verify", "r", "--json"], "en") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["signature"]) == (False, "good")
    assert "its counts are not those of its checks" in found["contradictions"][0]["en"]


def test_a_reviewers_signature_is_not_lost_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    _run()
    assert main(["sign", "r", "--role", "review", "--who", "楚白芷"], "en") == 2
    assert "a key of their own" in capsys.readouterr().err
    Path("reviewer.pem").write_bytes(p256_pem())
    assert main(["sign", "r", "--role", "review", "--who", "楚白芷", "--key", "reviewer.pem"]) == 0
    assert main(["report", "r", "--no-pdf"], "en") == 2
    assert "--fresh" in capsys.readouterr().err
    assert main(["report", "r", "--no-pdf", "--fresh"]) == 0


def test_nothing_is_verified_where_nothing_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "nowhere"], "en") == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_variable_without_a_value_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["testscript", "x.json", "--target", NOBODY, "--variable", "nonsense"], "en") == 2
    assert "NAME=VALUE" in capsys.readouterr().err
