"""Searching: all that matches and nothing else (R4 search.html)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.suites.fhir.asking import asked, matches, people
from conformance.suites.fhir.cases import filled, read
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import created, declined, name_of, patient, updated
from conformance.suites.fhir.population import population

_CASES = read("fhir_api", "searches")
_STRICT = "handling=strict"


@checks(
    [
        Case(one["name"], one["row"], Words(f"检索：{one['zh']}", f"a search: {one['en']}"), (one,))
        for one in _CASES
    ]
)
def search(run: Run, case: dict[str, Any]) -> None:
    """Search the population; what is found is exactly what must be.

    What R4 lets a server leave out (``optional``) must be refused by a server that has it not, not ignored.
    """
    Claims.of(run).need_parameters(case["of"], case["params"])
    there = population(run)
    wanted = str(case["finds"]).split()
    if any(one not in there.ids for one in wanted) or "{" in filled(case["query"], **there.given("x")):
        raise Skipped("目标不能写入该类资源", "the target takes no resources of this type")
    answer = asked(run, case["of"], filled(case["query"], **there.given(run.client().base)), Prefer=_STRICT)
    if case.get("optional") and 400 <= answer.status < 500:
        raise Skipped("目标拒绝该写法（R4 允许不支持）", "the target refuses this form, as R4 lets it")
    run.done(answer, "检索成功", "it is answered")
    run.expect(answer.body.get("type") == "searchset", "为 searchset", "it is a searchset", answer)
    known = [there.letters.get(str(one.get("id")), "?") for one in matches(answer)]
    found = sorted([one for one in known if one != "?"] + ["?"] * ("?" in known))
    run.expect(
        found == sorted(wanted),
        f"得到 {' '.join(wanted) or '空'}",
        f"it finds {' '.join(wanted) or 'nothing'}",
        same(" ".join(found) or "-"),
    )


@check(
    "R4-SEARCH",
    zh="检索结果标明方式、地址和总数",
    en="what is found has its mode, its address, and the total is right",
)
def bundle(run: Run) -> None:
    """R4 bdl-2…8: search.mode, fullUrl, total."""
    there = people(run)
    answer = run.done(asked(run, "Patient", f"family=Q{there}&_total=accurate"), "检索成功", "it is answered")
    entries = answer.body.get("entry") or []
    run.expect(len(entries) == 4, "得到四位", "four are found", same(str(len(entries))))
    run.expect(
        all((one.get("search") or {}).get("mode") == "match" for one in entries),
        "search.mode 为 match",
        "search.mode is match",
    )
    ends = all(str(one.get("fullUrl", "")).endswith(name_of(one["resource"])) for one in entries)
    run.expect(ends, "fullUrl 指向该资源", "fullUrl names it")
    run.expect(answer.body.get("total", 4) == 4, "总数为四", "the total is four", answer)


@check("R4-SEARCH", zh="自链接说明实际使用的参数", en="the self link says what was used")
def self_link(run: Run) -> None:
    """R4 search#self: SHALL be there, with the parameters that were used."""
    there = people(run)
    answer = run.done(asked(run, "Patient", f"family=Q{there}&gender=male"), "检索成功", "it is answered")
    said = dict(parse_qsl(urlsplit(answer.link("self")).query))
    run.expect(
        said.get("family") == f"Q{there}" and said.get("gender") == "male",
        "自链接含所用参数",
        "the self link has what was used",
        same("" if answer.link("self") else "no self link"),
    )


