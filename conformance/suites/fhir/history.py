"""History: of an instance, a type and the system, and what came since a moment (R4 http#history)."""

from __future__ import annotations

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import created, declined, name_of, patient, sample, updated, version

_PAGES = 40


@check(
    "R4-HISTORY",
    zh="资源历史列出全部版本，新的在前",
    en="a resource's history tells all its versions, the newest first",
)
def history_instance(run: Run) -> None:
    """Create, update twice, ask."""
    made = _three(run)
    answer = run.done(run.client().get(f"{name_of(made[0])}/_history"), "查询成功", "it is answered")
    run.expect(answer.body.get("type") == "history", "为 history Bundle", "it is a history Bundle", answer)
    found = [version(one) for one in answer.entries]
    run.expect(
        found == [version(one) for one in made[::-1]],
        "版本齐全，新的在前",
        "all are there, the newest first",
        same(str(len(found))),
    )
    births = [one.get("birthDate") for one in answer.entries]
    run.expect(births == [one["birthDate"] for one in made[::-1]], "各为当时内容", "each as it was")


@check(
    "R4-HISTORY", zh="历史条目注明请求与答复", en="entries of a history say by what request they came about"
)
def history_requests(run: Run) -> None:
    """R4 bdl-3, bdl-4: request and response SHALL be there in a history."""
    made = _three(run)
    answer = run.done(run.client().get(f"{name_of(made[0])}/_history"), "查询成功", "it is answered")
    methods = [str((one.get("request") or {}).get("method")) for one in _entries(answer)]
    run.expect(
        methods[-1:] in (["POST"], ["PUT"])
        and set(methods) <= {"POST", "PUT", "PATCH"}
        and len(methods) == 3,
        "request.method 为 POST、PUT",
        "request.method is POST, PUT",
        same(", ".join(methods)),
    )
    told = all((one.get("response") or {}).get("status") for one in _entries(answer))
    run.expect(told, "response.status 齐全", "response.status is there")


@check("R4-HISTORY", zh="历史记载删除", en="a history tells of the deletion")
def history_deletion(run: Run) -> None:
    """The entry says DELETE and has no resource."""
    made = _three(run)
    Claims.of(run).need("Patient", "delete")
    run.given(run.client().delete(name_of(made[0])), "删除", "it is deleted")
    answer = run.done(run.client().get(f"{name_of(made[0])}/_history"), "查询成功", "it is answered")
    newest = (_entries(answer) or [{}])[0]
    run.expect(
        (newest.get("request") or {}).get("method") == "DELETE",
        "最新条目为 DELETE",
        "the newest entry is DELETE",
    )
    run.expect("resource" not in newest, "该条目无资源", "it has no resource")
    run.expect(len(_entries(answer)) == 4, "原有版本仍在", "the versions before are still there")


@check("R4-HISTORY", zh="历史分页不重不漏", en="the pages of a history neither repeat nor miss a version")
def history_pages(run: Run) -> None:
    """Two of five versions a page."""
    made = [*_three(run)]
    for birth in ("1990-04-01", "1990-04-02"):
        made.append(updated(run, made[-1], birthDate=birth))
    answer, found = (
        run.done(run.client().get(f"{name_of(made[0])}/_history?_count=2"), "查询成功", "it is answered"),
        [],
    )
    run.expect(
        len(answer.entries) <= 2,
        "每页不超过 _count",
        "a page has at most _count",
        same(str(len(answer.entries))),
    )
    for _ in range(_PAGES):
        found += [version(one) for one in answer.entries]
        if not answer.link("next"):
            break
        answer = run.done(run.client().get(answer.link("next")), "下一页", "the next page")
    run.expect(
        found == [version(one) for one in made[::-1]], "不重不漏", "each version once", same(str(len(found)))
    )


@check("R4-HISTORY", zh="不存在的资源没有历史", en="what never was has no history")
def history_absent(run: Run) -> None:
    """404; the twin is one that is there."""
    body = sample(run)
    Claims.of(run).need(str(body["resourceType"]), "history-instance")
    run.done(run.client().get(f"{name_of(body)}/_history"), "存在的有历史", "what is there has one")
    answer = run.client().get(f"{body['resourceType']}/conformance-absent/_history")
    declined(run, answer, "不存在的被拒绝", "what is not there is refused")


@check("R4-HISTORY", zh="类型级历史包含新写入的版本", en="the history of a type has what was just written")
def history_of_type(run: Run) -> None:
    """The newest comes first, so it is on one of the first pages."""
    Claims.of(run).need("Patient", "history-type")
    made = _three(run)
    found = _newest(run, "Patient/_history?_count=200", name_of(made[0]))
    run.expect(
        found == [version(one) for one in made[::-1]],
        "三个版本均在",
        "its three versions are there",
        same(str(len(found))),
    )


