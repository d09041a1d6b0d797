"""Tasks of feedback, complaints and breaches: how they are read, accepted and answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import ground
from conformance.harness.words import Words
from conformance.simulators.exact import Resource

STEPS = ("actions.finding", "actions.accept", "actions.answer", "actions.close")
CLOSED, OPEN = (
    ("completed",),
    ("draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"),
)
"""States of an R4 Task that is done, and of one that is not."""


def found(run: Run, **said: Any) -> str:
    """Report a finding as a prerequisite; returns its Task."""
    answer = run.act("finding", **{"detail": "请核实处方用量", "severity": "moderate", **said})
    run.given(answer, "监管平台反馈", "the regulator reports a finding")
    return task_of_answer(run, answer)


def task_of_answer(run: Run, answer: Answer) -> str:
    """Return the Task that an answer tells. Raises Failed: it tells none."""
    name = str(answer.told.get("task") or "")
    run.expect(
        name.startswith("Task/"),
        "形成任务（Task）",
        "a Task is made of it",
        Words("有" if name else "无", "yes" if name else "none"),
    )
    return name


def read(run: Run, name: str) -> Resource:
    """Return a Task as it stands."""
    return run.done(run.client().get(name), "可读取任务", "the Task can be read").body


def paper(title: str = "自查整改报告.pdf") -> Resource:
    """Return a document that proves something."""
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "application/pdf", "title": title}}],
    }


def handler(run: Run) -> str:
    """Return who handles it: somebody on file."""
    run.need("on_file.pharmacist")
    ground(run)
    return run.target.on_file["pharmacist"]


def accepted(run: Run, task: str) -> None:
    """Name somebody who handles it, as a prerequisite."""
    run.given(
        run.act("accept", task=task, owner=handler(run)), "指定责任人", "somebody is named who handles it"
    )


def answer(run: Run, task: str, title: str = "自查整改报告.pdf") -> Answer:
    """Answer with evidence; may be refused."""
    return run.act("answer", task=task, text="已核实并整改", evidence=paper(title))


def answered(run: Run, task: str) -> None:
    """Answer with evidence, as a prerequisite."""
    run.given(answer(run, task), "附证据答复", "it is answered with evidence")


def out_of_turn(run: Run, task: str, refused: Answer, zh: str = "拒绝", en: str = "it is refused") -> None:
    """Expect that a step was refused whose turn it is not, and that the Task is still open."""
    run.refused(refused, zh, en)
    still_open(run, task)


def still_open(run: Run, task: str, zh: str = "任务仍未办结", en: str = "the Task is still open") -> None:
    """Expect that a Task is not done yet."""
    status = str(read(run, task).get("status"))
    run.expect(status in OPEN, zh, en, Words(status, status))


_PLACES = {
    "due": "restriction.period.end",
    "owner": "owner.reference",
    "about": "focus.reference",
    "evidence": "output.valueReference.reference",
}
"""Where an R4 Task has what is asked of it; ``settings.task`` of a target says it otherwise."""


def of_task(run: Run, body: Resource, what: str) -> list[str]:
    """Return what a Task says of its ``due``, ``owner``, ``about`` or ``evidence``."""
    path = str(run.target.setting(f"task.{what}", _PLACES[what]))
    return [str(one) for one in each(body, path) if one]


def owned(run: Run, task: str, zh: str, en: str) -> None:
    """Expect that a Task names who handles it."""
    who = of_task(run, read(run, task), "owner")
    named = any(one.endswith(handler(run)) for one in who)
    run.expect(named, zh, en, Words("有", "somebody") if who else Words("无", "nobody"))


def closed(run: Run, task: str) -> None:
    """Expect that a Task is completed."""
    status = str(read(run, task).get("status"))
    run.expect(status in CLOSED, "任务已办结", "the Task is completed", Words(status, status))


def due_of(run: Run, body: Resource) -> datetime | None:
    """Return until when a Task is to be done, None where it does not say."""
    return instant(next(iter(of_task(run, body, "due")), None))


def instant(said: object) -> datetime | None:
    """Return a moment that FHIR says (without a zone: UTC), None where it is none."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
