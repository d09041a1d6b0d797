"""``junit.xml``: valid, and every check in it under the right word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from conformance.harness.verdict import Verdict
from conformance.harness.words import same
from conformance.report.junit import junit
from conformance.result.model import Result
from conformance.result.requirement import State

Made = Callable[..., Result]


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(Path(__file__).with_name("junit.xsd"))))


@pytest.mark.parametrize("sizes", [(150, 250), (0, 0), (6, 6), (20, 0)])
def test_it_is_valid(make: Made, schema: etree.XMLSchema, sizes: tuple[int, int]) -> None:
    schema.assertValid(etree.fromstring(junit(make(*sizes), "zh")))


def test_every_check_is_a_case_under_its_own_word(result: Result) -> None:
    tree = etree.fromstring(junit(result, "zh"))
    kinds = {
        Verdict.FAIL: "failure",
        Verdict.ERROR: "error",
        Verdict.SKIP: "skipped",
        Verdict.NOT_TESTED: "skipped",
    }
    for check in result.checks:
        name = check.id.partition(".")[2]
        (case,) = tree.xpath(f"//testcase[@classname='{check.suite}' and @name='{name}']")
        assert [one.tag for one in case] == ([kinds[check.verdict]] if check.verdict in kinds else [])
        if check.verdict in kinds:
            assert check.reason is not None
            assert case[0].get("message") == check.reason.zh
            assert check.requirement in case[0].text


def test_the_counts_of_a_suite_are_those_of_its_cases(result: Result) -> None:
    for suite in etree.fromstring(junit(result, "en")):
        kinds = Counter(one[0].tag for one in suite.findall("testcase") if len(one))
        said = [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")]
        assert said == [len(suite.findall("testcase")), kinds["failure"], kinds["error"], kinds["skipped"]]


def test_requirements_of_which_no_check_speaks_are_skipped_with_the_reason(result: Result) -> None:
    cases = etree.fromstring(junit(result, "zh")).xpath("//testsuite[@name='untested']/testcase")
    silent = {
        one.id: one
        for one in result.requirements
        if one.applies and one.verdict is State.NOT_TESTED and not one.checks
    }
    assert {one.get("name") for one in cases} == set(silent)
    assert all(one.find("skipped").get("message") == silent[one.get("name")].reason.zh for one in cases)


def test_errors_of_the_harness_are_errors(result: Result) -> None:
    (case,) = etree.fromstring(junit(result, "zh")).xpath("//testsuite[@name='harness']/testcase")
    assert case.get("name") == "suites/imaging.py"
    assert "ImportError" in case.find("error").get("message")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_whatever_a_target_answers_it_stays_valid(make: Made, schema: etree.XMLSchema, bad: str) -> None:
    one = make(6, 6)
    checks = tuple(
        replace(check, reason=same(bad), title=same(bad), verdict=Verdict.FAIL) for check in one.checks
    )
    target = replace(one.target, name=bad, fhir=bad)
    run = replace(one.run, started=bad, id=bad)
    schema.assertValid(etree.fromstring(junit(replace(one, checks=checks, target=target, run=run), "en")))
