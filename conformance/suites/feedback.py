"""Feedback, complaints, adverse events, breaches: each has an owner, a deadline and an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import place
from conformance.suites.supervision import adverse, breaches, tasks
from conformance.suites.supervision.acts import FEED
from conformance.suites.supervision.pulled import number
from conformance.suites.supervision.tasks import (
    CLOSED,
    OPEN,
    accepted,
    answered,
    due_of,
    found,
    handler,
    paper,
    read,
    still_open,
    task_of_answer,
)

SUITE = Suite(
    "feedback", zh="反馈、投诉、不良事件与泄露", en="Feedback, complaints, adverse events and breaches"
)
FINDS = ("actions.finding",)
STEPS = ("actions.finding", "actions.accept", "actions.answer", "actions.close")
PARTS = (adverse, breaches, tasks)


# 渝卫发〔2019〕49号 五: abnormal cases that the platform reports back.


@check("CQ49-5.3", zh="反馈形成任务，有时限", en="a finding becomes a Task with a deadline", needs=FINDS)
def becomes_a_task(run: Run) -> None:
    """Report a finding and read its Task."""
    body = read(run, found(run))
    run.expect(
        str(body.get("status")) in OPEN,
        "任务待办",
        "it is open",
        Words(str(body.get("status")), str(body.get("status"))),
    )
    due = due_of(body)
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
    focus = str(body.get("focus", {}).get("reference", ""))
    run.expect(focus.endswith(place(parts[0])), "任务指向该处方", "the Task is about the prescription")
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
    low = due_of(read(run, found(run, severity="low", number=f"{run.number}l")))
    high = due_of(read(run, found(run, severity="high", number=f"{run.number}h")))
    run.expect(
        high is not None and low is not None and high < low, "严重者先到期", "the grave one is due first"
    )


@check("CQ49-5.3", zh="责任人有名可查", en="who handles a finding is named", needs=(*FINDS, "actions.accept"))
def owner(run: Run) -> None:
    """Accept a finding in somebody's name."""
    task = found(run)
    run.step("指定责任人", "somebody is named")
    run.done(run.act("accept", task=task, owner=handler(run)), "受理成功", "it is accepted")
    who = str(read(run, task).get("owner", {}).get("reference", ""))
    run.expect(
        who.endswith(handler(run)),
        "任务写明责任人",
        "the Task says who handles it",
        Words("有" if who else "无", "somebody" if who else "nobody"),
    )


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
    run.done(
        run.act("answer", task=task, text="已核实并整改", evidence=paper()), "答复成功", "it is answered"
    )
    still_open(run, task, "答复后仍待监管方办结", "the answer alone does not close it")
    run.step("办结", "it is closed")
    run.done(run.act("close", task=task), "办结成功", "it is closed")
    status = str(read(run, task).get("status"))
    run.expect(status in CLOSED, "任务已办结", "the Task is completed", Words(status, status))


@check("CQ49-5.3", zh="未受理的反馈不能直接答复", en="what nobody accepted is not answered", needs=STEPS)
def no_jump(run: Run) -> None:
    """Answer before anybody is named; after that it works."""
    task = found(run)
    run.refused(run.act("answer", task=task, text="已核实", evidence=paper()), "拒绝", "it is refused")
    still_open(run, task)
    accepted(run, task)
    run.done(
        run.act("answer", task=task, text="已核实", evidence=paper()),
        "受理后可答复",
        "once it is accepted it can be",
    )


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
    run.done(
        run.act("answer", task=task, text="已再次整改", evidence=paper("再整改.pdf")),
        "答复成功",
        "it is answered",
    )
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
    run.refused(run.act("close", identity=who, task=task), "拒绝", "it is refused")
    still_open(run, task)
    run.done(run.act("close", task=task), "监管方可以办结", "the regulator can close it")


