"""Approval: a prescription takes effect by a pharmacist's; nothing is handed out before (NAT article 20)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.gate.case import REDEEMS, REVIEWS, SUBMITS
from conformance.harness.gate.state import still, submitted
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same
from conformance.simulators.internet import orders
from conformance.simulators.internet.documents import with_


@check(
    "NAT-20.5",
    zh="药师审核前不得调配",
    en="nothing is dispensed before the pharmacist approved",
    critical=True,
    needs=REDEEMS,
)
def dispensed_early(run: Run) -> None:
    """Redeem before and after the approval."""
    scene, parts, task, group = submitted(run)
    run.step("审核前调配", "it is dispensed before the review")
    run.refused(scene.redeem(parts), "拒绝调配", "it is refused")
    still(run, group, "draft", "on-hold")
    run.step("审核后调配", "it is dispensed after the review")
    run.given(scene.review(task, group), "药师审核通过", "the pharmacist approves")
    run.given(scene.redeem(parts), "药房调配", "the pharmacy dispenses")


@check(
    "NAT-20.5",
    zh="药师审核前不得直接写入发药",
    en="no dispense is written before the pharmacist approved",
    critical=True,
    needs=REVIEWS,
)
def dispense_written_early(run: Run) -> None:
    """Write a MedicationDispense, past the redemption, of what nobody has approved."""
    scene, parts, _, _ = submitted(run)
    one = {**scene.local(orders.dispenses(scene.visit, parts[1:])[0]), "id": f"h{run.number}",
           "status": "in-progress", "context": {"reference": scene.encounter}}  # fmt: skip
    answer = scene.write([one])
    run.refused(answer, "未经审核的发药拒绝写入", "the dispense of what is not approved is refused")
    again = run.client().get(f"MedicationDispense/{one['id']}")
    run.expect(not again.ok, "发药未入库", "the dispense is not on file", again)


@check(
    "NAT-20.5",
    zh="草稿不得直接改写为生效",
    en="a draft does not take effect by a mere write",
    critical=True,
    needs=("seed", *SUBMITS),
)
def written_active(run: Run) -> None:
    """Write a draft anew with the status active."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    run.refused(
        scene.write([with_(one, status="active") for one in parts]), "拒绝改写为生效", "it is refused"
    )
    still(run, f"RequestGroup/{parts[0]['id']}", "draft")
    still(run, f"MedicationRequest/{parts[1]['id']}", "draft")
    run.given(scene.submit(parts), "经提交", "it can be submitted")


@check(
    "NAT-20.5",
    zh="审核不通过的处方不得调配",
    en="a rejected prescription is not dispensed",
    critical=True,
    needs=REDEEMS,
)
def rejected(run: Run) -> None:
    """Reject a prescription, then redeem it."""
    scene, parts, task, group = submitted(run)
    run.given(
        scene.review(task, group, reason="用量超过说明书"), "药师审核不通过", "the pharmacist rejects it"
    )
    run.refused(scene.redeem(parts), "拒绝调配", "it is refused")
    still(run, group, "revoked")


@check(
    "NAT-20.5",
    zh="审核通过后处方才生效",
    en="a prescription takes effect by the approval and not before",
    critical=True,
    needs=REVIEWS,
)
def effective_by_approval(run: Run) -> None:
    """Look at a prescription before and after its approval."""
    scene, parts, task, group = submitted(run)
    line = f"MedicationRequest/{parts[1]['id']}"
    still(run, group, "draft", "on-hold")
    still(run, line, "draft", "on-hold")
    run.done(scene.review(task, group), "药师审核通过", "the pharmacist approves")
    for name in (group, line):
        status = str(scene.read(name).get("status", ""))
        run.expect(status == "active", "审核后生效", "it holds after the approval", same(status))


@check(
    "NAT-20.5",
    zh="未经审核而已生效的处方，拒绝或提示，且不得调配",
    en="what arrives effective without an approval is refused or pointed out, and not handed out",
    critical=True,
    needs=("seed", *REDEEMS),
)
def arrived_effective(run: Run) -> None:
    """Write a prescription that says to be active, past submission and review."""
    scene = Scene(run).begun()
    parts = [with_(one, status="active") for one in scene.prescription()]
    answer = scene.write(parts)
    group = f"RequestGroup/{parts[0]['id']}"
    if answer.ok:
        found = run.client().get(f"DetectedIssue?implicated={group}").entries
        run.expect(bool(found), "写入后有异常提示", "it is pointed out", len(found))
    else:
        run.refused(answer, "拒绝写入", "it is refused")
    run.refused(scene.redeem(parts), "不得调配", "nothing is handed out of it")


@check(
    "NAT-20.5",
    zh="未提交的处方不得调配",
    en="a draft is not dispensed",
    critical=True,
    needs=REDEEMS,
)
def redeemed_draft(run: Run) -> None:
    """Redeem a draft."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    run.refused(scene.redeem(parts), "拒绝", "it is refused")
    still(run, f"RequestGroup/{parts[0]['id']}", "draft")
