"""Complaints: taken once, with an owner, a deadline and an end (川卫规〔2023〕10号 article 38)."""

from __future__ import annotations

from typing import Any

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.suites.supervision.tasks import (
    accepted,
    answer,
    answered,
    closed,
    due_of,
    handler,
    of_task,
    out_of_turn,
    owned,
    read,
    task_of_answer,
)

TAKEN = ("actions.complaint",)
COMPLAINS = (*TAKEN, "actions.accept", "actions.answer", "actions.close")


def _complained(run: Run, **said: Any) -> str:
    answered_ = run.act("complaint", detail="等候时间过长", **said)
    return task_of_answer(run, run.done(answered_, "受理投诉", "the complaint is taken"))


@check(
    "SC-38",
    zh="投诉有受理、责任人、时限和办结",
    en="a complaint is taken, has an owner and a deadline, and is closed",
    needs=COMPLAINS,
)
def complaint(run: Run) -> None:
    """Take a complaint from its beginning to its end."""
    task = _complained(run)
    run.expect(due_of(run, read(run, task)) is not None, "有办结时限", "it has a deadline")
    run.step("分派", "somebody is named")
    run.done(run.act("accept", task=task, owner=handler(run)), "分派责任人", "somebody handles it")
    owned(run, task, "责任人可查", "the Task says who")
    run.step("答复与办结", "it is answered and closed")
    run.done(answer(run, task, "处理记录.pdf"), "答复", "it is answered")
    run.done(run.act("close", identity="write", task=task), "办结", "it is closed")
    closed(run, task)


@check("SC-38", zh="未答复的投诉不能办结", en="a complaint without an answer is not closed", needs=COMPLAINS)
def complaint_needs_an_answer(run: Run) -> None:
    """Close a complaint before its answer, and after it."""
    task = _complained(run)
    accepted(run, task)
    out_of_turn(run, task, run.act("close", identity="write", task=task))
    answered(run, task)
    run.done(run.act("close", identity="write", task=task), "答复后可办结", "once it is answered it can be")


@check(
    "SC-38",
    zh="重复提交的投诉只受理一次",
    en="a complaint that comes twice is taken once",
    needs=TAKEN,
)
def complaint_once(run: Run) -> None:
    """Send the same complaint twice, then another."""
    first, again, other = _complained(run), _complained(run), _complained(run, number=f"{run.number}b")
    run.expect(
        first == again and first != other,
        "同号为一件，异号为另一件",
        "one number is one complaint, another number another",
    )


@check("SC-38", zh="投诉指明所涉就诊", en="a complaint says which visit it is about", needs=TAKEN)
def complaint_about_a_visit(run: Run) -> None:
    """Complain about a visit; about one that is not there is refused."""
    scene = Scene(run).begun()
    about = of_task(run, read(run, _complained(run, about=scene.encounter)), "about")
    here = any(one.endswith(scene.encounter) for one in about)
    run.expect(here, "任务指向该就诊", "the Task is about the visit")
    nowhere = {"about": f"Encounter/nobody-{run.number}", "number": f"{run.number}w"}
    wrong = run.act("complaint", detail="等候时间过长", **nowhere)
    run.refused(wrong, "不存在的就诊被拒绝", "a visit of nobody is refused")


@check("SC-38", zh="没有内容的投诉不受理", en="a complaint that says nothing is not taken", needs=TAKEN)
def complaint_with_content(run: Run) -> None:
    """Complain without a word; then with some."""
    run.refused(run.act("complaint", number=f"{run.number}e"), "拒绝", "it is refused")
    _complained(run)