@check(
    "R4-HISTORY", zh="系统级历史包含新写入的版本", en="the history of the system has what was just written"
)
def history_of_system(run: Run) -> None:
    """As that of a type."""
    Claims.of(run).need_system("history-system")
    made = _three(run)
    found = _newest(run, "_history?_count=200", name_of(made[0]))
    run.expect(
        found == [version(one) for one in made[::-1]],
        "三个版本均在",
        "its three versions are there",
        same(str(len(found))),
    )


@check(
    "R4-SINCE",
    zh="_since 之前的版本不出现，之后的一个不少",
    en="_since leaves out what was before, and nothing that came later",
)
def history_since(run: Run) -> None:
    """Ask for what came since the second version."""
    made = _three(run)
    moment = str(made[1]["meta"]["lastUpdated"]).replace("+", "%2B")
    answer = run.done(
        run.client().get(f"{name_of(made[0])}/_history?_since={moment}"), "查询成功", "it is answered"
    )
    found = [version(one) for one in answer.entries]
    run.expect(version(made[2]) in found, "之后的版本在", "the later version is there")
    same_moment = made[0]["meta"]["lastUpdated"] == made[1]["meta"]["lastUpdated"]
    run.expect(
        same_moment or version(made[0]) not in found,
        "之前的版本不在",
        "the earlier version is not",
        same(str(len(found))),
    )


@check("R4-SINCE", zh="类型级历史遵守 _since", en="the history of a type keeps to _since")
def history_since_type(run: Run) -> None:
    """What is in the future is empty; since the second version: the earlier one is not there."""
    Claims.of(run).need("Patient", "history-type")
    made = _three(run)
    later = run.done(
        run.client().get("Patient/_history?_since=2100-01-01T00:00:00Z"), "查询成功", "it is answered"
    )
    run.expect(not later.entries, "未来时刻之后为空", "since a moment to come there is nothing", later)
    moment = str(made[2]["meta"]["lastUpdated"]).replace("+", "%2B")
    found = _newest(run, f"Patient/_history?_since={moment}&_count=200", name_of(made[0]), 1)
    run.expect(version(made[2]) in found, "之后的版本在", "the later version is there")
    same_moment = made[0]["meta"]["lastUpdated"] == made[2]["meta"]["lastUpdated"]
    run.expect(same_moment or version(made[0]) not in found, "之前的版本不在", "the earlier version is not")


@check("R4-AT", zh="_at 只返回该时刻的现行版本", en="_at tells the version that was current at a moment")
def history_at(run: Run) -> None:
    """At the moment of the second version; a target may refuse the parameter, but not ignore it."""
    made = _three(run)
    if len({str(one["meta"]["lastUpdated"]) for one in made}) < len(made):
        raise Skipped("版本时间相同，无法区分", "the versions have one time, which tells nothing apart")
    moment = str(made[1]["meta"]["lastUpdated"]).replace("+", "%2B")
    answer = run.client().get(f"{name_of(made[0])}/_history?_at={moment}")
    if 400 <= answer.status < 500:
        raise Skipped("目标拒绝 _at（R4 允许不支持）", "the target refuses _at, as R4 lets it")
    run.done(answer, "查询成功", "it is answered")
    found = [version(one) for one in answer.entries]
    run.expect(version(made[1]) in found, "该时刻的版本在", "the version of that moment is there")
    run.expect(
        version(made[2]) not in found, "之后的版本不在", "the later version is not", same(str(len(found)))
    )


def _three(run: Run) -> list[Resource]:
    """Return three versions of one patient. Raises :class:`Skipped`."""
    Claims.of(run).need("Patient", "create", "update", "history-instance")
    made = [created(run, patient(run))]
    for birth in ("1990-03-08", "1990-03-09"):
        made.append(updated(run, made[-1], birthDate=birth))
    if not all(version(one) for one in made):
        raise Skipped("前提未满足：答复未告知版本号", "prerequisite not met: no version is told")
    return made


def _entries(answer: Answer) -> list[Resource]:
    return [one for one in answer.body.get("entry") or [] if isinstance(one, dict)]


def _newest(run: Run, path: str, name: str, wanted: int = 3) -> list[str]:
    """Return the versions of a resource on the first pages of a history, until there are enough."""
    found: list[str] = []
    answer = run.done(run.client().get(path), "查询成功", "it is answered")
    run.expect(answer.body.get("type") == "history", "为 history Bundle", "it is a history Bundle", answer)
    for _ in range(_PAGES):
        found += [
            version(one) for one in answer.entries if f"{one.get('resourceType')}/{one.get('id')}" == name
        ]
        if len(found) >= wanted or not answer.link("next"):
            break
        answer = run.done(run.client().get(answer.link("next")), "下一页", "the next page")
    return found
