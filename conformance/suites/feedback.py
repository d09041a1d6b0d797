"""Feedback, complaints, adverse events, breaches: each has an owner, a deadline and an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import place
from conformance.suites.supervision import adverse, breaches, complaints, events, leads, tasks
from conformance.suites.supervision.acts import FEED
from conformance.suites.supervision.tasks import (
    OPEN,
    STEPS,
    accepted,
    answer,
    answered,
    closed,
    due_of,
    found,
    handler,
    of_task,
    out_of_turn,
    owned,
    paper,
    read,
    still_open,
)

SUITE = Suite(
    "feedback", zh="反馈、投诉、不良事件与泄露", en="Feedback, complaints, adverse events and breaches"
)
FINDS = ("actions.finding",)
PARTS = (leads, complaints, adverse, breaches, events, tasks)


# 渝卫发〔2019〕49号 五: abnormal cases that the platform reports back.


@check("CQ49-5.3", zh="反馈形成任务，有时限", en="a finding becomes a Task with a deadline", needs=FINDS)
def becomes_a_task(run: Run) -> None:
    """Report a finding and read its Task."""
    body = read(run, found(run))
    status = str(body.get("status"))
    run.expect(status in OPEN, "任务待办", "it is open", Words(status, status))
    due = due_of(run, body)
    run.expect(
        due is not None and due > datetime.now(UTC) - timedelta(hours=2),
        "有办结时限",
        "it has a deadline ahead",
    )


@check(
    "CQ49-5.3",
    zh="反馈指向流水号所属的文书",
    en="a finding leads to the document whose serial it names",
    needs=(*FINDS, "actions.submit", "signing"),
)
def leads_to_the_document(run: Run) -> None:
    """Report a finding about a prescription by its serial; an unknown serial is refused."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    serial = str(scene.submitted(parts).told.get("serial", ""))
    run.step("按流水号反馈", "a finding names the serial")
    body = read(run, found(run, serial=serial))
    there = any(one.endswith(place(parts[0])) for one in of_task(run, body, "about"))
    run.expect(there, "任务指向该处方", "the Task is about the prescription")
    run.step("流水号不存在", "a finding names a serial of nobody")
    wrong = run.act("finding", detail="请核实", serial=f"NOPE{run.number}", number=f"{run.number}w")
    run.refused(wrong, "拒绝", "it is refused")


@check(
    "CQ49-5.3",
    zh="重复推送的反馈只形成一个任务",
    en="a finding that is sent twice makes one Task",
    needs=FINDS,
)
def once(run: Run) -> None:
    """Send the same finding twice, then another one."""
    first, again = found(run), found(run)
    run.expect(first == again, "同号得到同一任务", "the same number leads to the same Task")
    other = found(run, number=f"{run.number}b")
    run.expect(other != first, "另一号另有任务", "another number leads to another one")


@check("CQ49-5.3", zh="严重的反馈时限更短", en="what is grave is due sooner", needs=FINDS)
def sooner(run: Run) -> None:
    """Report a light and then a grave finding: of equal terms the later one would be due later."""
    low = due_of(run, read(run, found(run, severity="low", number=f"{run.number}l")))
    high = due_of(run, read(run, found(run, severity="high", number=f"{run.number}h")))
    run.expect(
        high is not None and low is not None and high < low, "严重者先到期", "the grave one is due first"
    )


@check("CQ49-5.3", zh="责任人有名可查", en="who handles a finding is named", needs=(*FINDS, "actions.accept"))
def owner(run: Run) -> None:
    """Accept a finding in somebody's name."""
    task = found(run)
    run.step("指定责任人", "somebody is named")
    run.done(run.act("accept", task=task, owner=handler(run)), "受理成功", "it is accepted")
    owned(run, task, "任务写明责任人", "the Task says who handles it")


@check(
    "CQ49-5.3", zh="反馈可以受理、答复、办结", en="a finding is accepted, answered and closed", needs=STEPS
)
def life_cycle(run: Run) -> None:
    """Take a finding from its beginning to its end."""
    task = found(run)
    run.step("受理", "it is accepted")
    run.done(run.act("accept", task=task, owner=handler(run)), "受理成功", "it is accepted")
    still_open(run, task)
    run.step("答复", "it is answered")
    run.done(answer(run, task), "答复成功", "it is answered")
    still_open(run, task, "答复后仍待监管方办结", "the answer alone does not close it")
    run.step("办结", "it is closed")
    run.done(run.act("close", task=task), "办结成功", "it is closed")
    closed(run, task)


