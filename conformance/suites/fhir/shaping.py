"""Shaping: order, includes, summaries, and the compartments of patients (R4 search.html)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.asking import asked, matches, people
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import CODES, created, patient
from conformance.suites.fhir.population import population

_SUBSETTED = "SUBSETTED"


@check("R4-SORT", zh="_sort 升序与降序", en="_sort up and down")
def sort(run: Run) -> None:
    """By birthdate; who has none is last or first, and left out of the comparison."""
    there = people(run)
    for rule, wanted in (("birthdate", "p3 p1"), ("-birthdate", "p1 p3")):
        answer = run.done(
            asked(run, "Patient", f"family=Q{there}&birthdate=lt1990-03-08&_sort={rule}"),
            "检索成功",
            "it is answered",
        )
        _used(answer, "_sort")
        found = _letters(run, answer, ("p1", "p3"))
        run.expect(
            found == wanted.split(), f"次序为 {wanted}", f"the order is {wanted}", same(" ".join(found))
        )


@check("R4-SORT", zh="_sort 按多个规则", en="_sort by two rules")
def sort_twice(run: Run) -> None:
    """By gender, then by birthdate downwards."""
    there = people(run)
    answer = run.done(
        asked(run, "Patient", f"family=Q{there}&gender=male,female&_sort=gender,birthdate"),
        "检索成功",
        "it is answered",
    )
    _used(answer, "_sort")
    found = _letters(run, answer)
    run.expect(found == ["p1", "p3", "p2"], "次序为 p1 p3 p2", "the order is p1 p3 p2", same(" ".join(found)))


@check(
    "R4-INCLUDE",
    zh="_include 带出所引用的资源，各一次，标明 include",
    en="_include brings what is referred to, each once, marked as include",
)
def include(run: Run) -> None:
    """Observations with their patients."""
    there = population(run)
    claims = Claims.of(run)
    claims.need_parameters("Observation", ["code"])
    if "Observation:subject" not in (claims.types["Observation"].get("searchInclude") or []):
        raise Skipped(
            "未声明 Observation:subject 的 _include", "_include of Observation:subject is not claimed"
        )
    answer = asked(run, "Observation", f"code={CODES}|{there.number}&_include=Observation:subject")
    run.done(answer, "检索成功", "it is answered")
    run.expect(len(matches(answer)) == 6, "匹配六条", "six match", same(str(len(matches(answer)))))
    found = sorted(there.letters.get(str(one.get("id")), "?") for one in matches(answer, "include"))
    run.expect(found == ["p1", "p2"], "带出 p1 p2", "p1 and p2 are brought", same(" ".join(found)))


@check("R4-INCLUDE", zh="_revinclude 带出指向它的资源", en="_revinclude brings what refers to it")
def revinclude(run: Run) -> None:
    """A patient with his observations."""
    there = population(run)
    claims = Claims.of(run)
    claims.need_parameters("Patient", ["_id"])
    if "Observation:subject" not in (claims.types["Patient"].get("searchRevInclude") or []):
        raise Skipped(
            "未声明 Observation:subject 的 _revinclude", "_revinclude of Observation:subject is not claimed"
        )
    answer = asked(run, "Patient", f"_id={there.ids['p2']}&_revinclude=Observation:subject")
    run.done(answer, "检索成功", "it is answered")
    found = sorted(there.letters.get(str(one.get("id")), "?") for one in matches(answer, "include"))
    run.expect(len(matches(answer)) == 1, "匹配一位", "one matches", same(str(len(matches(answer)))))
    run.expect(found == ["o4", "o5"], "带出 o4 o5", "o4 and o5 are brought", same(" ".join(found)))


@check("R4-SUMMARY", zh="_summary=count 只返回总数", en="_summary=count gives the total and nothing else")
def count(run: Run) -> None:
    """R4 search#summary."""
    there = people(run)
    answer = run.done(asked(run, "Patient", f"family=Q{there}&_summary=count"), "检索成功", "it is answered")
    _used(answer, "_summary")
    run.expect(
        answer.body.get("total") == 4 and not answer.entries,
        "总数为四，无条目",
        "the total is four, without entries",
        answer,
    )


