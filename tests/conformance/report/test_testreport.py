"""``testreport.json``: a valid R4 TestReport with a test for each check."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.harness.verdict import Verdict
from conformance.harness.words import same
from conformance.report.testreport import as_test_report, dumps
from conformance.result.model import Result
from gateway.validation import Validator

Made = Callable[..., Result]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def written(result: Result, lang: str = "zh") -> dict[str, Any]:
    said: dict[str, Any] = json.loads(dumps(as_test_report(result, lang)))
    return said


@pytest.mark.parametrize("sizes", [(150, 250), (0, 0), (20, 30)])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_valid_r4(make: Made, validator: Validator, sizes: tuple[int, int], lang: str) -> None:
    assert validator.check(written(make(*sizes), lang)) == []


def test_every_check_is_a_test_with_its_outcome(result: Result) -> None:
    tests = {one["name"]: one for one in written(result)["test"]}
    words = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.ERROR: "error"}
    assert set(tests) == {one.id for one in result.checks}
    for check in result.checks:
        actions = [one["assert"] for one in tests[check.id]["action"]]
        assert actions[-1]["result"] == words.get(check.verdict, "skip")
        assert check.requirement in tests[check.id]["description"]
        if check.evidence:
            assert actions[0]["detail"] == f"evidence/{check.evidence[0].partition('-')[0]}.json"


def test_it_names_who_tested_what_and_how_good_it_was(result: Result) -> None:
    report = as_test_report(result, "en", tester="Zhou Wenmin")
    assert report["tester"] == "Zhou Wenmin"
    assert report["score"] == result.score.value
    assert {one["type"]: one["uri"] for one in report["participant"]}["server"] == result.target.fhir
    assert report["testScript"]["identifier"]["value"] == result.tool.definitions.harness
    assert report["setup"]["action"][0]["assert"]["result"] == "error"
    assert "Patient/qc-7-0013" in report["teardown"]["action"][0]["operation"]["message"]


@pytest.mark.parametrize(
    ("verdicts", "run", "whole", "status"),
    [
        ([Verdict.PASS], {}, "pass", "completed"),
        ([Verdict.PASS, Verdict.FAIL], {}, "fail", "completed"),
        ([Verdict.PASS, Verdict.SKIP], {}, "pending", "completed"),
        ([Verdict.PASS], {"complete": False}, "pending", "stopped"),
        ([], {}, "pending", "completed"),
    ],
)
def test_only_a_whole_run_of_passes_is_a_pass(
    make: Made, verdicts: list[Verdict], run: dict[str, bool], whole: str, status: str
) -> None:
    one = make(20, 30, **run)
    checks = tuple(replace(one.checks[0], id=f"x.{n}", verdict=verdict) for n, verdict in enumerate(verdicts))
    report = written(replace(one, checks=checks, errors=()))
    assert (report["result"], report["status"]) == (whole, status)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_whatever_a_target_answers_it_stays_valid(make: Made, validator: Validator, bad: str) -> None:
    one = make(6, 6)
    checks = tuple(
        replace(check, reason=same(bad), title=same(bad), verdict=Verdict.FAIL) for check in one.checks
    )
    target = replace(one.target, name=bad, fhir=f"http://{bad}")
    said = written(
        replace(one, checks=checks, target=target, left=(bad,), run=replace(one.run, id=bad or "r"))
    )
    assert [issue for issue in validator.check(said) if issue.severity == "error"] == []
