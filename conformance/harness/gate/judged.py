"""Judged: whether a gate stopped what it must, let pass what it must, and left nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatch

from conformance.harness.action import FINDINGS
from conformance.harness.answer import Answer
from conformance.harness.gate.carried import see_carried
from conformance.harness.gate.case import Gate
from conformance.harness.gate.course import Played, play, reviewed
from conformance.harness.gate.state import state
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource

REFUSALS = (401, 403, 409, 422)
"""Statuses by which a step on the way may refuse; any other says that the case does not fit the target."""
_EFFECT = {
    "open": ("Encounter", ("in-progress", "finished")),
    "consent": ("Consent", ("active",)),
    "sign_record": ("Composition", ("final", "amended")),
    "prescribe": ("Group", ("active", "completed")),
    "request": ("Request", ("active", "completed")),
    "review": ("Group", ("active", "completed", "revoked")),
    "redeem": ("Group", ("completed",)),
    "finish": ("Encounter", ("finished",)),
}
"""Step → what would have taken effect by it, and the states that say so."""
_SEVERITIES = ("fatal", "error", "warning", "information")
Twins = tuple[Played, Played]


def hold(run: Run, gate: Gate) -> None:
    """Try one case: first the twin that must pass, then what must be stopped."""
    run.step("全部合规的对照", "the twin in which all is right")
    passing = play(run, gate, gate.passes, "p")
    see_carried(run, gate, passing.cast)
    if gate.outcome in ("not-ready", "remarked"):
        _asked(run, passing)
    elif gate.altered and passing.last and _ours(run, passing.told):
        run.done(passing.told, f"对照通过：{passing.words.zh}", f"the twin passes: {passing.words.en}")
    else:
        run.given(passing.told, passing.words.zh, passing.words.en)
    if gate.outcome == "held":
        _approved(run, passing)
    run.step("其余相同，仅一处不合规", "the same with one thing wrong")
    _OUTCOME[gate.outcome](run, (passing, play(run, gate, gate.blocked, "b")))


def _approved(run: Run, passing: Played) -> None:
    """Let the twin be approved without more ado; else that the other is not would prove nothing."""
    status = state(run, passing.cast.reference("Group"))
    if status in ("active", "completed"):
        raise Skipped(
            "前提未满足：处方提交后待药师审核",
            "prerequisite not met: a submitted prescription waits for its review",
        )
    run.given(reviewed(passing), "药师审核通过", "the pharmacist approves it")


def _ours(run: Run, answer: Answer) -> bool:
    """Tell whether it is this row's fault that a twin did not pass; if not, it is an unmet prerequisite."""
    rules = run.target.rules.get(run.check.requirement)
    return answer.ok or not rules or any(fnmatch(one, rule) for one in answer.rules for rule in rules)


def _refused(run: Run, twins: Twins) -> None:
    blocked = twins[1]
    answer, words = blocked.told, blocked.words
    if not blocked.last and not answer.ok and not answer.undone and answer.status not in REFUSALS:
        run.given(answer, words.zh, words.en)
    run.refused(answer, f"拦截：{words.zh}", f"it is stopped: {words.en}")
    _no_effect(run, blocked)


def _no_effect(run: Run, blocked: Played) -> None:
    """Expect that what was refused did not happen all the same."""
    part, states = _EFFECT.get(blocked.step, ("", ()))
    if part not in blocked.cast.parts:
        return
    status = state(run, blocked.cast.reference(part))
    unchanged = status == blocked.before or status not in states
    run.expect(unchanged, "被拦截的文书未生效", "what was stopped has no effect", same(status))


def _held(run: Run, twins: Twins) -> None:
    """Expect that it waits for somebody who looks at it; that nobody lets it pass unseen."""
    blocked = twins[1]
    if blocked.told.refused:
        _refused(run, twins)
        return
    run.expect(blocked.told.ok, "转人工审核或拦截", "it is held for manual review, or refused", blocked.told)
    blocked.before = state(run, blocked.cast.reference("Group"))
    unseen = reviewed(blocked)
    run.refused(
        unseen, "药师未确认已人工核对，不得通过", "no approval passes without saying that somebody looked"
    )
    _no_effect(run, blocked)
    run.done(
        reviewed(blocked, confirm=True), "药师确认后可通过", "the pharmacist who confirms it lets it pass"
    )


