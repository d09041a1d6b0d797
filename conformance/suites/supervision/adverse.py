"""Adverse events: reported in time; some end the service (互联网医院管理办法 22, 28; 云南 39)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.harness.check import Case, check, checks
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.internet.documents import moment, with_
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED
from conformance.suites.supervision.events import adverse_event
from conformance.suites.supervision.pulled import number

_GRADES = {
    "general": (15 * 24, Words("一般不良事件（15日）", "a general adverse event (15 days)")),
    "grave": (12, Words("重大不良事件（12小时）", "a grave adverse event (12 hours)")),
    "extraordinary": (2, Words("特大不良事件（2小时）", "an extraordinary adverse event (2 hours)")),
}
"""Grade → hours, by 《医疗质量安全事件报告暂行规定》, which 川卫规〔2023〕10号 article 33 names."""


@checks(
    [
        Case(
            grade,
            "NAT-22",
            Words(f"{words.zh}逾期上报会被指出", f"{words.en} that is reported late is pointed out"),
            (grade, hours),
            False,
            (),
            grade != "general",
        )
        for grade, (hours, words) in _GRADES.items()
    ]
)
def late(run: Run, grade: str, hours: int) -> None:
    """Report one event in time and one an hour late."""
    good, bad = Scene(run, suffix="p").begun(), Scene(run, suffix="b").begun()
    with _service(run, stops=grade != "general"):
        for scene, after, zh, en in (
            (good, hours - 1, "按时上报", "in time"),
            (bad, hours + 1, "逾期上报", "late"),
        ):
            event = adverse_event(scene, grade=grade, detected=moment(-3600 * after))
            run.step(zh, f"it is reported {en}")
            run.done(scene.write([event]), "上报被接受", "the report is taken")
            found = run.done(
                run.client().get(f"DetectedIssue?implicated={place(event)}"),
                "查询提示",
                "remarks are searched",
            ).entries
            flagged = [one for one in found if one.get("resourceType") == "DetectedIssue"]
            run.expect(
                bool(flagged) == (scene is bad),
                "按时的无提示，逾期的有提示",
                "late ones are pointed out, others not",
                number(flagged),
            )


@contextmanager
def _service(run: Run, *, stops: bool) -> Iterator[None]:
    """Let the service go on afterwards, where an event may have stopped it."""
    try:
        yield
    finally:
        if stops and run.target.has("actions.resume_service"):
            run.act("resume_service", reason="检测结束，恢复服务")


@checks(
    [
        Case(
            cause,
            "NAT-22",
            Words(f"{zh}即时上报监管平台", f"{en} is reported to the regulator at once"),
            (cause,),
            False,
            FEED,
        )
        for cause, zh, en in (
            ("drug", "药品不良事件", "an adverse event of a drug"),
            ("care", "医疗服务不良事件", "an adverse event of care"),
        )
    ]
)
def reported(run: Run, cause: str) -> None:
    """Write an adverse event and pull the feed."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    event = adverse_event(scene, cause)
    run.done(scene.write([event]), "登记被接受", "it is taken")
    run.expect(len(feed.of([place(event)], before)) == 1, "监管数据有该事件", "it is in the feed")


@check("NAT-22", zh="已上报的不良事件不能删除", en="an adverse event that was reported is not deleted")
def event_stays(run: Run) -> None:
    """Delete an adverse event."""
    scene = Scene(run).begun()
    event = adverse_event(scene)
    run.given(scene.write([event]), "上报不良事件", "the event is reported")
    run.refused(run.client().delete(place(event)), "拒绝删除", "to delete it is refused")
    run.done(run.client().get(place(event)), "仍可读", "it can be read")


@check(
    "NAT-28",
    zh="不良事件的处置结果可追加并上报",
    en="what was done about an adverse event is added and told",
    needs=FEED,
)
def event_followed_up(run: Run) -> None:
    """Add the outcome of an event."""
    scene, feed = Scene(run).begun(), Feed(run)
    event, start = adverse_event(scene), feed.size()
    run.given(scene.write([event]), "上报不良事件", "the event is reported")
    feed.of([place(event)], start)  # not counted as the entry of its outcome
    before = feed.size()
    outcome = {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/adverse-event-outcome", "code": "resolved"}
        ],
        "text": "已停药，好转",
    }
    run.done(scene.write([with_(event, outcome=outcome)]), "补充处置结果", "the outcome is added")
    run.expect(len(feed.of([place(event)], before)) == 1, "处置结果已上报", "it is told")


@check(
    "NAT-28",
    zh="未经审核的内容不得发布",
    en="content that nobody reviewed is not published",
    needs=("actions.publish",),
)
def content_reviewed(run: Run) -> None:
    """Publish an article without a review, then with one."""
    run.refused(
        run.act("publish", title="健康宣教", reviewed=False),
        "未审核的拒绝发布",
        "without a review it is refused",
    )
    run.done(
        run.act("publish", title="健康宣教", reviewed=True, number=f"{run.number}b"),
        "已审核的可发布",
        "with one it is published",
    )


_STOPS = {
    "staff-loss": Words("主要专业技术人员流失", "the loss of key staff"),
    "equipment-loss": Words("关键设备、设施失效", "the loss of key equipment"),
    "safety-hazard": Words("存在医疗安全隐患", "a safety hazard"),
    "grave": Words("严重不良后果", "a grave outcome"),
}


@checks(
    [
        Case(
            cause,
            "NAT-22",
            Words(f"{words.zh}时立即停止新的就诊", f"{words.en} stops new visits at once"),
            (cause,),
            False,
            ("actions.resume_service",),
            True,
            ("cn-yunnan",),
        )
        for cause, words in _STOPS.items()
    ]
)
def service_stops(run: Run, cause: str) -> None:
    """Report an event that stops the service; a general one of a drug does not."""
    begun = Scene(run, suffix="a").begun()
    run.given(begun.write([adverse_event(begun)]), "上报一般事件", "a general event is reported")
    run.given(Scene(run, suffix="b").admit(), "一般事件不停止服务", "visits go on")
    grade, what = ("grave", "care") if cause == "grave" else ("general", cause)
    with _service(run, stops=True):
        run.step("上报须停止服务的事件", "an event that ends the service is reported")
        run.given(begun.write([adverse_event(begun, what, grade, suffix="x")]), "上报事件", "it is reported")
        run.refused(Scene(run, suffix="c").admit(), "新的就诊被拒绝", "a new visit is refused")
        run.done(
            begun.write(begun.prescription(1, "c")), "进行中的就诊可以继续", "a visit that goes on may go on"
        )
    run.step("恢复服务", "the service goes on again")
    run.done(Scene(run, suffix="d").admit(), "恢复后可以接诊", "visits begin again")
