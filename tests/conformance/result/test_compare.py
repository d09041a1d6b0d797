"""Two runs compared: what is new, mended, lost; what makes no difference; how it is printed."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest

from conformance.harness.words import Words
from conformance.result import file
from conformance.result.compare import compare
from conformance.result.difference import Difference
from conformance.result.difference_text import text
from conformance.result.judge import judge
from conformance.result.model import CheckResult, Definitions, Result, State
from tests.conformance.result.rows import DAY, STACK, catalogue, result, row, tried

KINDS = ("failures", "lost", "mended", "changed", "came", "went", "reasons")


def run(*checks: CheckResult) -> Result:
    rows = catalogue(row("NAT-1"))
    return result(checks, judge(rows, checks, stack=STACK, day=DAY))


def found(difference: Difference) -> dict[str, list[str]]:
    kinds = {kind: [f"{one.kind} {one.id}" for one in getattr(difference, kind)] for kind in KINDS}
    return {kind: said for kind, said in kinds.items() if said}


@pytest.mark.parametrize(
    ("before", "after", "kinds", "worse"),
    [
        ("pass", "pass", {}, False),
        ("fail", "fail", {}, False),
        ("skip", "skip", {}, False),
        ("pass", "fail", {"failures": ["check suite.one", "requirement NAT-1"]}, True),
        ("skip", "fail", {"failures": ["check suite.one", "requirement NAT-1"]}, True),
        ("pass", "skip", {"lost": ["check suite.one", "requirement NAT-1"]}, True),
        ("pass", "error", {"lost": ["check suite.one", "requirement NAT-1"]}, True),
        ("pass", "not-tested", {"lost": ["check suite.one", "requirement NAT-1"]}, True),
        ("pass", "not-applicable", {"lost": ["check suite.one", "requirement NAT-1"]}, True),
        ("fail", "pass", {"mended": ["check suite.one", "requirement NAT-1"]}, False),
        ("fail", "skip", {"changed": ["check suite.one", "requirement NAT-1"]}, False),
        ("skip", "pass", {"changed": ["check suite.one", "requirement NAT-1"]}, False),
        ("skip", "error", {"changed": ["check suite.one"], "reasons": ["requirement NAT-1"]}, False),
    ],
)
def test_verdicts(before: str, after: str, kinds: dict[str, list[str]], worse: bool) -> None:
    difference = compare(run(tried(before)), run(tried(after)))
    assert found(difference) == kinds
    assert difference.worse is worse
    assert difference.equal is (before == after)


def test_every_pair_of_verdicts_has_its_place() -> None:
    every = ("pass", "fail", "skip", "error", "not-applicable", "not-tested")
    for before, after in product(every, every):
        difference = compare(result([tried(before)]), result([tried(after)]))
        places = [kind for kind in KINDS if getattr(difference, kind)]
        assert len(places) == (before != after), (before, after, places)
        assert difference.worse is (
            after == "fail" != before or (before == "pass" != after and after != "not-applicable")
        )


def test_a_passed_check_is_not_lost_where_the_law_is_another() -> None:
    """It is, where the requirement goes on: of a check beside it that passes, nothing else would show."""
    a = run(tried(), tried(name="suite.two"))
    b = run(tried(), tried("not-applicable", "suite.two"))
    assert found(compare(a, b)) == {"lost": ["check suite.two"], "reasons": ["requirement NAT-1"]}
    elsewhere = replace(b, run=replace(b.run, jurisdictions=("cn",)))
    assert not compare(a, elsewhere).worse
    gone = (replace(b.requirements[0], applies=False, verdict=State.NOT_APPLICABLE),)
    assert not compare(a, replace(b, requirements=gone)).worse


def test_checks_that_came_and_went() -> None:
    a, b = result([tried(name="suite.a")]), result([tried(name="suite.b"), tried("fail", "suite.c")])
    assert found(compare(a, b)) == {
        "came": ["check suite.b"],
        "failures": ["check suite.c"],
        "went": ["check suite.a"],
    }


def test_the_same_check_twice_with_other_ids_and_times_is_equal() -> None:
    def said(id: str, port: int, seconds: float) -> Result:
        reason = Words(f"{id} 在 {seconds} 秒内未返回", f"Patient/{id} at 127.0.0.1:{port} took {seconds} s")
        one = run(tried("fail", reason=reason, evidence=(f"E{port}-1",), seconds=seconds))
        course = replace(
            one.run, id=f"r{port}", started=f"2026-03-0{port % 9 + 1}T00:00:00Z", seconds=seconds
        )
        return replace(one, run=course, target=replace(one.target, fhir=f"http://127.0.0.1:{port}/fhir"))

    difference = compare(said("p-17a0000001", 40001, 1.5), said("p-17a0000002", 40022, 12.25))
    assert difference.equal and not difference.worse and not difference.ground


def test_another_reason_is_told_and_is_not_worse() -> None:
    a = result([tried("fail", reason=Words("404", "HTTP 404"))])
    b = result([tried("fail", reason=Words("500", "HTTP 500"))])
    difference = compare(a, b)
    assert found(difference) == {"reasons": ["check suite.one"]}
    assert not difference.equal and not difference.worse


def test_a_requirement_that_fell_is_lost_only_where_the_same_was_asked() -> None:
    a, b = run(tried()), run()
    assert found(compare(a, b)) == {"lost": ["requirement NAT-1"], "went": ["check suite.one"]}
    fewer = replace(b, run=replace(b.run, suites=("other",)))
    assert found(compare(a, fewer)) == {"changed": ["requirement NAT-1"], "went": ["check suite.one"]}
    assert not compare(a, fewer).worse


def test_what_the_runs_stand_on() -> None:
    a = result()
    b = replace(
        a,
        target=replace(a.target, version="0.2.0", capabilities=("fhir", "bulk"), declared="d" * 64),
        run=replace(a.run, jurisdictions=("cn",), complete=False),
        tool=replace(
            a.tool, version="0.2.0", definitions=Definitions("x" * 64, {"suite": "y" * 64}, "c" * 64)
        ),
    )
    said = {one.what.en: (one.before, one.after) for one in compare(a, b).ground}
    assert said == {
        "version of the software": ("0.1.0", "0.2.0"),
        "declaration of the target": ("", "d" * 12),
        "capabilities": ("mllp:his", "bulk"),
        "jurisdictions": ("cn-chongqing", ""),
        "run complete": ("true", "false"),
        "program": ("qiao 0.1.0", "qiao 0.2.0"),
        "catalogue": ("a" * 12, "x" * 12),
        "definition of suite suite": ("b" * 12, "y" * 12),
    }
    assert compare(a, b).equal


def test_the_order_of_anything_makes_no_difference() -> None:
    checks = [tried(name="suite.a"), tried("fail", "suite.b")]
    a = result(checks)
    b = replace(result(checks[::-1]), target=replace(a.target, capabilities=a.target.capabilities[::-1]))
    assert compare(a, b).equal and not compare(a, b).ground


@pytest.mark.parametrize(
    ("lang", "heads", "last"),
    [
        (
            "zh",
            ["新的不通过 (2)", "通过 → 不通过", "符合 → 不符合"],
            "B 不如 A：新的不通过 2 项，不再得到证明 0 项",
        ),
        ("en", ["New failures (2)", "pass → fail"], "B is worse than A: 2 new failures, 0 no longer shown"),
    ],
)
def test_it_is_printed_in_both_languages(lang: str, heads: list[str], last: str) -> None:
    said = text(compare(run(tried()), run(tried("fail"))), lang)
    assert all(head in said for head in heads)
    assert said.splitlines()[-1] == last


def test_equal_runs_say_so() -> None:
    assert text(compare(run(tried()), run(tried())), "en").endswith("The runs say the same")


def test_a_long_list_is_cut_in_print_and_whole_as_json() -> None:
    a = result([tried(name=f"suite.c{n}") for n in range(120)])
    b = result([tried("fail", f"suite.c{n}") for n in range(120)])
    difference = compare(a, b)
    assert "… +70" in text(difference, "zh")
    said = json.loads(file.dumps(difference.to_json()))
    assert (said["worse"], said["equal"], len(said["failures"])) == (True, False, 120)
    assert said["failures"][0]["title"] == {"zh": "suite.c0", "en": "suite.c0"}
    assert Difference.from_json(said) == difference


def test_an_answer_of_the_target_moves_no_cursor() -> None:
    reason = Words("\x1b[2J\r\n", "\x1b[2J\r\n\u202ex")
    said = text(compare(run(tried()), run(tried("fail", reason=reason))), "en")
    assert not {"\x1b", "\r", "\u202e"} & set(said)
    assert len([line for line in said.splitlines() if "suite.one" in line]) == 2
