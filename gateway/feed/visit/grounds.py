"""Grounds: why the course of a visit refuses something, with requirement, article and HTTP status.

What the packs of a jurisdiction refuse is in ``gateway.policy``; here is what follows from the states alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Ground, Refusal
from gateway.feed.ground import Grounds, refusal
from gateway.policy import Decision, Finding, Verdict

_NATIONAL = "《互联网医院管理办法（试行）》"
_FLOW = "渝卫发〔2019〕49号 附件3"

GROUNDS: Grounds = {
    ground.rule: (code, ground)
    for code, ground in (
        ("login", Ground(
            "nobody-acts", "nobody has asserted which person acts: name the practitioner",
            "未经电子实名认证：请指明操作人员", "NAT-16.2", f"{_NATIONAL}第十六条")),
        ("login", Ground(
            "unknown-person", "the practitioner who was asserted is not on file", "所声明的操作人员未登记",
            "NAT-16.2", f"{_NATIONAL}第十六条")),
        ("forbidden", Ground(
            "another-author", "who acts is not the one whom the document names",
            "登录人员与文书署名人员不一致", "SC-22.2", f"{_NATIONAL}第十六条")),
        ("conflict", Ground(
            "state-submitted", "the document has been submitted: change it by $cancel and a new one",
            "文书已提交：请用 $cancel 撤销后另开新单", "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "state-entered", "the document has been told to the regulator: mark it entered-in-error instead",
            "文书已上报，不得删除：请改为 entered-in-error", "CQ49附3.1", _FLOW)),
        ("conflict", Ground(
            "state-named", "a document of the ledger names this: it is not deleted",
            "台账中的文书引用了该资料，不得删除", "CQ49附3.1", _FLOW)),
        ("conflict", Ground(
            "diagnosis-changed", "the diagnosis of a document was changed after it had been entered",
            "文书入账后其诊断发生变更", "NAT-20.1", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-takes-effect", "a draft takes effect by $submit (and $review), not by a write",
            "草稿须经 $submit（处方另经 $review）生效，不得直接改写",
            "NAT-20.5", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-task", "this Task is moved by its operation ($review, $refer, $redeem), not by a write",
            "该任务须经 $review、$refer 或 $redeem 办理，不得直接改写", "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "state-kept",
            "signatures, remarks, notices, findings and evidence that were entered stay as they are",
            "已入账的电子签名、规则提示、告知、监管反馈和证据不得更改或删除", "CQ49附3.1", _FLOW)),
        ("conflict", Ground(
            "own-id", "the gateway alone makes this: an id of its own (qiao-…), or a remark of its rules",
            "仅网关可建立：该标识（qiao-…）或规则提示由网关专用", "CQ49附3.1", _FLOW)),
        ("conflict", Ground(
            "state-visit", "what belongs to an internet visit stays with it: name the same Encounter",
            "互联网诊疗文书不得脱离或改换就诊：请引用同一 Encounter", "CQ49-3.1", _FLOW)),
        ("business-rule", Ground(
            "visit-missing", "here every order belongs to an internet visit on file: name its Encounter",
            "本机构医嘱均须关联已登记的互联网就诊：请引用其 Encounter", "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "state-jump", "the state of the document does not allow this", "文书当前状态不允许该操作",
            "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "line-over",
            "a drug of the prescription is cancelled or holds already: take it out of RequestGroup.action "
            "and sign what is left",
            "处方中有药品行已取消或已生效：请将其移出 RequestGroup.action 后重新签名", "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "drug-changed",
            "a Medication that the prescription names is another drug than when it was signed or submitted: "
            "put it right, or sign anew: a draft as it is, what is submitted as a new prescription",
            "处方所引用的 Medication 在签名或提交后变为另一药品：请更正；未提交的可重签，已提交的另开处方",
            "NAT-20.4", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-began",
            "a visit that began ends by finished or $terminate; cancelled means that it never began",
            "已开始的就诊应以 finished 或 $terminate 结束，cancelled 仅表示未曾开始", "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "visit-used",
            "orders of this visit stand: $cancel them first, then change its patient or enter it in error",
            "该就诊下仍有已提交或生效的医嘱：请先 $cancel，再更改患者或改为 entered-in-error",
            "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "state-class", "an internet visit stays one: its class does not change",
            "互联网就诊的类别不得更改", "CQ49-3.1", _FLOW)),
        ("conflict", Ground(
            "state-visit-over", "the visit is over: no more orders", "就诊已结束或终止，不得再开具医嘱",
            "NAT-19.2", f"{_NATIONAL}第十九条")),
        ("conflict", Ground(
            "state-not-approved", "the prescription has not been approved by a pharmacist",
            "处方未经药师审核生效", "NAT-20.5", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-not-cleared",
            "nothing is handed out of a prescription that a rule refused when it came, or nobody approved",
            "处方生效时违反规则且未改正，或未经药师审核，不得调配",
            "NAT-20.5", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-arrived",
            "orders that hold already are not taken over this interface here: write a draft and $submit it",
            "本机构不经该接口接收已生效的医嘱：请写入草稿并用 $submit 提交",
            "NAT-20.5", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-redeemed", "the prescription has been used", "处方已使用，不得重复核销",
            "CQ18-7.2", "渝府办发〔2018〕179号 第7项")),
        ("conflict", Ground(
            "state-expired", "the prescription has run out", "处方已过有效期",
            "NAT-20.5", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-held", "the prescription is held: look at the reasons and say confirm",
            "处方须人工复核：请核对原因并以 confirm 确认", "NAT-20.6", f"{_NATIONAL}第二十条")),
        ("conflict", Ground(
            "state-waiting", "the platform has not given the serial yet", "监管平台尚未返回流水号",
            "CQ49附3.5", _FLOW + "注5")),
        ("conflict", Ground(
            "serial-taken", "another document has this number or serial", "该编号或流水号已属于另一份文书",
            "CQ49附3.5", _FLOW + "注5")),
        ("business-rule", Ground(
            "serial-brought", "a serial is minted by the gateway or the platform and cannot be brought along",
            "流水号由网关或监管平台赋予，不得由提交方自带", "CQ49附3.5", _FLOW + "注5")),
        ("business-rule", Ground(
            "institution-unknown",
            "no institution code: set [tenants.NAME] organization, or Encounter.serviceProvider",
            "无机构代码：请设置 [tenants.NAME] organization 或 Encounter.serviceProvider",
            "CQ18-30.2", _FLOW)),
        ("business-rule", Ground(
            "kind-unknown", "the request does not say its one kind (category, urn:qiao:codes:request-kind)",
            "申请单未载明唯一类别（category，urn:qiao:codes:request-kind）", "CQ49附3.5", _FLOW + "注5")),
        ("business-rule", Ground(
            "no-referral", "only a referral, transfer or admission is referred, no exam or lab request",
            "仅转诊、转院、入院申请可用 $refer，检查检验申请不可",
            "SC-36", "《四川省互联网医院管理办法（试行）》第三十六条")),
        ("business-rule", Ground(
            "pharmacy-unknown",
            "no active Organization on file is this pharmacy: put it on file first (PUT Organization/ID)",
            "药房未登记或已停用：请先登记其 Organization（PUT Organization/ID）",
            "CQ18-7.2", "渝府办发〔2018〕179号 第7项")),
        ("business-rule", Ground(
            "reason-missing", "say why (parameter reason)", "请写明理由（参数 reason）", "CQ49-3.1", _FLOW)),
        ("business-rule", Ground(
            "visit-reference", "name the visit as Encounter/ID, without a server's address or a fragment",
            "请以 Encounter/ID 引用就诊，不带服务器地址或片段", "CQ49-3.1", _FLOW)),
        ("business-rule", Ground(
            "not-a-visit", "the document belongs to no internet visit on file",
            "文书不属于已登记的互联网就诊",
            "CQ49-3.1", _FLOW)),
        ("business-rule", Ground(
            "not-whole", "a document that it names is missing", "所引用的文书缺失",
            "SC-31.4", f"{_NATIONAL}第二十条")),
        ("business-rule", Ground(
            "signature", "the signature is not good", "电子签名无效", "NAT-20.4", f"{_NATIONAL}第二十条")),
    )
}  # fmt: skip
"""Rule id → the code of the refusal, and what it says."""

_CODES = {401: "login", 403: "forbidden", 409: "conflict"}
_SEVERITIES = {
    "refuse": "error",
    "hold": "warning",
    "warn": "warning",
    "flag": "information",
    "pass": "information",
}


def refuse(rule: str, where: str = "", *, also: str = "", also_zh: str = "", code: str = "") -> Refusal:
    """Return the refusal of a rule of :data:`GROUNDS`, see :func:`refusal`."""
    return refusal(GROUNDS, rule, where, also=also, also_zh=also_zh, code=code)


def refusal_of(decision: Decision) -> Refusal | None:
    """Return the refusal that a decision of the policy is, with whatever else it found; None: none."""
    if not decision.refusals:
        return None
    grounds = [ground_of(one) for one in decision.findings]
    return Refusal(grounds, code=_CODES.get(decision.status, "business-rule"))


def finding_of(rule: str, verdict: Verdict = "flag") -> Finding:
    """Return a rule of :data:`GROUNDS` as a finding, by itself a remark."""
    _, ground = GROUNDS[rule]
    return Finding(rule, ground.requirement, ground.article, verdict, "conflict", ground.text, ground.text_zh)


def ground_of(finding: Finding) -> Ground:
    """Return a finding of the policy as a ground."""
    return Ground(
        finding.rule, finding.text, finding.text_zh, finding.requirement, finding.article,
        finding.where[0] if finding.where else "", _SEVERITIES[finding.verdict], finding.code,
    )  # fmt: skip


def grounds_of(findings: Sequence[Finding]) -> tuple[Ground, ...]:
    """Return findings of the policy as grounds."""
    return tuple(ground_of(one) for one in findings)