@check("CQ49-5.3", zh="未受理的反馈不能直接答复", en="what nobody accepted is not answered", needs=STEPS)
def no_jump(run: Run) -> None:
    """Answer before anybody is named; after that it works."""
    task = found(run)
    out_of_turn(run, task, answer(run, task))
    accepted(run, task)
    run.done(answer(run, task), "受理后可答复", "once it is accepted it can be")


@check(
    "CQ49-5.3",
    zh="被退回的反馈须再次答复",
    en="what is returned is answered again",
    needs=(*STEPS, "actions.return"),
)
def returned(run: Run) -> None:
    """Return an answer, answer again, and close."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    run.done(run.act("return", task=task, reason="整改不到位"), "退回成功", "it is returned")
    still_open(run, task)
    run.step("再次答复", "it is answered again")
    run.done(answer(run, task, "再整改.pdf"), "答复成功", "it is answered")
    run.done(run.act("close", task=task), "可以办结", "it can be closed")


@check(
    "CQ49-5.3",
    zh="已办结的反馈可以重新打开",
    en="what was closed can be opened again",
    needs=(*STEPS, "actions.reopen"),
)
def reopened(run: Run) -> None:
    """Reopen a closed finding."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    run.given(run.act("close", task=task), "办结", "it is closed")
    run.done(run.act("reopen", task=task, reason="问题再次出现"), "重新打开", "it is opened again")
    still_open(run, task)


@check(
    "CQ49-5.3",
    zh="监管方可以撤回反馈",
    en="the regulator can withdraw a finding",
    needs=(*FINDS, "actions.withdraw"),
)
def withdrawn(run: Run) -> None:
    """Withdraw a finding."""
    task = found(run)
    run.done(run.act("withdraw", task=task, reason="误报"), "撤回成功", "it is withdrawn")
    status = str(read(run, task).get("status"))
    run.expect(
        status in ("cancelled", "rejected", "failed"),
        "任务已取消",
        "the Task is cancelled",
        Words(status, status),
    )


@checks(
    [
        Case(
            "hospital",
            "CQ49-5.3",
            Words("医院不能自行办结监管反馈", "a hospital does not close a finding of the regulator"),
            ("write",),
            False,
            (*STEPS, "identities.write", "identities.regulator"),
        ),
        Case(
            "reader",
            "CQ49-5.3",
            Words("只读账号不能办结", "who may only read does not close it"),
            ("read",),
            False,
            (*STEPS, "identities.read", "identities.regulator"),
        ),
    ]
)
def only_the_regulator_closes(run: Run, who: str) -> None:
    """Close as somebody else, then as the regulator."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    out_of_turn(run, task, run.act("close", identity=who, task=task))
    run.done(run.act("close", task=task), "监管方可以办结", "the regulator can close it")


@check("CQ49-5.3", zh="不得绕过流程改写任务状态", en="nobody writes the Task past its process", needs=STEPS)
def not_past_the_process(run: Run) -> None:
    """Write the Task as completed."""
    task = found(run)
    body = read(run, task)
    written = run.client().put(with_(body, status="completed"))
    out_of_turn(run, task, written, "拒绝直接改写", "to write it is refused")


@check(
    "CQ49-5.3",
    zh="反馈处置的每一步都上报",
    en="every step of handling is told to the regulator",
    needs=(*STEPS, *FEED),
)
def steps_are_told(run: Run) -> None:
    """Count the entries about the finding after each step."""
    feed = Feed(run)
    before = feed.size()
    task = found(run)
    told = [_about(feed, task, before, 0)]
    for name, said in (
        ("accept", {"owner": handler(run)}),
        ("answer", {"text": "已整改", "evidence": paper()}),
        ("close", {}),
    ):
        run.given(run.act(name, task=task, **said), "处置", "it is handled")
        told.append(_about(feed, task, before, told[-1]))
    run.expect(
        all(later > earlier for earlier, later in zip([0, *told], told, strict=False)),
        "每步都有新条目",
        "each step has an entry",
    )


def _about(feed: Feed, task: str, before: int, already: int) -> int:
    """Return how many entries a task has, as soon as it has more than it had already."""
    return len(feed.of([task] * (already + 1), before))
