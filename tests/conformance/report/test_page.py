"""The page: whole, in both languages, from one file; what is foreign in it stays text."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from conformance.harness.verdict import Verdict
from conformance.harness.words import Words, same
from conformance.report.page import LIMITS, Seal, page
from conformance.report.view import view
from conformance.result.model import CheckResult, Course, Result, Source, Step, Trouble
from conformance.result.requirement import State

Made = Callable[..., Result]
ATTACK = (
    """</style></script><script>alert(1)</script><img src=x onerror=alert(1)>"""
    """'"&{{ 7*7 }}<a href="javascript:x">"""
)


@pytest.fixture(scope="module")
def text(result: Result) -> str:
    return page(result, "zh")


@pytest.fixture(scope="module")
def tree(text: str) -> HtmlElement:
    return html.document_fromstring(text)


def words(found: HtmlElement) -> str:
    return " ".join(found.text_content().split())


def poisoned(result: Result, bad: str) -> Result:
    """The same result with a foreign text wherever one can stand."""
    both = same(bad)
    step = Step(both, both, both, False, (bad,))
    checks = tuple(
        replace(
            one, id=f"{one.id}{bad}", title=both, reason=both, advice=both, steps=(step,), evidence=(bad,)
        )
        for one in result.checks
    )
    rows = tuple(
        replace(
            one,
            title=both,
            original=bad,
            article=bad,
            reason=both,
            advice=both,
            jurisdictions=(bad,),
            document=bad,
        )
        for one in result.requirements
    )
    return replace(
        result,
        checks=checks,
        requirements=rows,
        target=replace(
            result.target, name=bad, fhir=bad, software=bad, version=bad, capabilities=(bad,), declared=bad
        ),
        run=replace(result.run, id=bad, command=bad, started=bad, finished=bad, jurisdictions=(bad,)),
        environment=replace(result.environment, platform=bad, packages={bad: bad}),
        score=replace(result.score, capped_by=(bad,), formula=both, explanation=both, weights={bad: 1.0}),
        suites=tuple(replace(one, title=both, error=bad) for one in result.suites),
        left=(bad,),
        errors=(Trouble(bad, bad),),
    )


def test_it_asks_no_network_for_anything(text: str, tree: HtmlElement) -> None:
    assert not tree.xpath("//link | //img | //iframe | //object | //embed | //*[@src]")
    assert not re.search(r"@import|url\((?!#)", text)
    hrefs = {one for one in tree.xpath("//@href") if not one.startswith("#")}
    assert hrefs
    assert all(re.fullmatch(r"evidence/E\d+\.json", one) for one in hrefs)