@check("CQ49-5.3", zh="不得绕过流程改写任务状态", en="nobody writes the Task past its process", needs=STEPS)
def not_past_the_process(run: Run) -> None:
    """Write the Task as completed."""
    task = found(run)
    body = read(run, task)
    answer = run.client().put(with_(body, status="completed"))
    run.refused(answer, "拒绝直接改写", "to write it is refused")
    still_open(run, task)


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
    told = [_about(feed, task, before)]
    for name, said in (
        ("accept", {"owner": handler(run)}),
        ("answer", {"text": "已整改", "evidence": paper()}),
        ("close", {}),
    ):
        run.given(run.act(name, task=task, **said), "处置", "it is handled")
        told.append(_about(feed, task, before))
    run.expect(
        all(later > earlier for earlier, later in zip([0, *told], told, strict=False)),
        "每步都有新条目",
        "each step has an entry",
    )


def _about(feed: Feed, task: str, before: int) -> int:
    return len(feed.of([task], before))


# 川卫规〔2023〕10号 第四十二条: leads are checked in full, and rectified.


@check("SC-42", zh="没有证据的答复不被接受", en="an answer without evidence is not taken", needs=STEPS)
def answer_needs_evidence(run: Run) -> None:
    """Answer without evidence; with it the same is taken."""
    task = found(run)
    accepted(run, task)
    run.refused(run.act("answer", task=task, text="已整改"), "拒绝", "it is refused")
    still_open(run, task)
    run.done(
        run.act("answer", task=task, text="已整改", evidence=paper()),
        "附证据的被接受",
        "with evidence it is taken",
    )


@check("SC-42", zh="证据须在册", en="evidence is on file", needs=STEPS)
def evidence_on_file(run: Run) -> None:
    """Name evidence that nobody has; then one that is on file."""
    task = found(run)
    accepted(run, task)
    run.refused(
        run.act("answer", task=task, text="已整改", filed=f"DocumentReference/nobody-{run.number}"),
        "拒绝不存在的证据",
        "what is not there is refused",
    )
    made = {**paper(), "id": f"zg{run.number}"}
    run.given(run.client().put(made), "写入证据", "the evidence is put on file")
    run.wrote(made)
    run.done(
        run.act("answer", task=task, text="已整改", filed=place(made)),
        "在册的被接受",
        "what is on file is taken",
    )


@check("SC-42", zh="未答复的线索不能办结", en="a lead without an answer is not closed", needs=STEPS)
def close_needs_an_answer(run: Run) -> None:
    """Close before the answer, and after it."""
    task = found(run)
    accepted(run, task)
    run.refused(run.act("close", task=task), "拒绝办结", "to close it is refused")
    still_open(run, task)
    answered(run, task)
    run.done(run.act("close", task=task), "答复后可办结", "once it is answered it can be")


