"""Conditional create, update and delete (R4 http#ccreate, #cond-update, #3.1.0.7.1)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import SYSTEM, created, declined, name_of, patient, placed, read


@check("R4-CONDITIONAL", zh="有条件新建：无匹配则新建", en="a conditional create makes what is not there")
def create_none(run: Run) -> None:
    """If-None-Exist finds nothing: 201."""
    _claims(run, "conditionalCreate", True)
    answer = run.client().post("Patient", patient(run), If_None_Exist=_search(run))
    run.expect(answer.status == 201, "状态码为 201", "the status is 201", answer)
    run.wrote(placed(answer, "Patient"))
    run.done(run.client().get(placed(answer, "Patient")), "可读取", "it is read")


@check(
    "R4-CONDITIONAL", zh="有条件新建：已有一个则不新建", en="a conditional create leaves alone what is there"
)
def create_one(run: Run) -> None:
    """If-None-Exist finds one: 200, and there still is one."""
    _claims(run, "conditionalCreate", True)
    created(run, patient(run))
    answer = run.client().post("Patient", patient(run), If_None_Exist=_search(run))
    run.expect(answer.status == 200, "状态码为 200", "the status is 200", answer)
    run.expect(_count(run) == 1, "仍只有一个", "there still is one")


@check(
    "R4-CONDITIONAL", zh="有条件新建：匹配多个为 412", en="a conditional create that matches several is 412"
)
def create_many(run: Run) -> None:
    """If-None-Exist finds two: 412, and there still are two."""
    _claims(run, "conditionalCreate", True)
    _two(run)
    answer = declined(
        run, run.client().post("Patient", patient(run), If_None_Exist=_search(run)), "被拒绝", "it is refused"
    )
    run.expect(answer.status == 412, "状态码为 412", "the status is 412", answer)
    run.expect(_count(run) == 2, "仍为两个", "there still are two")


@check(
    "R4-CONDITIONAL",
    zh="有条件更新：无匹配则新建，有一个则更新它",
    en="a conditional update creates what is not there and updates the one that is",
)
def update_one(run: Run) -> None:
    """``PUT Patient?identifier=…`` twice."""
    _claims(run, "conditionalUpdate", True)
    where = f"Patient?{_search(run)}"
    first = run.client().send("PUT", where, patient(run))
    run.expect(first.status == 201, "无匹配：201", "none: 201", first)
    run.wrote(placed(first, "Patient"))
    second = run.client().send("PUT", where, patient(run, birthDate="1990-03-08"))
    run.expect(second.status == 200, "有一个：200", "one: 200", second)
    run.expect(
        read(run, placed(first, "Patient"))["birthDate"] == "1990-03-08",
        "被更新的是它",
        "it is the one updated",
    )


@check(
    "R4-CONDITIONAL",
    zh="有条件更新：匹配多个为 412，均不改变",
    en="a conditional update that matches several is 412 and changes none",
)
def update_many(run: Run) -> None:
    """``PUT Patient?identifier=…`` where two match."""
    _claims(run, "conditionalUpdate", True)
    both = _two(run)
    answer = run.client().send("PUT", f"Patient?{_search(run)}", patient(run, birthDate="1990-03-08"))
    declined(run, answer, "被拒绝", "it is refused")
    run.expect(answer.status == 412, "状态码为 412", "the status is 412", answer)
    run.expect(
        all(read(run, name_of(one))["birthDate"] == "1990-03-07" for one in both),
        "均未改变",
        "none has changed",
    )


@check(
    "R4-CONDITIONAL",
    zh="有条件删除：只删除所匹配的",
    en="a conditional delete takes what matches and no other",
)
def delete_one(run: Run) -> None:
    """``DELETE Patient?identifier=…``; another patient is the twin."""
    _claims(run, "conditionalDelete", "single", "multiple")
    wanted, other = created(run, patient(run)), created(run, patient(run, "other"))
    run.done(run.client().delete(f"Patient?{_search(run)}"), "删除成功", "it is deleted")
    run.expect(_count(run) == 0 and bool(wanted), "匹配的已删除", "what matched is gone")
    run.done(run.client().get(name_of(other)), "其他的仍在", "the other is still there")


@check(
    "R4-CONDITIONAL",
    zh="有条件删除匹配多个时的做法与声明一致",
    en="a conditional delete of several does as claimed",
)
def delete_many(run: Run) -> None:
    """``single``: 412 and both stay; ``multiple``: both go."""
    _claims(run, "conditionalDelete", "single", "multiple")
    _two(run)
    answer = run.client().delete(f"Patient?{_search(run)}")
    if Claims.of(run).types["Patient"]["conditionalDelete"] == "multiple":
        run.done(answer, "声明 multiple：删除成功", "it claims multiple: they are deleted")
        run.expect(_count(run) == 0, "均已删除", "both are gone")
    else:
        run.expect(answer.status == 412, "声明 single：412", "it claims single: 412", answer)
        run.expect(_count(run) == 2, "均仍在", "both are there")


@check(
    "R4-CONDITIONAL",
    zh="没有条件的有条件删除被拒绝",
    en="a conditional delete without a condition is refused",
)
def delete_all(run: Run) -> None:
    """``DELETE Patient`` would take everything away."""
    _claims(run, "conditionalDelete", "single", "multiple")
    body = created(run, patient(run))
    answer = run.client().delete("Patient?_id=")
    run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.done(run.client().get(name_of(body)), "资源仍在", "everything is still there")


def _claims(run: Run, element: str, *values: object) -> None:
    claims = Claims.of(run)
    claims.says("Patient", element, *values)
    claims.need_parameters("Patient", ["identifier"])


def _search(run: Run) -> str:
    return f"identifier={SYSTEM}|{run.number}"


def _two(run: Run) -> list[Resource]:
    return [created(run, patient(run)), created(run, patient(run))]


def _count(run: Run) -> int:
    return len(run.client().get(f"Patient?{_search(run)}").entries)