def test_its_policy_names_its_only_script_and_style(tree: HtmlElement) -> None:
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    for kind in ("style", "script"):
        (only,) = tree.xpath(f"//{kind}")
        digest = b64encode(hashlib.sha256(only.text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not tree.xpath("//@style")
    assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on")]


def test_the_first_page_has_what_a_reader_must_know(tree: HtmlElement, result: Result) -> None:
    cover = words(tree.xpath("//section[@class='cover']")[0])
    for said in (
        "自测证据，非法定检测报告", "Self-test evidence, not a statutory test report", result.target.name,
        result.target.fhir, result.run.id, "重庆市", "Chongqing", f"{result.coverage.percent}%",
        f"{result.score.value}", "封顶 59.0", "2026-11-22 09:15:04 (UTC+8)",
    ):  # fmt: skip
        assert said in cover


def test_every_link_inside_leads_somewhere(tree: HtmlElement) -> None:
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {one[1:] for one in tree.xpath("//@href") if one.startswith("#")} <= set(ids)


def test_every_requirement_that_applies_stands_clause_by_clause(tree: HtmlElement, result: Result) -> None:
    clauses = {
        one.xpath(".//h4/span[@class='id']")[0].text: one for one in tree.xpath("//article[@class='clause']")
    }
    applying = {one.id: one for one in result.requirements if one.applies}
    assert set(clauses) == set(applying)
    for name, row in applying.items():
        said = words(clauses[name])
        assert row.original in said
        assert row.verdict.words.zh in said
        assert all(one in said for one in row.checks)


def test_a_step_shows_expected_actual_and_its_evidence(tree: HtmlElement, result: Result) -> None:
    check = next(one for one in result.checks if one.verdict is Verdict.FAIL)
    table = next(one for one in tree.xpath("//table[@class='steps']/tbody") if check.id in words(one))
    rows = table.xpath("./tr")[1:]
    for step, row in zip(check.steps, rows, strict=False):
        assert step.expected.zh in words(row)
        assert step.actual.en in words(row)
        assert row.xpath(".//a/@href") == [f"evidence/{step.evidence[0].partition('-')[0]}.json"]
    assert check.advice is not None
    assert check.advice.zh in words(table)


def test_nonconformities_stand_critical_first(tree: HtmlElement, result: Result) -> None:
    ids = [one.text for one in tree.xpath("//table[contains(@class,'findings')]/tbody/tr/td[2]/a")]
    rows = {one.id: one for one in result.requirements}
    bad = {
        one.id for one in rows.values() if one.applies and one.verdict in (State.NONCONFORMANT, State.PARTIAL)
    }
    assert set(ids) == bad
    critical = [rows[name].critical for name in ids]
    assert critical == sorted(critical, reverse=True)


def test_what_was_not_tested_is_listed_with_the_reason(tree: HtmlElement, result: Result) -> None:
    section = words(tree.xpath("//section[h2[@id='s8']]")[0])
    for row in result.requirements:
        assert (row.applies and row.verdict is State.NOT_TESTED) <= (row.id in section)
    for check in result.checks:
        assert (check.verdict in (Verdict.SKIP, Verdict.ERROR, Verdict.NOT_TESTED)) <= (check.id in section)


def test_other_jurisdictions_and_the_technical_basis_stand_apart(tree: HtmlElement, result: Result) -> None:
    elsewhere, technical = (words(tree.xpath(f"//section[h2[@id='{at}']]")[0]) for at in ("s9", "s6"))
    assert all((not one.applies) <= (one.id in elsewhere) for one in result.requirements)
    assert all(one.technical <= (one.id in technical) for one in result.requirements)


def test_three_people_can_sign(tree: HtmlElement) -> None:
    table = tree.xpath("//table[contains(@class,'signatures')]")[0]
    assert all(name in words(table) for name in ("自评人", "复核人", "负责人", "姓名", "签字", "日期"))


def test_charts_have_words_and_their_numbers_stand_in_a_table(tree: HtmlElement) -> None:
    charts = tree.xpath("//svg[@role='img']")
    assert len(charts) == 2
    for chart in charts:
        named = chart.get("aria-labelledby").split()
        assert [words(chart.xpath(f".//*[@id='{one}']")[0]) for one in named]
    assert len(tree.xpath("//section[h2[@id='s1']]//table[contains(@class,'numbers')]/tbody/tr")) == 10


@pytest.mark.parametrize(("lang", "declared"), [("zh", "zh-CN"), ("en", "en")])
def test_it_opens_in_the_language_asked_for_and_has_the_other_too(
    result: Result, lang: str, declared: str
) -> None:
    found = html.document_fromstring(page(result, lang))
    assert (found.get("lang"), found.get("data-lang")) == (declared, lang)
    assert 'html[data-lang="zh"] :is(span, tspan)[lang="en"]' in found.xpath("//style")[0].text
    for heading in found.xpath("//h2"):
        assert heading.xpath(".//span[@lang='zh']")
        assert heading.xpath(".//span[@lang='en']")


def test_nothing_foreign_becomes_markup(result: Result) -> None:
    text = page(poisoned(result, ATTACK), "zh", tester=ATTACK, seal=Seal(ATTACK, ATTACK))
    found = html.document_fromstring(text)
    assert len(found.xpath("//script")) == len(found.xpath("//style")) == 1
    assert not found.xpath("//img | //*[@onerror] | //a[starts-with(@href,'javascript')]")
    assert "{{ 7*7 }}" in found.text_content()
    assert ATTACK not in text


def test_a_page_header_cannot_be_left_by_a_foreign_text(result: Result) -> None:
    bad = '"; } body { display: none } </style> \\"'
    style = html.document_fromstring(page(poisoned(result, bad), "zh")).xpath("//style")[0].text
    assert "body { display" not in style
    assert style.count("{") == html.document_fromstring(page(result, "zh")).xpath("//style")[0].text.count(
        "{"
    )


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_whatever_a_target_answers_the_page_has_the_same_elements(make: Made, bad: str) -> None:
    small = make(6, 6)
    trees = [html.document_fromstring(page(poisoned(small, text), "en")) for text in ("plain", bad)]
    tags = [[one.tag for one in tree.xpath("//article//*")] for tree in trees]
    skeleton = [[tag for tag in found if tag not in ("a", "span")] for found in tags]
    assert skeleton[0] == skeleton[1]


def test_huge_values_are_cut_with_a_note(make: Made) -> None:
    text = page(poisoned(make(6, 6), "y" * 200_000), "en")
    assert "200,000 characters in all" in text
    assert len(text) < 2_000_000


def test_a_check_of_very_many_steps_shows_the_first_and_counts_the_rest(make: Made) -> None:
    one = make(6, 6)
    check = replace(one.checks[0], steps=one.checks[0].steps[:1] * 1000)
    text = page(replace(one, checks=(check, *one.checks[1:])), "en")
    assert f"{1000 - LIMITS['steps']} more" in text


def test_many_leftovers_are_counted(make: Made) -> None:
    text = page(replace(make(6, 6), left=tuple(f"Patient/{n}" for n in range(5000))), "en")
    assert f"{5000 - LIMITS['names']} more" in text


def test_a_check_more_is_a_small_part_of_the_page(make: Made) -> None:
    """What a browser does before it shows anything is proportional to this; see the figures in the docs."""
    few, many = (page(make(60, checks), "zh") for checks in (200, 1200))
    assert (len(many) - len(few)) / 1000 < 2_600
    elements = [sum(1 for _ in html.document_fromstring(one).iter()) for one in (few, many)]
    assert (elements[1] - elements[0]) / 1000 < 70
    assert many.count("<table") - few.count("<table") < 100


def test_clauses_out_of_sight_are_not_laid_out_and_steps_of_passed_checks_are_folded(text: str) -> None:
    style = html.document_fromstring(text).xpath("//style")[0].text
    assert re.search(r"\.clause \{ content-visibility: auto; contain-intrinsic-size: auto \d+px; \}", style)
    folded = "html:not(.full) .steps .o-pass:not(.open) tr ~ tr { display: none; }"
    assert (
        f"@media screen and (scripting: enabled) {{\n{folded}" in style
    )  # whole without JavaScript, and on paper
    assert style.count("~ tr") == 1


def test_numbers_of_exchanges_that_follow_each_other_stand_as_a_span(make: Made) -> None:
    one = make(6, 6)
    names = ("E0017-1", "E0017-2", "E0017-3", "E0017-5", "E0018-1", "x-1")
    check = replace(one.checks[0], steps=(replace(one.checks[0].steps[0], evidence=names),))
    tree = html.document_fromstring(page(replace(one, checks=(check, *one.checks[1:])), "en"))
    cell = next(
        row.xpath("./td")[-1] for row in tree.xpath("//tr[td]") if "E0017-1" in words(row) and len(row) == 6
    )
    assert words(cell) == "E0017-1…3 E0017-5 E0018-1 x-1"
    assert cell.xpath(".//@href") == ["evidence/E0017.json"] * 2 + ["evidence/E0018.json"]


def test_a_run_of_nothing_makes_a_page(make: Made) -> None:
    found = words(html.document_fromstring(page(make(0, 0), "en")))
    assert "There is no requirement to list." in found
    assert "No suite was run." in found


def test_a_run_of_errors_alone_makes_a_page(make: Made) -> None:
    one = make(20, 30)
    broken = replace(
        one, checks=tuple(replace(check, verdict=Verdict.ERROR, steps=()) for check in one.checks)
    )
    assert page(broken, "zh").count('class="v o-error"') >= 30


def test_an_incomplete_run_says_so_on_the_first_page(make: Made) -> None:
    cover = html.document_fromstring(page(make(20, 30, complete=False), "zh")).xpath(
        "//section[@class='cover']"
    )[0]
    assert "本次测试未完成" in words(cover)
    whole = html.document_fromstring(page(make(20, 30), "zh")).xpath("//section[@class='cover']")[0]
    assert "本次测试未完成" not in words(whole)


def test_a_document_of_elsewhere_or_of_another_time_is_no_basis(make: Made) -> None:
    one = make(60, 30)
    named = (
        Source("NAT", same("n"), "n", "cn"),
        Source("CQ49", same("c"), "c", "cn-chongqing", until="2020-01-01"),
    )
    away = Source("NATA", same("a"), "a", "cn-sichuan")
    rows = tuple(replace(row, applies=True) for row in one.requirements)
    assert {"NAT", "NATA", "CQ49"} <= set(view(replace(one, requirements=rows)).documents)
    found = view(replace(one, requirements=rows, documents=(*named, away))).documents
    assert "NAT" in found
    assert not {"CQ49", "NATA"} & set(found)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"whole": False}, "本次仅检测了一部分"),
        ({"whole": False}, "所选部分的得分"),
        ({"whole": False}, "不是被测系统的得分"),
        ({"day": "2018-01-01"}, "按 2018-01-01 有效的文本判定"),
        ({"foreign": ["mine"]}, "含非本程序自带的检测集：mine"),
    ],
)
def test_what_a_score_does_not_stand_for_is_told_beside_it(
    make: Made, run: dict[str, object], said: str
) -> None:
    for asked, there in ((run, True), ({}, False)):
        cover = html.document_fromstring(page(make(20, 30, **asked), "zh")).xpath("//section[@class='cover']")
        assert (said in words(cover[0])) == there


