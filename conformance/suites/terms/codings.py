"""Codings: the unified ones, clinical subjects, and tests that were done before (CQ18 2 and 20; NATA 1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import today, with_
from conformance.suites.fhir.cases import read as cases
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import validating

_SUBJECTS = ("03.04", "03.99", "04.01")
"""Annex 5 of CQ49: a subject that the hospital has, one that is not in the table, one not approved."""


@checks(
    [
        Case(
            one["name"],
            "CQ18-20",
            Words(
                f"未知代码给出提示或被拒绝：{one['zh']}",
                f"an unknown code is pointed out or refused: {one['en']}",
            ),
            (one,),
        )
        for one in cases("terminology", "unified")
    ]
)
def unified(run: Run, case: dict[str, Any]) -> None:
    """Validate a resource with a code that the classification has not; the twin has one that it has."""
    Claims.of(run).need_operation("validate", case["body"]["resourceType"])
    said = {**case, **(run.target.setting(f"codes.{case['name']}") or {})}
    if not said.get("system"):
        where = f"settings.codes.{case['name']}"
        raise Skipped(
            f"目标未声明该编码的 system（{where}）", f"the target does not declare its system ({where})"
        )
    run.step("校验含未知代码的资源", "a resource with an unknown code is validated")
    unknown = _pointed_out(run, said, said["unknown"])
    if not unknown:
        validating(run, str(case["body"]["resourceType"]))
    run.expect(
        bool(unknown),
        "未知代码有提示或错误",
        "the unknown code gets a warning or an error",
        Words("没有提示", "nothing") if not unknown else same(unknown[0]),
    )
    run.step("校验含已知代码的资源", "a resource with a known code is validated")
    known = _pointed_out(run, said, said["known"])
    run.expect(not known, "已知代码没有提示", "the known code gets none", same(", ".join(known)))


@check(
    "CQ18-2.2",
    zh="互认期内重复的检验申请有提示",
    en="a test that was done within the window is pointed out when it is requested again",
    needs=("actions.submit", "signing"),
)
def duplicate(run: Run) -> None:
    """A report of the same item of five days ago; the twin requests another item."""
    scene = Scene(run).begun()
    run.given(
        scene.write([_report(scene, "血脂四项", 5)]),
        "写入五天前的报告",
        "a report of five days ago is written",
    )
    run.step("申请相同项目", "the same item is requested")
    same_item = scene.submit([_requested(scene, "a", "血脂四项")])
    warned = _warnings(same_item)
    run.expect(warned > 0 or same_item.refused, "有提示", "it is pointed out", same_item)
    run.step("申请其他项目", "another item is requested")
    other = scene.submit([_requested(scene, "b", "肝功能")])
    run.done(other, "提交成功", "it is taken")
    run.expect(_warnings(other) == 0, "没有提示", "nothing is pointed out", other)


@check(
    "CQ18-2.2",
    zh="互认期外的结果不作重复提示",
    en="a result from before the window is not pointed out",
    needs=("actions.submit", "signing"),
)
def duplicate_long_ago(run: Run) -> None:
    """A report of two years ago."""
    scene = Scene(run).begun()
    run.given(
        scene.write([_report(scene, "血脂四项", 730)]),
        "写入两年前的报告",
        "a report of two years ago is written",
    )
    answer = run.done(scene.submit([_requested(scene, "a", "血脂四项")]), "提交成功", "it is taken")
    run.expect(bool(answer.told.get("serial")), "获得流水号", "it gets its serial", answer)
    run.expect(_warnings(answer) == 0, "没有提示", "nothing is pointed out", answer)


@check(
    "CQ18-2.2",
    zh="开单时可查得互认期内的结果",
    en="results within the window are found when a test is requested",
)
def looked_up(run: Run) -> None:
    """By patient and item, newest first; nobody else's."""
    mine, other = Scene(run, suffix="a"), Scene(run, suffix="b")
    for scene in (mine, other):
        run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
        run.given(scene.write([_report(scene, "血脂四项", 5)]), "写入报告", "a report is written")
    Claims.of(run).need_parameters("DiagnosticReport", ["patient", "date"])
    since = f"{today() - timedelta(days=15):%Y-%m-%d}"
    answer = run.client("physician").get(f"DiagnosticReport?patient={mine.patient[8:]}&date=ge{since}")
    run.done(answer, "查询成功", "it is answered")
    found = [one.get("id") for one in answer.entries]
    run.expect(
        found == [f"x{mine.visit.number}"],
        "得到该患者的报告",
        "that patient's report is found",
        same(str(len(found))),
    )


@checks(
    [
        Case(
            name,
            "NATA-1",
            Words(f"就诊科目{zh}则被拒绝", f"a visit is refused whose subject {en}"),
            (code,),
            needs=("identities.physician",),
        )
        for name, zh, en, code in (
            ("unknown", "不在科目代码表中", "the table of codes does not have", _SUBJECTS[1]),
            ("unapproved", "未经核准", "was not approved", _SUBJECTS[2]),
        )
    ]
)
def subject(run: Run, code: str) -> None:
    """Annex 5 of CQ49; the twin has the subject that the hospital has."""
    run.done(Scene(run, suffix="a").admit(), "已核准科目可接诊", "a visit in an approved subject begins")
    scene = Scene(run, suffix="b")
    coding = scene.opening()["serviceType"]["coding"][0]
    said = {"coding": [{**coding, "code": code, "display": None}]}
    run.refused(scene.admit(serviceType=_without_none(said)), "接诊被拒绝", "the visit is refused")


def _pointed_out(run: Run, case: dict[str, Any], code: str) -> list[str]:
    """Return the codes of issues about a coding: warnings and errors at its place, or about a code."""
    body = _with_coding(case["body"], {"system": case["system"], "code": str(code)})
    answer = run.client().post(f"{body['resourceType']}/$validate", body)
    run.expect(answer.kind == "OperationOutcome", "得到校验结果", "it is validated", answer)
    return [
        str(one.get("code"))
        for one in answer.body.get("issue") or []
        if one.get("severity") in ("warning", "error", "fatal")
        and (
            one.get("code") in ("code-invalid", "not-found")
            or "coding" in str(one.get("expression") or one.get("location"))
        )
    ]


def _with_coding(value: Any, coding: Resource) -> Any:
    if isinstance(value, dict):
        return {name: _with_coding(one, coding) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_coding(one, coding) for one in value]
    return coding if value == "{coding}" else value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value


def _report(scene: Scene, item: str, days: int) -> Resource:
    return {
        "resourceType": "DiagnosticReport",
        "id": f"x{scene.visit.number}",
        "status": "final",
        "code": {"text": item},
        "subject": {"reference": scene.patient},
        "effectiveDateTime": f"{today() - timedelta(days=days):%Y-%m-%d}",
    }


def _requested(scene: Scene, letter: str, item: str) -> Resource:
    """Write a request of the visit as a prerequisite; returns it."""
    made = scene.request("lab", item)
    body = with_(made, id=f"{made['id']}{letter}")
    if body.get("identifier"):
        body["identifier"] = [{**one, "value": f"{one['value']}{letter}"} for one in body["identifier"]]
    scene.run.given(scene.write([body]), "写入申请", "the request is written")
    return body


def _warnings(answer: Answer) -> int:
    """Return how many warnings an answer brings: findings that it tells, or issues of its own."""
    told = answer.told.get("findings")
    issues = [*each(told, "issue"), *each(answer.body, "issue")] if told else list(each(answer.body, "issue"))
    return sum(one.get("severity") in ("warning", "information") for one in issues if isinstance(one, dict))
