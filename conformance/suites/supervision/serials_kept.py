"""Serials kept: a document keeps its serial for good, and nothing else ever gets it (CQ49附3.5)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.gate.carried import reaches
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import NotApplicable, Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import SIGNS, task_of
from conformance.suites.supervision.serial import (
    carried,
    kept,
    none_yet,
    rewritten,
    same,
    seen,
    told,
    yes_or_none,
)
from conformance.suites.supervision.serials_apart import ROW, ordered


def _ordered(run: Run, scene: Scene, parts: list[Resource]) -> tuple[str, str]:
    """Write and submit a prescription; returns its serial, and the Task of its review."""
    answer = scene.ordered(parts)
    serial = told(run, answer, parts)
    return serial, str(answer.told.get("task") or "") or task_of(run, place(parts[0]))


def _another(run: Run, first: str, second: str, zh: str, en: str) -> None:
    new = second != first
    run.expect(new, zh, en, Words("新号" if new else "旧号", "new" if new else "the old one"))


@check(
    ROW,
    zh="审核和调配后流水号不变",
    en="the serial stays through review and dispensing",
    critical=True,
    needs=(*SIGNS, "actions.review", "actions.redeem"),
)
def kept_through_the_course(run: Run) -> None:
    """Follow one serial through review and redemption."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    serial, task = _ordered(run, scene, parts)
    run.step("审核", "it is approved")
    answer = run.given(scene.review(task, place(parts[0])), "药师审核通过", "the pharmacist approves")
    kept(run, place(parts[0]), serial, "审核后流水号不变", "after the review it is the same", answer)
    run.step("调配", "it is dispensed")
    answer = run.given(scene.redeem(parts), "药房调配", "the pharmacy dispenses")
    kept(run, place(parts[0]), serial, "调配后流水号不变", "after dispensing it is the same", answer)


@check(
    ROW,
    zh="被拒处方的流水号作废，重开的处方另有新号",
    en="a rejected prescription keeps its serial for good; the one written instead has a new one",
    critical=True,
    needs=(*SIGNS, "actions.review"),
)
def rejected_and_rewritten(run: Run) -> None:
    """Reject a prescription, and write another one in its place."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    first, task = _ordered(run, scene, parts)
    rejected = scene.review(task, place(parts[0]), reason="用法不明确")
    run.given(rejected, "药师退回", "the pharmacist rejects it")
    run.step("重新开具", "another one is written instead")
    again = scene.prescription(1, "b")
    again[1]["priorPrescription"] = {"reference": place(parts[1])}
    _another(run, first, ordered(run, scene, again), "新处方有新流水号", "it has a new serial")
    if seen(run):
        kept(run, place(parts[0]), first, "旧号留在被退回的处方上", "the old one stays with the rejected one")
    found = run.client().get(place(again[1])).body.get("priorPrescription", {}).get("reference", "")
    run.expect(found.endswith(place(parts[1])), "新处方指明原处方", "the new one says which it replaces")


@check(
    ROW,
    zh="已撤销处方的流水号不再使用",
    en="the serial of a cancelled prescription is not used again",
    critical=True,
    needs=(*SIGNS, "actions.cancel"),
)
def cancelled_not_reused(run: Run) -> None:
    """Cancel a prescription and write the next."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    first = ordered(run, scene, parts)
    run.step("撤销后再开", "it is cancelled, and another one is written")
    cancelled = run.act("cancel", document=place(parts[0]), reason="开具有误", by=scene.who("physician"))
    run.given(cancelled, "撤销", "it is cancelled")
    second = ordered(run, scene, scene.prescription(1, "b"))
    _another(run, first, second, "另有新号", "the next one has another")
    if seen(run):
        kept(run, place(parts[0]), first, "撤销的处方仍带原号", "the cancelled one keeps its own")


@check(ROW, zh="草稿没有流水号", en="a draft has no serial", critical=True, needs=SIGNS)
def drafts_have_none(run: Run) -> None:
    """Write a draft and look at it before and after it is submitted."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    run.step("读取草稿", "the draft is read")
    before = [none_yet(run, place(one), "草稿没有流水号", "the draft has no serial") for one in parts]
    run.step("提交", "it is submitted")
    serial = told(run, scene.submit(parts), parts)
    early = any(serial in one for one in before)
    run.expect(not early, "提交前没有该流水号", "before that it had not got it", yes_or_none(early))
    kept(run, place(parts[0]), serial, "提交后才有", "it has one once it is submitted")


@check(ROW, zh="被拒绝的提交没有流水号", en="what is refused has no serial", critical=True, needs=SIGNS)
def refused_have_none(run: Run) -> None:
    """Submit a prescription without a signature, then with one."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    run.step("无签名提交", "it is submitted without a signature")
    answer = scene.submit(parts, signing=False)
    if answer.ok:  # whether it may be taken is NAT-20.4; any other refusal will do
        parts, other = scene.prescription(1, "b"), scene.prescription(1, "c")
        run.given(scene.write([*parts, *other]), "写入草稿", "the drafts are written")
        run.step("以另一处方的签名提交", "it is submitted with the signature of another one")
        answer = scene.submit(parts, signature=scene.signed(other))
    if answer.ok:
        raise Skipped("前提未满足：不合规的处方被拒绝", "prerequisite not met: what is not right is refused")
    said = bool(answer.told.get("serial"))
    run.expect(not said, "拒绝时不给出流水号", "no serial is told", yes_or_none(said))
    zh, en = "被拒绝的处方没有流水号", "the refused one has no serial"
    before = none_yet(run, place(parts[0]), zh, en) if seen(run) else set()
    run.step("签名后提交", "it is signed and submitted")
    serial = told(run, scene.submit(parts), parts)
    run.expect(serial not in before, zh, en, yes_or_none(serial in before))


@check(
    ROW,
    zh="提交后不得改写流水号",
    en="nobody changes the serial of what was submitted",
    critical=True,
    needs=SIGNS,
)
def not_rewritten(run: Run) -> None:
    """Try to write another serial over the one that was given."""
    scene = Scene(run).begun()
    request = scene.request("lab")
    serial = ordered(run, scene, [request])
    run.step("以他号覆盖", "another number is written over it")
    body = scene.read(place(request))
    other = f"X{run.number}"
    changed = rewritten(body, serial, other)
    if changed == body or not seen(run):
        raise NotApplicable(
            "文书中没有可改写的流水号", "the document has no serial that could be written over"
        )
    if not reaches(run, "ServiceRequest", body, changed):
        raise Skipped(
            "目标的写入方式（writes.ServiceRequest）不含流水号",
            "the target's own form (writes.ServiceRequest) has no place for a serial",
        )
    scene.write([changed])
    found = carried(run, place(request))
    still = serial in found and other not in found
    same(run, still, "流水号仍为原号", "the serial is still the one that was given")
