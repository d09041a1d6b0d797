"""Flow: no document jumps where the flow chart has no arrow; steps may be absent (CQ49 annex 3)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.gate.case import REVIEWS, SUBMITS
from conformance.harness.gate.state import reviewable, still, submitted
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same
from conformance.simulators.internet.documents import with_


@check("CQ49-3.1", zh="已提交的处方不得改写", en="a submitted prescription is not rewritten", needs=SUBMITS)
def rewritten(run: Run) -> None:
    """Change a drug before and after submission."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    other = with_(parts[1], medicationCodeableConcept={"text": "缬沙坦胶囊 160mg"})
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    run.given(scene.write([other]), "草稿可以改写", "a draft can be changed")
    run.given(scene.write([parts[1]]), "改回", "it is changed back")
    run.given(scene.submit(parts), "提交处方", "it is submitted")
    run.refused(scene.write([other]), "拒绝改写", "it is refused")
    kept = scene.read(f"MedicationRequest/{parts[1]['id']}").get("medicationCodeableConcept")
    known = kept == parts[1]["medicationCodeableConcept"]
    run.expect(known, "内容未改变", "its content has not changed", same(str(known)))


@check("CQ49-3.1", zh="已提交的处方不得删除", en="a submitted prescription is not deleted", needs=SUBMITS)
def deleted(run: Run) -> None:
    """Delete what was submitted."""
    scene, _, _, name = submitted(run)
    answer = run.client("physician").delete(name, scene.who("physician"))
    run.refused(answer, "拒绝删除", "it is refused")
    run.expect(run.client().get(name).ok, "仍在库中", "it is still on file")


@check("CQ49-3.1", zh="审核只有一次结果", en="a review is decided once", needs=REVIEWS)
def reviewed_twice(run: Run) -> None:
    """Approve what was rejected."""
    scene, _, task, group = submitted(run)
    run.given(scene.review(task, group, reason="请核对剂量"), "药师审核不通过", "the pharmacist rejects it")
    run.refused(scene.review(task, group), "拒绝审核", "it is refused")
    still(run, group, "revoked")


@check(
    "CQ49-3.1",
    zh="已撤销的处方不得再审核",
    en="a cancelled prescription is not reviewed",
    needs=(*REVIEWS, "actions.cancel"),
)
def reviewed_after_cancel(run: Run) -> None:
    """Approve what was taken back."""
    reviewable(run)
    scene, _, task, group = submitted(run)
    cancelled = run.act("cancel", by=scene.who("physician"), document=group, reason="患者要求更换药品")
    run.given(cancelled, "撤销处方", "it is cancelled")
    run.refused(scene.review(task, group), "拒绝审核", "it is refused")
    still(run, group, "revoked")


@check("CQ49-3.1", zh="结束的就诊不得重新打开", en="a visit that is over does not go on", needs=SUBMITS)
def reopened(run: Run) -> None:
    """Write a finished visit as in progress."""
    scene = _finished(run)
    body = with_(scene.read(scene.encounter), status="in-progress", meta=None)
    run.refused(scene.write([body]), "拒绝重新打开", "it is refused")
    still(run, scene.encounter, "finished")


@check("CQ49-3.1", zh="可选环节可以缺省", en="optional steps may be absent", needs=SUBMITS)
def optional_absent(run: Run) -> None:
    """End a visit in which nothing was prescribed or requested."""
    scene = _finished(run)
    still(run, scene.encounter, "finished")


def _finished(run: Run) -> Scene:
    scene = Scene(run).begun()
    run.given(scene.ordered([scene.record()]), "病历签名提交", "the record is signed and submitted")
    run.given(scene.finish(), "结束就诊", "the visit is finished")
    return scene


@check(
    "CQ49-3.1",
    zh="进行中的互联网就诊不得改为其他类别",
    en="an internet visit in progress does not become another one",
)
def class_changed(run: Run) -> None:
    """Write the Encounter with another class."""
    scene = Scene(run).begun()
    other = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    changed = with_(scene.read(scene.encounter), **{"class": other}, meta=None)
    run.refused(scene.write([changed]), "拒绝更改类别", "it is refused")
    kept = scene.read(scene.encounter).get("class", {}).get("code")
    run.expect(kept == "VR", "类别未改变", "its class has not changed", same(str(kept)))


@check(
    "CQ49-3.1", zh="已开始的就诊不得改为从未发生", en="a visit that began does not become one that never did"
)
def cancelled_after_begin(run: Run) -> None:
    """Write a visit in progress as cancelled."""
    scene = Scene(run).begun()
    changed = with_(scene.read(scene.encounter), status="cancelled", meta=None)
    run.refused(scene.write([changed]), "拒绝改为未发生", "it is refused")
    still(run, scene.encounter, "in-progress")
