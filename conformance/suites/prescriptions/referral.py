"""Referral: offered, accepted or declined, completed, in this order (SC article 36, NAT article 25)."""

from __future__ import annotations

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.gate.case import SUBMITS
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same


@check(
    "SC-36",
    zh="转诊可发起、接收、完成",
    en="a referral is offered, accepted and completed",
    needs=(*SUBMITS, "actions.refer"),
)
def referral(run: Run) -> None:
    """Take a referral through its whole life."""
    scene = Scene(run).begun()
    name = _referred(run, scene)
    for decision, zh, en in (("request", "发起转诊", "it is offered"), ("accept", "接收", "it is accepted"),
                             ("complete", "完成", "it is completed")):  # fmt: skip
        run.done(_refer(run, scene, name, decision), zh, en)
    status = str(scene.read(name).get("status", ""))
    run.expect(status == "completed", "转诊单已完成", "the request is completed", same(status))


@check(
    "SC-36",
    zh="转诊可以拒收并说明理由",
    en="a referral is declined with a reason",
    needs=(*SUBMITS, "actions.refer"),
)
def referral_declined(run: Run) -> None:
    """Decline a referral, and try to complete it all the same."""
    scene = Scene(run).begun()
    name = _referred(run, scene)
    run.given(_refer(run, scene, name, "request"), "发起转诊", "it is offered")
    run.refused(
        _refer(run, scene, name, "decline"), "无理由的拒收不成立", "a refusal without a reason is none"
    )
    run.done(_refer(run, scene, name, "decline", "床位已满"), "说明理由拒收", "it is declined with a reason")
    run.refused(_refer(run, scene, name, "complete"), "拒收后不得完成", "what was declined is not completed")


@check(
    "SC-36",
    zh="未接收的转诊不得完成",
    en="a referral that nobody accepted is not completed",
    needs=(*SUBMITS, "actions.refer"),
)
def referral_jump(run: Run) -> None:
    """Complete what was only offered."""
    scene = Scene(run).begun()
    name = _referred(run, scene)
    run.given(_refer(run, scene, name, "request"), "发起转诊", "it is offered")
    run.refused(_refer(run, scene, name, "complete"), "拒绝完成", "it is refused")
    run.given(_refer(run, scene, name, "accept"), "接收", "it is accepted")
    run.given(_refer(run, scene, name, "complete"), "完成", "it is completed")


def _referred(run: Run, scene: Scene) -> str:
    body = scene.request("referral", "心内科转诊")
    run.given(scene.ordered([body]), "提交转诊申请", "the referral is submitted")
    return f"ServiceRequest/{body['id']}"


def _refer(run: Run, scene: Scene, name: str, decision: str, reason: str | None = None) -> Answer:
    return run.act("refer", by=scene.who("physician"), document=name, decision=decision, reason=reason)