@check("SC-42", zh="整改证据随任务保存", en="the evidence stays with the Task", needs=STEPS)
def evidence_stays(run: Run) -> None:
    """Read the evidence from the Task, and try to delete it."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    listed = [one.get("valueReference", {}).get("reference", "") for one in read(run, task).get("output", [])]
    run.expect(any(listed), "任务列出证据", "the Task lists it", number([one for one in listed if one]))
    paper = next(one for one in listed if one)
    run.refused(run.client().delete(paper), "证据不可删除", "it cannot be deleted")
    run.done(run.client().get(paper), "证据仍可读", "it can be read")


@check(
    "SC-42",
    zh="重新打开的线索须有新的整改证据",
    en="a lead that is opened again needs evidence again",
    needs=(*STEPS, "actions.reopen"),
)
def reopened_needs_evidence(run: Run) -> None:
    """Close, reopen, and close once more without another answer."""
    task = found(run)
    accepted(run, task)
    answered(run, task)
    run.given(run.act("close", task=task), "办结", "it is closed")
    run.given(run.act("reopen", task=task, reason="问题再次出现"), "重新打开", "it is opened again")
    run.refused(run.act("close", task=task), "未再整改不得办结", "without another answer it is not closed")
    run.given(
        run.act("answer", task=task, text="已再次整改", evidence=paper("再整改.pdf")),
        "再次答复",
        "it is answered again",
    )
    run.done(run.act("close", task=task), "再次整改后可办结", "then it is closed")


# 川卫规〔2023〕10号 第三十八条: complaints.

COMPLAINS = ("actions.complaint", "actions.accept", "actions.answer", "actions.close")


def _complained(run: Run, **said: Any) -> str:
    return task_of_answer(
        run,
        run.done(run.act("complaint", detail="等候时间过长", **said), "受理投诉", "the complaint is taken"),
    )


@check(
    "SC-38",
    zh="投诉有受理、责任人、时限和办结",
    en="a complaint is taken, has an owner and a deadline, and is closed",
    needs=COMPLAINS,
)
def complaint(run: Run) -> None:
    """Take a complaint from its beginning to its end."""
    task = _complained(run)
    run.expect(due_of(read(run, task)) is not None, "有办结时限", "it has a deadline")
    run.step("分派", "somebody is named")
    run.done(run.act("accept", task=task, owner=handler(run)), "分派责任人", "somebody handles it")
    run.expect(
        str(read(run, task).get("owner", {}).get("reference", "")).endswith(handler(run)),
        "责任人可查",
        "the Task says who",
    )
    run.step("答复与办结", "it is answered and closed")
    run.done(
        run.act("answer", task=task, text="已致歉并改进排班", evidence=paper("处理记录.pdf")),
        "答复",
        "it is answered",
    )
    run.done(run.act("close", identity="write", task=task), "办结", "it is closed")
    status = str(read(run, task).get("status"))
    run.expect(status in CLOSED, "任务已办结", "the Task is completed", Words(status, status))


@check("SC-38", zh="未答复的投诉不能办结", en="a complaint without an answer is not closed", needs=COMPLAINS)
def complaint_needs_an_answer(run: Run) -> None:
    """Close a complaint before its answer."""
    task = _complained(run)
    run.given(run.act("accept", task=task, owner=handler(run)), "分派责任人", "somebody handles it")
    run.refused(run.act("close", identity="write", task=task), "拒绝", "it is refused")
    still_open(run, task)


@check(
    "SC-38",
    zh="重复提交的投诉只受理一次",
    en="a complaint that comes twice is taken once",
    needs=("actions.complaint",),
)
def complaint_once(run: Run) -> None:
    """Send the same complaint twice, then another."""
    first, again, other = _complained(run), _complained(run), _complained(run, number=f"{run.number}b")
    run.expect(
        first == again and first != other,
        "同号为一件，异号为另一件",
        "one number is one complaint, another number another",
    )


@check(
    "SC-38",
    zh="投诉指明所涉就诊",
    en="a complaint says which visit it is about",
    needs=("actions.complaint",),
)
def complaint_about_a_visit(run: Run) -> None:
    """Complain about a visit; about one that is not there is refused."""
    scene = Scene(run).begun()
    focus = str(read(run, _complained(run, about=scene.encounter)).get("focus", {}).get("reference", ""))
    run.expect(focus.endswith(scene.encounter), "任务指向该就诊", "the Task is about the visit")
    wrong = run.act(
        "complaint", detail="等候时间过长", about=f"Encounter/nobody-{run.number}", number=f"{run.number}w"
    )
    run.refused(wrong, "不存在的就诊被拒绝", "a visit of nobody is refused")


@check(
    "SC-38",
    zh="没有内容的投诉不受理",
    en="a complaint that says nothing is not taken",
    needs=("actions.complaint",),
)
def complaint_with_content(run: Run) -> None:
    """Complain without a word; then with some."""
    run.refused(run.act("complaint", number=f"{run.number}e"), "拒绝", "it is refused")
    _complained(run)