def _warned(run: Run, twins: Twins) -> None:
    """Expect a remark; to refuse is stricter than it must be, and as good."""
    if twins[1].told.refused:
        _refused(run, twins)
    else:
        _flagged(run, twins)


def _flagged(run: Run, twins: Twins) -> None:
    answer, words = twins[1].told, twins[1].words
    run.expect(answer.ok, f"仍可完成：{words.zh}", f"it is done all the same: {words.en}", answer)
    _new(run, *(_remarks(run, one) for one in twins))


def _asked(run: Run, played: Played) -> None:
    """Expect that readiness is told; what else it has against this institution is no matter here."""
    if played.step != "readiness":
        run.given(played.told, played.words.zh, played.words.en)
    whole = played.told.ok and played.told.kind == "OperationOutcome" and bool(played.told.body.get("issue"))
    run.expect(whole, "返回 OperationOutcome", "an OperationOutcome is answered", played.told)


def _not_ready(run: Run, twins: Twins) -> None:
    _asked(run, twins[1])
    good, bad = (_issues(one.told, "fatal", "error") for one in twins)
    if good and not run.target.rules.get(run.check.requirement):
        raise Skipped(
            "前提未满足：资料齐全的机构应为就绪",
            "prerequisite not met: an institution that has everything is ready",
        )
    _new(run, good, bad)


def _remarked(run: Run, twins: Twins) -> None:
    _asked(run, twins[1])
    _new(run, *(_issues(one.told, *_SEVERITIES) for one in twins))


def _new(run: Run, before: set[str], after: set[str]) -> None:
    """Expect a remark that the twin has not; by a rule of this row, where the target says which."""
    rules = run.target.rules.get(run.check.requirement) or ("*",)  # a target may take the profile's away
    counts = {one for one in before | after if any(fnmatch(one, rule) for rule in rules)}
    new = sorted(after - before)[:3]
    if run.target.rules.get(run.check.requirement):
        told = same(", ".join(sorted(before & counts)))
        run.expect(not before & counts, "对照无此提示", "the twin gets no such remark", told)
    found = same(", ".join(new)) if new else Words("无新提示", "nothing new")
    run.expect(bool(after & counts - before), "提示该问题", "it is pointed out", found)


def _issues(answer: Answer, *severities: str) -> set[str]:
    found = answer.body.get("issue") if answer.kind == "OperationOutcome" else []
    issues = [one for one in found or [] if isinstance(one, dict) and one.get("severity") in severities]
    return {code for one in issues for code in _called(one)}


def _called(issue: Resource) -> list[str]:
    """Return the codes of an issue, else its words."""
    paths = ("details.coding.code", "details.text", "diagnostics")
    return next((found for path in paths if (found := [str(one) for one in each(issue, path)])), [])


def _remarks(run: Run, played: Played) -> set[str]:
    """Return what was remarked: findings of the answer, DetectedIssues and Flags beside the document."""
    told = played.told.told.get(FINDINGS) or {}
    found = set(told) if isinstance(told, list) else set[str]()
    found |= {code for one in each(told, "issue") if isinstance(one, dict) for code in _called(one)}
    part = _EFFECT[played.step][0]
    asked = (
        f"DetectedIssue?implicated={played.cast.reference(part)}", f"Flag?patient={played.cast.scene.patient}"
    )  # fmt: skip
    for one in (resource for search in asked for resource in run.client().get(search).entries):
        if one.get("resourceType") in ("DetectedIssue", "Flag"):
            codes = {str(code) for code in each(one, "code.coding.code | code.text | detail")}
            found |= codes or {str(one["resourceType"])}
    return found


_OUTCOME: Mapping[str, Callable[[Run, Twins], None]] = {
    "refused": _refused, "held": _held, "warned": _warned, "flagged": _flagged, "not-ready": _not_ready,
    "remarked": _remarked,
}  # fmt: skip
