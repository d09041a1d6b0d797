"""Operations of a terminology server (R4 terminology-service.html)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import declined

_GENDER = "http://hl7.org/fhir/administrative-gender"
_GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
_KNOWN = {"male", "female", "other", "unknown"}
_MALE = {"male", "男", "男性"}


@check("R4-EXPAND", zh="$expand 得到值集的全部代码", en="$expand lists the codes of a value set, all of them")
def expand(run: Run) -> None:
    """administrative-gender: four codes."""
    Claims.of(run).need_operation("expand", "ValueSet")
    answer = run.done(run.client().get(f"ValueSet/$expand?url={_GENDERS}"), "成功", "it is answered")
    codes = set(each(answer.body, "expansion.contains.code"))
    run.expect(
        answer.kind == "ValueSet" and codes == _KNOWN,
        "四个代码",
        "its four codes",
        same(", ".join(sorted(codes))),
    )
    run.expect(bool(answer.body["expansion"].get("timestamp")), "有时间戳", "it has a timestamp")


@check("R4-EXPAND", zh="$expand 支持过滤与分页", en="$expand filters, and pages")
def expand_filter(run: Run) -> None:
    """``filter``, ``offset`` and ``count``."""
    Claims.of(run).need_operation("expand", "ValueSet")
    answer = run.done(
        run.client().get(f"ValueSet/$expand?url={_GENDERS}&filter=fem"), "成功", "it is answered"
    )
    run.expect(
        set(each(answer.body, "expansion.contains.code")) == {"female"}, "只有 female", "female alone", answer
    )
    found = [
        code
        for offset in (0, 2)
        for code in each(
            run.client().get(f"ValueSet/$expand?url={_GENDERS}&offset={offset}&count=2").body,
            "expansion.contains.code",
        )
    ]
    run.expect(
        sorted(found) == sorted(_KNOWN),
        "分页不重不漏",
        "the pages have each code once",
        same(str(len(found))),
    )


@check("R4-EXPAND", zh="未知值集不给出空的展开", en="an unknown value set is no empty one")
def expand_unknown(run: Run) -> None:
    """404 or another refusal."""
    Claims.of(run).need_operation("expand", "ValueSet")
    run.done(run.client().get(f"ValueSet/$expand?url={_GENDERS}"), "已知值集成功", "a known one is expanded")
    declined(run, run.client().get("ValueSet/$expand?url=http://example.org/none"), "被拒绝", "it is refused")


@check(
    "R4-LOOKUP",
    zh="$lookup 得到代码的名称，未知代码被拒绝",
    en="$lookup tells what a code means, and refuses an unknown one",
)
def lookup(run: Run) -> None:
    """administrative-gender|male."""
    Claims.of(run).need_operation("lookup", "CodeSystem")
    answer = run.done(
        run.client().get(f"CodeSystem/$lookup?system={_GENDER}&code=male"), "成功", "it is answered"
    )
    said = {one.get("name"): one.get("valueString") for one in answer.body.get("parameter") or []}
    run.expect(
        str(said.get("display")).lower() in _MALE and bool(said.get("name")),
        "名称为 Male（或其译名）",
        "it is Male, in whatever language",
        answer,
    )
    declined(
        run,
        run.client().get(f"CodeSystem/$lookup?system={_GENDER}&code=qiaoxing"),
        "未知代码被拒绝",
        "an unknown code is refused",
    )


@checks(
    [
        Case(
            name,
            "R4-VALIDATE-CODE",
            Words(f"$validate-code：{zh}", f"$validate-code: {en}"),
            (where, query, result),
        )
        for name, zh, en, where, query, result in (
            (
                "in-system",
                "代码在代码系统中",
                "a code that its system has",
                "CodeSystem",
                f"url={_GENDER}&code=male",
                True,
            ),
            (
                "not-in-system",
                "代码不在代码系统中",
                "a code that its system has not",
                "CodeSystem",
                f"url={_GENDER}&code=qiaoxing",
                False,
            ),
            (
                "in-set",
                "代码在值集中",
                "a code of a value set",
                "ValueSet",
                f"url={_GENDERS}&system={_GENDER}&code=male",
                True,
            ),
            (
                "not-in-set",
                "代码不在值集中",
                "a code that is not in a value set",
                "ValueSet",
                f"url={_GENDERS}&system={_GENDER}&code=qiaoxing",
                False,
            ),
            (
                "other-system",
                "代码系统不符",
                "a code of another system",
                "ValueSet",
                f"url={_GENDERS}&system=urn:other&code=male",
                False,
            ),
            (
                "display",
                "名称不符",
                "a display that is another one",
                "CodeSystem",
                f"url={_GENDER}&code=male&display=Qiaoxing",
                False,
            ),
        )
    ]
)
def validate_code(run: Run, where: str, query: str, result: bool) -> None:
    """Its result, and a message where it is false; the opposite case is the twin."""
    Claims.of(run).need_operation("validate-code", where)
    answer = run.done(run.client().get(f"{where}/$validate-code?{query}"), "成功", "it is answered")
    said = {one.get("name"): one for one in answer.body.get("parameter") or []}
    found = (said.get("result") or {}).get("valueBoolean")
    told = bool((said.get("message") or {}).get("valueString"))
    if "display=" in query and found is True and told:
        found = False  # R4 lets a server say so in the message alone
    run.expect(
        found is result,
        f"result 为 {str(result).lower()}",
        f"result is {str(result).lower()}",
        same(str(found)),
    )
    run.expect(result or told, "说明原因", "it says why")


@check(
    "R4-VALIDATE-CODE", zh="未知代码系统的代码不被说成有效", en="no code of an unknown system is called valid"
)
def validate_unknown(run: Run) -> None:
    """False, or a refusal; the twin is a code that is valid."""
    Claims.of(run).need_operation("validate-code", "CodeSystem")
    good = run.client().get(f"CodeSystem/$validate-code?url={_GENDER}&code=male")
    run.expect(_result(good) is True, "已知的有效", "a known one is valid", good)
    answer = run.client().get("CodeSystem/$validate-code?url=http://example.org/none&code=male")
    run.expect(
        400 <= answer.status < 500 or _result(answer) is False, "false 或被拒绝", "false, or refused", answer
    )


@check(
    "R4-TERMINOLOGY",
    zh="$subsumes 说明两个代码的关系",
    en="$subsumes tells how two codes stand to each other",
)
def subsumes(run: Run) -> None:
    """The same code is equivalent; two genders are not."""
    Claims.of(run).need_operation("subsumes", "CodeSystem")
    for other, wanted in (("male", "equivalent"), ("female", "not-subsumed")):
        answer = run.client().get(f"CodeSystem/$subsumes?system={_GENDER}&codeA=male&codeB={other}")
        found = [
            one.get("valueCode") for one in answer.body.get("parameter") or [] if one.get("name") == "outcome"
        ]
        run.expect(found == [wanted], f"结果为 {wanted}", f"it is {wanted}", answer)


@check(
    "R4-TRANSLATE",
    zh="$translate 按 ConceptMap 转换，未知代码没有结果",
    en="$translate goes by its ConceptMap, and guesses nothing",
)
def translate(run: Run) -> None:
    """The first map that the target shows: its first element, and a code that it has not."""
    url, source, code, target = _mapped(run)
    given = f"url={quote(url)}&code={quote(code)}&system={quote(source)}"
    answer = run.done(run.client().get(f"ConceptMap/$translate?{given}"), "成功", "it is answered")
    found = set(each(answer.body, "parameter[name=match].part[name=concept].valueCoding.code"))
    run.expect(
        _result(answer) is True and target in found,
        "得到映射的代码",
        "it gives the code that is mapped",
        answer,
    )
    lost = run.client().get(
        f"ConceptMap/$translate?{given.replace(f'code={quote(code)}&', 'code=qiaoxing&')}"
    )
    run.expect(
        400 <= lost.status < 500 or _result(lost) is False,
        "未知代码没有结果",
        "an unknown code has none",
        lost,
    )


@check(
    "R4-TERMINOLOGY",
    zh="声明支持术语时说明有哪些代码系统",
    en="a terminology server says which code systems it has",
)
def capabilities(run: Run) -> None:
    """``metadata?mode=terminology``: what it lists can be asked for."""
    claims = Claims.of(run)
    claims.need_operation("validate-code", "CodeSystem")
    answer = run.client().get("metadata?mode=terminology")
    run.expect(
        answer.kind == "TerminologyCapabilities",
        "为 TerminologyCapabilities",
        "it is TerminologyCapabilities",
        answer,
    )
    listed = sorted(str(one) for one in each(answer.body, "codeSystem.uri"))
    run.expect(bool(listed), "列出代码系统", "it lists code systems")
    for one in run.random.sample(listed, min(5, len(listed))):
        found = run.client().get(f"CodeSystem/$validate-code?url={one}&code=qiaoxing")
        known = found.kind == "Parameters" and isinstance(_result(found), bool)
        run.expect(known, "所列的可查询", "each can be asked", found)


def _result(answer: Answer) -> Any:
    found = [
        one.get("valueBoolean") for one in answer.body.get("parameter") or [] if one.get("name") == "result"
    ]
    return found[0] if found else None


def _mapped(run: Run) -> tuple[str, str, str, str]:
    """Return url, source system, code and its target of a map. Raises :class:`Skipped`: none is seen."""
    claims = Claims.of(run)
    claims.need_operation("translate", "ConceptMap")
    claims.need("ConceptMap", "search-type")
    for one in run.client().get("ConceptMap?_count=100").entries:
        whole = run.client().get(f"ConceptMap/{one.get('id')}").body
        for group in whole.get("group") or []:
            for element in group.get("element") or []:
                found = [code for code in each(element, "target.code") if code]
                if found and whole.get("url") and group.get("source") and element.get("code"):
                    return (
                        str(whole["url"]),
                        str(group.get("source") or ""),
                        str(element["code"]),
                        str(found[0]),
                    )
    raise Skipped("目标没有可查看的 ConceptMap", "the target has no ConceptMap that can be seen")
