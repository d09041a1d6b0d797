"""Breaches: reported to whom they must be (互联网医院管理办法 article 23; 云南 article 47)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.feed import Feed
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED
from conformance.suites.supervision.pulled import arrived, number
from conformance.suites.supervision.tasks import (
    closed,
    due_of,
    of_task,
    paper,
    read,
    still_open,
    task_of_answer,
)

_UNCOMMON = 48_611
"""A number of people that stands nowhere else in the report."""


def _breach(run: Run, **said: Any) -> Answer:
    return run.act(
        "breach",
        **{
            "detail": "演练：部分患者信息泄露",
            "persons": 3,
            "measures": "已关闭接口并更换密钥",
            "drill": True,
            **said,
        },
    )


def _report(run: Run, task: str) -> Resource:
    """Return the report that a Task of a breach is about, whatever resource the target makes of it."""
    about = of_task(run, read(run, task), "about")
    run.expect(bool(about), "任务指向报告", "the Task is about the report", number(about))
    return run.done(run.client().get(about[0]), "可读取报告", "the report can be read").body


def _recipients(run: Run, report: Resource) -> list[str]:
    """Return whom a report goes to, by name or reference: R4's ``recipient``, or where the target says."""
    where = str(run.target.setting("breach.recipient", "recipient"))
    said = [one for one in each(report, where) if one]
    names = [pick(one, "display | reference | identifier.value") if isinstance(one, dict) else one
             for one in said]  # fmt: skip
    return [str(one) for one in names if one]


@check(
    "NAT-23.2",
    zh="泄露报告送主管卫生健康行政部门",
    en="a breach is reported to the competent authority",
    needs=("actions.breach",),
)
def breach_recipients(run: Run) -> None:
    """Report a drill of a breach and read to whom it goes."""
    task = task_of_answer(run, run.done(_breach(run), "报告成功", "it is reported"))
    to = [one for one in _recipients(run, _report(run, task)) if one]
    run.expect(bool(to), "写明收件机关", "it says to which authority", number(to))


@check(
    "NAT-23.2",
    zh="泄露报告送发证机关和省级卫生健康行政部门两处",
    en="a breach is reported to the issuing authority and to the province",
    needs=("actions.breach",),
    jurisdictions=("cn-yunnan",),
)
def breach_two_recipients(run: Run) -> None:
    """Report a drill of a breach: two authorities, each with a Task."""
    task = task_of_answer(run, run.done(_breach(run), "报告成功", "it is reported"))
    report = _report(run, task)
    to = {one for one in _recipients(run, report) if one}
    run.expect(len(to) >= 2, "两处收件机关", "two authorities", number(to))
    tasks = run.done(
        run.client().get(f"Task?focus={place(report)}"), "查询任务", "the Tasks are searched"
    ).entries
    run.expect(len(tasks) >= 2, "每处各有任务", "each has a Task", number(tasks))


@check(
    "NAT-23.2",
    zh="泄露报告写明应对措施和影响人数",
    en="a report of a breach says what was done, and how many people it concerns",
    needs=("actions.breach",),
)
def breach_measures(run: Run) -> None:
    """Read the report."""
    task = task_of_answer(
        run,
        run.done(
            _breach(run, measures=f"已关闭接口{run.number}", persons=_UNCOMMON), "报告成功", "it is reported"
        ),
    )
    told = str(_report(run, task))
    run.expect(f"已关闭接口{run.number}" in told, "写明应对措施", "it says what was done")
    run.expect(str(_UNCOMMON) in told, "写明影响人数", "it says how many people")


@check(
    "NAT-23.2",
    zh="泄露报告有时限，凭回执办结",
    en="the report of a breach has a deadline, and a receipt closes it",
    needs=("actions.breach", "actions.answer"),
)
def breach_receipt(run: Run) -> None:
    """Answer without a receipt, then with one."""
    task = task_of_answer(run, run.done(_breach(run), "报告成功", "it is reported"))
    due = due_of(run, read(run, task))
    run.expect(
        due is not None and due < datetime.now(UTC) + timedelta(days=3),
        "时限在三日内",
        "it is due within three days",
    )
    run.refused(
        run.act("answer", task=task, text="已电话报告"), "无回执不得办结", "without a receipt it is refused"
    )
    still_open(run, task)
    run.done(
        run.act("answer", task=task, text="已报告", evidence=paper("回执.pdf")),
        "凭回执办结",
        "with one it is taken",
    )
    closed(run, task)


@check(
    "NAT-23.2",
    zh="泄露报告实时进入监管数据，演练有标记",
    en="a breach is in the feed in real time, and a drill is marked as one",
    needs=("actions.breach", *FEED),
)
def breach_told(run: Run) -> None:
    """Report a drill and pull the feed."""
    feed = Feed(run)
    before = feed.size()
    report = place(_report(run, task_of_answer(run, run.done(_breach(run), "报告成功", "it is reported"))))
    pages = feed.pages(before, about=[report])
    mine = [one for page in pages for one in page.entries if one.document == report]
    run.expect(bool(mine), "监管数据有该报告", "it is in the feed", number(mine))
    come = next((page.resources[report] for page in pages if report in page.resources), {})
    run.expect(bool(come), "报告内容随条目上报", "the report itself comes along with its entry")
    to = _recipients(run, come)
    run.expect(bool(to), "所上报的写明收件机关", "what comes says to which authority it goes", number(to))
    run.expect(
        any("drill" in one.kind for one in mine) or "演练" in str(come) or "drill" in str(come),
        "标明为演练",
        "it says that it is a drill",
    )


@check(
    "NAT-23.2",
    zh="泄露报告随即到达监管平台",
    en="a breach reaches the regulator's platform at once",
    needs=("actions.breach", "platform", *FEED),
    waits=True,
)
def breach_arrived(run: Run) -> None:
    """Report a drill and wait until the platform has its entry."""
    feed = Feed(run)
    before = feed.size()
    report = place(_report(run, task_of_answer(run, run.done(_breach(run), "报告成功", "it is reported"))))
    mine = feed.of([report], before)
    run.expect(bool(mine), "监管数据有该报告", "it is in the feed", number(mine))
    arrived(run, [one.n for one in mine], before)


@check(
    "NAT-23.2",
    zh="重复的泄露报告只报一次",
    en="a breach that is reported twice is one report",
    needs=("actions.breach",),
)
def breach_once(run: Run) -> None:
    """Report the same twice, then another."""
    first, again = (
        task_of_answer(run, run.done(_breach(run), "报告成功", "it is reported")) for _ in range(2)
    )
    other = task_of_answer(run, run.done(_breach(run, number=f"{run.number}b"), "报告成功", "it is reported"))
    run.expect(
        first == again and first != other,
        "同号为一件，异号为另一件",
        "one number is one report, another number another",
    )


@check(
    "NAT-23.2",
    zh="没有内容的泄露报告被拒绝",
    en="a report of a breach that says nothing is refused",
    needs=("actions.breach",),
)
def breach_with_content(run: Run) -> None:
    """Report without a word, then with some."""
    run.refused(_breach(run, detail=None, number=f"{run.number}e"), "拒绝", "it is refused")
    run.done(_breach(run), "写明情况的被接受", "with it the report is taken")