@check(
    "R4-SUMMARY",
    zh="_summary=true 只返回摘要元素并标明 SUBSETTED",
    en="_summary=true gives the summary, marked SUBSETTED",
)
def summary(run: Run) -> None:
    """Patient.maritalStatus is no element of the summary, birthDate is."""
    Claims.of(run).need_parameters("Patient", ["family"])
    body = created(run, patient(run, maritalStatus={"text": "未婚"}))
    answer = run.done(
        asked(run, "Patient", f"family=Q{run.number}&_summary=true"), "检索成功", "it is answered"
    )
    _used(answer, "_summary")
    found = (answer.entries or [{}])[0]
    run.expect(
        "maritalStatus" not in found, "摘要之外的元素不在", "what is no part of the summary is not there"
    )
    run.expect(
        found.get("id") == body["id"] and found.get("birthDate") == "1990-03-07",
        "摘要元素在",
        "the summary is there",
        answer,
    )
    run.expect(_marked(found), "标明 SUBSETTED", "it is marked SUBSETTED")


@check(
    "R4-ELEMENTS",
    zh="_elements 返回所要的和必填的元素，并标明 SUBSETTED",
    en="_elements gives what was asked for and what is mandatory, marked SUBSETTED",
)
def elements(run: Run) -> None:
    """Observation.status and code are mandatory."""
    there = population(run)
    Claims.of(run).need_parameters("Observation", ["code"])
    answer = asked(run, "Observation", f"code={CODES}|{there.number}&_elements=subject")
    run.done(answer, "检索成功", "it is answered")
    found = matches(answer)
    _used(answer, "_elements")
    whole = [one for one in found if "effectiveDateTime" in one or "effectivePeriod" in one]
    run.expect(not whole, "没有要的元素不在", "what was not asked for is not there", same(str(len(whole))))
    run.expect(
        len(found) == 6 and all({"subject", "status", "code"} <= set(one) for one in found),
        "所要的与必填的都在",
        "what was asked for and what is mandatory is there",
        answer,
    )
    run.expect(all(_marked(one) for one in found), "标明 SUBSETTED", "each is marked SUBSETTED")


@check(
    "R4-COMPARTMENT",
    zh="患者区隔检索只得到该患者的",
    en="a search of a patient's compartment finds that patient's only",
)
def compartment(run: Run) -> None:
    """``Patient/id/Observation``; the twin is another patient's."""
    there = population(run)
    listed = [str(one) for one in Claims.of(run).rest.get("compartment") or []]
    if not any(one.endswith("/patient") for one in listed) or "o1" not in there.ids:
        raise Skipped("未声明患者区隔", "the compartment of patients is not claimed")
    for who, wanted in (("p1", "o1 o2 o3 o6"), ("p2", "o4 o5"), ("p3", "")):
        answer = run.done(
            run.client().get(f"Patient/{there.ids[who]}/Observation"), "检索成功", "it is answered"
        )
        found = _letters(run, answer)
        run.expect(
            sorted(found) == wanted.split(),
            f"得到 {wanted or '空'}",
            f"it finds {wanted or 'nothing'}",
            same(" ".join(sorted(found))),
        )


@check(
    "R4-COMPARTMENT",
    zh="$everything 返回该患者的全部而不含他人的",
    en="$everything gives all of a patient and nothing of another",
)
def everything(run: Run) -> None:
    """The patient, the observations; nobody else's."""
    there = population(run)
    Claims.of(run).need_operation("everything", "Patient")
    answer = run.done(run.client().get(f"Patient/{there.ids['p1']}/$everything"), "成功", "it is answered")
    found = {there.letters.get(str(one.get("id")), "") for one in answer.entries}
    wanted = {name for name in ("p1", "o1", "o2", "o3", "o6", "r1", "r2", "r3") if name in there.ids}
    run.expect(
        wanted <= found, "该患者的都在", "all of the patient is there", same(" ".join(sorted(wanted - found)))
    )
    run.expect(not found & {"p2", "p3", "p4", "o4", "o5"}, "他人的不在", "nothing of another is")


def _used(answer: Answer, name: str) -> None:
    """Go on only where the self link says that a parameter was used. Raises :class:`Skipped`."""
    if name not in dict(parse_qsl(urlsplit(answer.link("self")).query, keep_blank_values=True)):
        raise Skipped(
            f"目标不支持 {name}（自链接不含它）", f"the target does not use {name}, its self link says"
        )


def _letters(run: Run, answer: Answer, only: tuple[str, ...] = ()) -> list[str]:
    letters = population(run).letters
    found = [letters.get(str(one.get("id")), "?") for one in matches(answer)]
    return [one for one in found if not only or one in only]


def _marked(body: Resource) -> bool:
    return any(one.get("code") == _SUBSETTED for one in (body.get("meta") or {}).get("tag") or [])
