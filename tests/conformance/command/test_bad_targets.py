"""Targets that are down, slow, foreign, dying, or agree with everything: each gets what it earns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from conformance.command import main
from conformance.result.model import Result, load

Bad = Callable[..., AbstractContextManager[str]]
PASS_MARK = 5.0
"""What a target that does nothing may score at most."""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def _tested(base: str, *arguments: str, lang: str = "en") -> Result:
    given = ["run", "--target", base, "--report", "r", "--no-pdf", "--jurisdiction", "cn-chongqing"]
    assert main([*given, *arguments], lang) == 1
    return load(Path("r"))


def _verdicts(result: Result) -> set[str]:
    return {one.verdict.value for one in result.checks}


@pytest.mark.parametrize("kind", ["always-200", "always-200-bundle", "always-200-echo"])
def test_who_agrees_with_everything_scores_near_zero(bad_server: Bad, kind: str) -> None:
    with bad_server(kind) as base:
        suites = ("prescription_gates", "fhir_api", "serials", "consent_and_visit")
        result = _tested(base, "--profile", "qiao", *(word for one in suites for word in ("--suite", one)))
    assert result.score.value < PASS_MARK
    assert "error" not in _verdicts(result)
    assert not [
        one.id
        for one in result.requirements
        if one.verdict.value == "conformant" and one.applies and not one.technical
    ]


def test_a_target_that_is_down_is_not_tested(capsys: pytest.CaptureFixture[str]) -> None:
    result = _tested("http://127.0.0.1:9/fhir")
    told = capsys.readouterr().err
    assert "did not answer" in told
    assert "there is no score" in told
    assert "--resume" not in told
    assert _verdicts(result) <= {"skip", "not-applicable"}
    assert (result.score.value, result.run.complete) == (0.0, False)


def test_where_the_operator_is_not_let_in_nothing_is_tested(
    bad_server: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    login = "{path: //login, body: {user: a}, answer: {token: data.token}}"
    with bad_server("always-200") as base:
        target = tmp_path / "t.yaml"
        target.write_text(f"fhir: {base}\nidentities: {{operator: {{login: {login}}}}}\n", "utf-8")
        result = _tested(str(target), "--suite", "fhir_api")
    assert _verdicts(result) <= {"skip", "not-applicable"}
    assert "identities.operator.login" in capsys.readouterr().err


def test_a_target_that_dies_in_the_middle_is_said_to_be_gone(bad_server: Bad) -> None:
    with bad_server("dying", 20) as base:
        result = _tested(base, "--suite", "fhir_api")
    assert not result.run.complete
    assert any(one.reason and "stopped answering" in one.reason.en for one in result.checks)


def test_html_is_no_fhir(bad_server: Bad) -> None:
    with bad_server("html") as base:
        result = _tested(base, "--suite", "fhir_api")
    assert "pass" not in _verdicts(result)
    assert "error" not in _verdicts(result)


def test_a_slow_target_costs_its_patience_and_no_more(bad_server: Bad, tmp_path: Path) -> None:
    with bad_server("slow", 60) as base:
        target = tmp_path / "t.yaml"
        target.write_text(f"extends: fhir\nfhir: {base}\npatience: 0.5\n", "utf-8")
        result = _tested(str(target), "--suite", "fhir_api")
    assert result.score.value == 0.0
    assert not result.run.complete


def test_a_run_ends_within_what_was_granted(bad_server: Bad) -> None:
    with bad_server("slow", 0.3) as base:
        result = _tested(base, "--suite", "fhir_api", "--within", "1", "--jobs", "1")
    assert not result.run.complete
    assert Path("r/journal.ndjson").exists()


def test_a_clock_that_is_an_hour_off_is_told(bad_server: Bad, capsys: pytest.CaptureFixture[str]) -> None:
    with bad_server("clock", 3600) as base:
        result = _tested(base, "--suite", "serials")
    assert round(result.target.clock_offset_seconds / 60) == 60
    assert "clock" in capsys.readouterr().err


def test_wrong_credentials_are_no_errors_of_the_harness(
    standing: object, capsys: pytest.CaptureFixture[str]
) -> None:
    base = standing.fhir  # type: ignore[attr-defined]
    result = _tested(base, "--token", "wrong", "--profile", "qiao", "--suite", "serials")
    assert "pass" not in _verdicts(result)
    assert "error" not in _verdicts(result)


def test_a_certificate_that_nobody_trusts_is_no_answer(
    stand: Callable[..., AbstractContextManager[object]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo").mkdir()
    with stand(tmp_path / "demo", "--tls") as one:
        result = _tested(one.fhir, "--suite", "fhir_api")  # type: ignore[attr-defined]
        assert "certificate not trusted" in capsys.readouterr().err
        assert _verdicts(result) <= {"skip", "not-applicable"}
        assert (
            main(["run", "--target", str(one.target), "--report", "s", "--no-pdf", "--suite", "serials"]) == 0
        )  # type: ignore[attr-defined]