@check("R4-SEARCH", zh="更新之后按新内容检索", en="after an update it is found by what it says now")
def follows_writes(run: Run) -> None:
    """The former value finds nothing any more."""
    claims = Claims.of(run)
    claims.need("Patient", "create", "update")
    claims.need_parameters("Patient", ["family", "birthdate"])
    body = created(run, patient(run))
    for birth in ("1990-03-07", "1990-03-08"):
        body = updated(run, body, birthDate=birth)
    found = {
        birth: len(matches(asked(run, "Patient", f"family=Q{run.number}&birthdate={birth}")))
        for birth in ("1990-03-07", "1990-03-08")
    }
    run.expect(
        found["1990-03-08"] == 1, "按新值检索得到", "the new value finds it", same(str(found["1990-03-08"]))
    )
    run.expect(
        found["1990-03-07"] == 0,
        "按旧值检索不到",
        "the former value does not",
        same(str(found["1990-03-07"])),
    )


@check(
    "R4-SEARCH-STRICT",
    zh="handling=strict 时未知参数被拒绝",
    en="with handling=strict an unknown parameter is refused",
)
def unknown_strict(run: Run) -> None:
    """The twin is the same search without it."""
    there = people(run)
    run.done(
        asked(run, "Patient", f"family=Q{there}", Prefer=_STRICT),
        "没有未知参数则成功",
        "without it, it is answered",
    )
    answer = asked(run, "Patient", f"family=Q{there}&qiaoxing=1", Prefer=_STRICT)
    declined(run, answer, "未知参数被拒绝", "the unknown parameter is refused")


@check(
    "R4-SEARCH-UNKNOWN",
    zh="未知参数不会被当作已生效",
    en="an unknown parameter is never shown as if it had been used",
)
def unknown_lenient(run: Run) -> None:
    """With handling=lenient it is left out, of the self link too; a refusal is no harm either."""
    there = people(run)
    answer = asked(run, "Patient", f"family=Q{there}&qiaoxing=1", Prefer="handling=lenient")
    if not 400 <= answer.status < 500:
        run.done(answer, "检索成功", "it is answered")
        run.expect(
            len(matches(answer)) == 4,
            "其余参数生效",
            "the others are used",
            same(str(len(matches(answer)))),
        )
        run.expect(
            "qiaoxing" not in answer.link("self"), "自链接不含未知参数", "the self link does not have it"
        )
    run.expect(True, "未知参数未被当作已生效", "it is not shown as used")


@check("R4-SEARCH-MODIFIER", zh="不支持的修饰符被拒绝", en="a modifier that is none is refused")
def unknown_modifier(run: Run) -> None:
    """R4 search#modifiers: SHALL reject."""
    there = people(run)
    run.done(asked(run, "Patient", f"family=Q{there}"), "没有修饰符则成功", "without it, it is answered")
    declined(run, asked(run, "Patient", f"family:qiaoxing=Q{there}"), "被拒绝", "it is refused")


@check("R4-SEARCH-STRICT", zh="不合规的参数值被拒绝", en="a value that is none of its kind is refused")
def bad_value(run: Run) -> None:
    """Dates, with handling=strict."""
    there = people(run)
    for value in ("yesterday", "2025-13-01", "ge"):
        answer = asked(run, "Patient", f"family=Q{there}&birthdate={value}", Prefer=_STRICT)
        declined(run, answer, "被拒绝", "it is refused")
    run.done(
        asked(run, "Patient", f"family=Q{there}&birthdate=ge1900", Prefer=_STRICT),
        "合规的值成功",
        "a good one is answered",
    )


@check("R4-SEARCH-POST", zh="POST _search 与 GET 结果相同", en="POST _search finds what GET finds")
def post(run: Run) -> None:
    """A form; R4 http#search: SHALL where search is supported."""
    there = people(run)
    form = urlencode({"family": f"Q{there}", "gender": "male"}).encode()
    answer = run.client().post("Patient/_search", form, Content_Type="application/x-www-form-urlencoded")
    run.done(answer, "POST 检索成功", "it is answered")
    got = asked(run, "Patient", f"family=Q{there}&gender=male")
    ids = {one.get("id") for one in matches(answer)}
    run.expect(
        len(ids) == 2 and ids == {one.get("id") for one in matches(got)},
        "结果相同",
        "it finds the same",
        same(str(len(ids))),
    )
