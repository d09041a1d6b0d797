"""Leads: each is looked into in full and rectified, on evidence (川卫规〔2023〕10号 article 42)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.writing import write
from conformance.simulators.jws import place
from conformance.suites.supervision.pulled import number
from conformance.suites.supervision.tasks import (
    STEPS,
    accepted,
    answer,
    answered,
    found,
    of_task,
    out_of_turn,
    paper,
    read,
)

REOPENED = (*STEPS, "actions.reopen")


@check("SC-42", zh="没有证据的答复不被接受", en="an answer without evidence is not taken", needs=STEPS)
def answer_needs_evidence(run: Run) -> None:
    """Answer without evidence; with it the same is taken."""
    task = found(run)
    accepted(run, task)
    out_of_turn(run, task, run.act("answer", task=task, text="已整改"))
    run.done(answer(run, task), "附证据的被接受", "with evidence it is taken")


@check("SC-42", zh="证据须在册", en="evidence is on file", needs=STEPS)
def evidence_on_file(run: Run) -> None:
    """Name evidence that nobody has; then one that is on file."""
    task = found(run)
    accepted(run, task)
    nowhere = f"DocumentReference/nobody-{run.number}"
    wrong = run.act("answer", task=task, text="已整改", filed=nowhere)
    run.refused(wrong, "拒绝不存在的证据", "what is not there is refused")
    made = {**paper(), "id": f"zg{run.number}"}
    run.given(write(run, [made], identity="operator"), "写入证据", "the evidence is put on file")
    right = run.act("answer", task=task, text="已整改", filed=place(made))
    run.done(right, "在册的被接受", "what is on file is taken")


@check("SC-42", zh="未答复的线索不能办结", en="a lead without an answer is not closed", needs=STEPS)
def close_needs_an_answer(run: Run) -> None:
    """Close before the answer, and after it."""
    task = found(run)
    accepted(run, task)
    out_of_turn(run, task, run.act("close", task=task), "拒绝办结", "to close it is refused")
    answered(run, task)
    run.done(run.act("close", task=task), "答复后可办结", "once it is answered it can be")


@check("SC-42", zh="整改证据随任务保存", en="the evidence stays with the Task", needs=STEPS)
def evidence_stays(run: Run) -> None:
    """Read the evidence from the Task, and try to delete it."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    listed = of_task(run, read(run, task), "evidence")
    run.expect(bool(listed), "任务列出证据", "the Task lists it", number(listed))
    run.refused(run.client().delete(listed[0]), "证据不可删除", "it cannot be deleted")
    run.done(run.client().get(listed[0]), "证据仍可读", "it can be read")


@check(
    "SC-42",
    zh="重新打开的线索须有新的整改证据",
    en="a lead that is opened again needs evidence again",
    needs=REOPENED,
)
def reopened_needs_evidence(run: Run) -> None:
    """Close, reopen, and close once more without another answer."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    run.given(run.act("close", task=task), "办结", "it is closed")
    run.given(run.act("reopen", task=task, reason="问题再次出现"), "重新打开", "it is opened again")
    again = run.act("close", task=task)
    out_of_turn(run, task, again, "未再整改不得办结", "without another answer it is not closed")
    run.given(answer(run, task, "再整改.pdf"), "再次答复", "it is answered again")
    run.done(run.act("close", task=task), "再次整改后可办结", "then it is closed")
