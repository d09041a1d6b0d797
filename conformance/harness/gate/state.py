"""State: what a prescription waits for, and that it is as it was after something was refused."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.harness.client import Answer
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource


def waiting(scene: Scene, parts: Sequence[Resource]) -> str:
    """Submit a prescription, return the Task of its review. Raises :class:`Skipped`: there is none."""
    task = str(scene.submitted(parts).told.get("task") or "")
    if not task:
        raise Skipped(
            "前提未满足：提交后应返回审方任务",
            "prerequisite not met: a submission tells the Task of its review",
        )
    return task


def reviewable(run: Run) -> None:
    """Let the pharmacist approve a good prescription; else what is refused later would prove nothing.

    Raises:
        Skipped: that is not possible.
    """
    run.step("药师审核一张合规的处方", "the pharmacist approves a prescription in which all is right")
    scene = Scene(run, suffix="p").begun()
    parts = scene.prescription()
    task = waiting(scene, parts)
    run.given(scene.review(task, f"RequestGroup/{parts[0]['id']}"), "药师审核通过", "the pharmacist approves")
    run.step("其余相同，仅一处不合规", "the same with one thing wrong")


def state(run: Run, name: str) -> str:
    """Return the state of a document, ``""`` where there is none."""
    return str(run.client().get(name).body.get("status", ""))


def still(run: Run, name: str, *states: str) -> None:
    """Expect that a document is in one of some states. Raises :class:`Failed`."""
    status = state(run, name)
    run.expect(status in states, "状态未改变", "its state has not changed", same(status))


def conflict(run: Run, answer: Answer) -> None:
    """Expect a refusal for the state in which a document is: 409. Raises :class:`Failed`."""
    run.refused(answer, "拒绝", "it is refused")
    clash = answer.status == 409 or answer.undone  # a form of the target's own has no status to say it with
    run.expect(clash, "以 409 拒绝（状态冲突）", "by 409, a conflict with its state", answer)
