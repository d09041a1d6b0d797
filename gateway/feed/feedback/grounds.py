"""Grounds: why a step of feedback is refused, with requirement and article."""

from __future__ import annotations

from gateway.errors import Ground, Refusal
from gateway.feed.ground import Grounds, refusal

_CQ = "渝卫发〔2019〕49号 五"
_SC = "川卫规〔2023〕10号 第四十二条"

GROUNDS: Grounds = {
    ground.rule: (code, ground)
    for code, ground in (
        ("conflict", Ground(
            "feedback-not-answered", "it cannot be closed before it is answered with evidence",
            "未经附证据的整改答复，不得办结", "SC-42", _SC)),
        ("business-rule", Ground(
            "feedback-no-evidence", "an answer names its evidence (parameter evidence)",
            "答复须附整改证据（参数 evidence）", "SC-42", _SC)),
        ("business-rule", Ground(
            "feedback-no-owner", "say who handles it: parameter owner, or [supervision.NAME] owner",
            "须指定专门部门或人员处置：参数 owner 或 [supervision.NAME] owner", "CQ49-5.3", _CQ)),
        ("business-rule", Ground(
            "feedback-no-reason", "say why (parameter reason)", "请写明理由（参数 reason）", "SC-42", _SC)),
        ("business-rule", Ground(
            "feedback-no-text", "say what is the matter (parameter detail)", "请写明问题内容（参数 detail）",
            "CQ49-5.3", _CQ)),
        ("conflict", Ground(
            "feedback-jump", "its state does not allow this", "当前状态不允许该操作", "CQ49-5.3", _CQ)),
        ("conflict", Ground(
            "feedback-by-operation",
            "this Task is moved by $accept, $answer, $return, $close, $reopen and $withdraw, not by a write",
            "该事项须经 $accept、$answer、$return、$close、$reopen、$withdraw 办理，不得直接改写",
            "SC-42", _SC)),
        ("conflict", Ground(
            "feedback-entered", "it has been told to the regulator and cannot be deleted",
            "已上报监管，不得删除", "SC-32", "川卫规〔2023〕10号 第三十二条")),
        ("forbidden", Ground(
            "feedback-party", "this step belongs to the other side", "该步骤应由另一方办理", "SC-42", _SC)),
        ("conflict", Ground(
            "service-stopped", "the service is stopped: no new visits until it is resumed",
            "互联网诊疗服务已停止，恢复前不得接诊", "YN-39",
            "《云南省互联网医院管理办法（试行）》第三十九条")),
        ("conflict", Ground(
            "service-by-operation",
            "the service is stopped by $stop-service and goes on by $resume-service, not by a write",
            "停止、恢复互联网诊疗服务须经 $stop-service、$resume-service 办理，不得直接改写", "YN-39",
            "《云南省互联网医院管理办法（试行）》第三十九条")),
    )
}  # fmt: skip
"""Rule id → the code of the refusal, and what it says."""


def refuse(rule: str, where: str = "", *, also: str = "", also_zh: str = "") -> Refusal:
    """Return the refusal of a rule of :data:`GROUNDS`, see :func:`refusal`."""
    return refusal(GROUNDS, rule, where, also=also, also_zh=also_zh)
