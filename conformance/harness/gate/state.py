"""State: what a prescription waits for, and that it is as it was after something was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place


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


class Waiting(NamedTuple):
    """A prescription that waits for the pharmacist.

    Attributes:
        parts: the group, then its drugs.
        task: reference, or number, of its review.
        group: reference of the prescription.
    """

    scene: Scene
    parts: list[Resource]
    task: str
    group: str


def submitted(run: Run) -> Waiting:
    """Bring a good prescription to where the pharmacist has it. Raises :class:`Skipped`."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    return Waiting(scene, parts, waiting(scene, parts), place(parts[0]))