def test_verdicts_without_exchanges_and_checks_of_an_earlier_sitting_are_told(make: Made) -> None:
    one = make(20, 30, taken_up=12)
    assert "12 of the checks had ended before" in page(one, "en")
    bare = replace(one, checks=tuple(replace(check, evidence=(), steps=()) for check in one.checks))
    assert "there is no evidence for the verdicts" in page(bare, "en")
    assert "there is no evidence for the verdicts" not in page(one, "en")


def test_a_check_of_no_known_requirement_is_told(make: Made) -> None:
    one = make(6, 6)
    stray = CheckResult("x.stray", "x", "GONE-1", Words("甲", "a"), False, Verdict.FAIL)
    text = page(replace(one, checks=(*one.checks, stray)), "en")
    section = html.document_fromstring(text).xpath("//section[h2[@id='s10']]")[0]
    assert "x.stray" in words(section)
    assert "GONE-1" in words(section)


def test_the_seal_is_printed_or_its_absence(result: Result) -> None:
    assert "本次未签名" in page(result, "zh")
    text = page(result, "zh", seal=Seal("a" * 64, "b" * 64))
    assert "a" * 64 in text
    assert "b" * 64 in text
    assert "本次未签名" not in text


def test_the_same_result_makes_the_same_page_in_whatever_order(result: Result, text: str) -> None:
    turned = replace(result, checks=result.checks[::-1], requirements=result.requirements[::-1])
    assert page(turned, "zh") == text


@pytest.mark.parametrize("instant", ["", "yesterday", "2026-11-22", "2026-11-22T01:15:04"])
def test_an_instant_that_is_none_does_not_break_it(make: Made, instant: str) -> None:
    one = make(2, 2)
    course: Course = replace(one.run, started=instant, finished=instant)
    assert "<h1>" in page(replace(one, run=course), "zh")
