"""Subjects of supervision: staff, prescriptions, conduct, privacy, security (渝卫发〔2019〕49号 4)."""

from __future__ import annotations

from conformance.harness.check import Case, check, checks
from conformance.harness.feed import Feed, Told
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.pulled import (
    number,
)


def _staff(scene: Scene) -> list[str]:
    parts = scene.begun().prescription()
    scene.submitted(parts)
    return ["Practitioner"]


_SUBJECTS = {
    "staff": (Words("人员", "staff"), ("Practitioner",)),
    "prescriptions": (Words("处方", "prescriptions"), ("RequestGroup", "MedicationRequest")),
    "conduct": (Words("诊疗行为", "conduct"), ("Encounter", "Composition")),
    "privacy": (Words("患者隐私保护", "privacy"), ("Consent",)),
}


@checks(
    [
        Case(
            name,
            "CQ49-4.3",
            Words(f"监管数据支持对{words.zh}的监管", f"the feed lets {words.en} be supervised"),
            (types,),
            False,
            (*FEED, *SIGNS),
        )
        for name, (words, types) in _SUBJECTS.items()
    ]
)
def subject(run: Run, types: tuple[str, ...]) -> None:
    """Make a visit with prescription and record; the feed brings what the subject is supervised by."""
    scene, feed = Scene(run), Feed(run)
    before = feed.size()
    scene.begun()
    parts, record = scene.prescription(), scene.record()
    scene.submitted(parts)
    scene.submitted([record])
    pages = feed.pages(before, about=[scene.encounter, place(parts[0]), place(record)])
    resources = {name: one for page in pages for name, one in page.resources.items()}
    for kind in types:
        mine = [one for one in resources.values() if one["resourceType"] == kind and _ours(scene, one)]
        run.expect(bool(mine), f"监管数据中有 {kind}", f"the feed brings the {kind}", number(mine))


def _ours(scene: Scene, one: Resource) -> bool:
    if one["resourceType"] == "Practitioner":
        return place(one) == scene.who("physician") and bool(one.get("qualification"))
    return scene.visit.number in str(one.get("id", "")) and len(one) > 3


@check(
    "CQ49-4.3",
    zh="监管数据支持对信息安全的监管",
    en="the feed lets security be supervised",
    needs=(*FEED, "actions.breach"),
)
def subject_security(run: Run) -> None:
    """Report a drill of a breach: the feed tells it."""
    feed = Feed(run)
    before = feed.size()
    run.given(
        run.act("breach", detail="演练：接口日志外泄", persons=2, measures="已关闭接口", drill=True),
        "泄露演练",
        "a drill is reported",
    )
    pages = feed.until(before, _security)
    told = _security([one for page in pages for one in page.entries])
    run.expect(told, "信息安全事件已上报", "the security event is told")


def _security(told: list[Told]) -> bool:
    return any(one.document.partition("/")[0] in ("Communication", "Task") for one in told)
