"""Uploaded: the earlier record that a patient brings is kept (川卫规〔2023〕10号 第二十八条)."""

from __future__ import annotations

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.exact import Resource
from conformance.suites.supervision.acts import SIGNS
from conformance.suites.supervision.whole import may_delete, recorded

_SAID = ("subject", "content")
"""What must stay of it; whether it counts as superseded is no matter here."""


def _paper(scene: Scene) -> str:
    """Return the name of the earlier record of a visit."""
    return f"DocumentReference/d{scene.visit.number}"


def _says(body: Resource) -> Resource:
    return {name: body.get(name) for name in _SAID}


@check(
    "SC-28.1",
    zh="患者上传的既往病历在就诊结束后仍可读，内容不变",
    en="the earlier record that a patient uploaded can be read after the visit has ended, and says the same",
    needs=(*SIGNS, "writes.DocumentReference"),
)
def paper_readable(run: Run) -> None:
    """Finish a visit, and read what the patient had uploaded before it; the file behind it is not fetched."""
    scene, _ = recorded(run)
    before = scene.read(_paper(scene))
    run.given(scene.finish(), "结束就诊", "the visit is finished")
    now = run.done(run.client().get(_paper(scene)), "既往病历可读", "the earlier record can be read")
    run.expect(_says(now.body) == _says(before), "内容不变", "it says the same")


@check(
    "SC-28.1",
    zh="患者上传的既往病历不能不留痕迹地删除",
    en="the earlier record that a patient uploaded is not deleted without a trace",
    needs=(*SIGNS, "writes.DocumentReference"),
)
def paper_stays(run: Run) -> None:
    """Delete it after the visit, as the physician: it stays, or its history still says what it was."""
    scene, _ = recorded(run)
    may_delete(run, scene)
    before = scene.read(_paper(scene))
    run.given(scene.finish(), "结束就诊", "the visit is finished")
    run.step("删除既往病历", "the earlier record is deleted")
    run.client("physician").delete(_paper(scene))
    kept = any(_says(one) == _says(before) for one in _left(run, _paper(scene)))
    run.expect(kept, "仍可读，或历史版本中仍有", "it can still be read, or its history has it")


def _left(run: Run, name: str) -> list[Resource]:
    """Return what is left of a document: itself, or else its versions."""
    now: Answer = run.client().get(name)
    if now.ok:
        return [now.body]
    entries = run.client().get(f"{name}/_history").body.get("entry", [])
    return [one["resource"] for one in entries if "resource" in one]
