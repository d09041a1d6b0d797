"""Figures: of quality, reproducible from the ledger (川卫规〔2023〕10号 article 32)."""

from __future__ import annotations

from datetime import timedelta

from conformance.harness.check import check
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import today
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import ACTS, FEED, SIGNS

_MEASURED = ("actions.measure", *FEED)


def _report(run: Run, measure: str, size: int, start: str = "", end: str = "") -> Resource:
    names = run.target.setting("measures", {})
    if measure not in names:
        raise Skipped(
            f"目标未声明指标 {measure}（settings.measures）",
            f"the target declares no measure {measure} (settings.measures)",
        )
    day = f"{today():%Y-%m-%d}"
    answer = run.act("measure", measure=names[measure], start=start or day, end=end or day, size=size)
    run.done(answer, "可取得质量指标", "the figures are told")
    run.expect(
        answer.kind == "MeasureReport" and bool(answer.body.get("group")),
        "返回 MeasureReport",
        "it is a MeasureReport",
        answer,
    )
    return answer.body


def _counts(report: Resource) -> dict[str, int]:
    found = {}
    for group in report.get("group", []):
        code = group.get("code", {}).get("coding", [{}])[0].get("code", "")
        for one in group.get("population", [])[:1]:
            found[str(code)] = int(one.get("count", 0))
    return found


@check(
    "SC-32.2",
    zh="同一时段、同一台账，指标两次相同",
    en="the figures of one period and one ledger are the same each time",
    needs=_MEASURED,
)
def figures_reproducible(run: Run) -> None:
    """Ask for the same figures twice, with writes in between."""
    feed = Feed(run)
    size = _told(run, feed)
    first = _report(run, "visits", size)
    Scene(run, suffix="b").begun()
    second = _report(run, "visits", size)
    run.expect(sum(_counts(first).values()) > 0, "有数据", "there is something to count")
    same_ = {**first, "date": ""} == {**second, "date": ""}
    run.expect(
        same_,
        "两次相同",
        "both are the same",
        Words("相同" if same_ else "不同", "the same" if same_ else "not the same"),
    )


def _told(run: Run, feed: Feed) -> int:
    """Begin a visit, and return the number of the newest entry once it is told."""
    before = feed.size()
    feed.of([Scene(run).begun().encounter], before)
    return feed.size()


@check(
    "SC-32.2",
    zh="处方指标与从台账复算的一致",
    en="the figures of prescriptions are those recounted from the feed",
    needs=(*_MEASURED, *SIGNS),
)
def figures_recounted(run: Run) -> None:
    """Count submissions in the pulled feed, and compare how much the figure grew."""
    scene, feed = Scene(run).begun(), Feed(run)
    first = feed.size()
    made = [scene.prescription(1, letter) for letter in "abc"]
    for one in made:
        scene.submitted(one)
    entries = feed.since(first, about=[place(one[0]) for one in made])
    last = max((one.n for one in entries), default=first)
    told = run.target.feed.get("submission", "prescription submitted").split()
    pulled = [one for one in entries if [one.kind, one.event] == told]
    code = str(run.target.setting("measures.submitted", "submitted"))
    then, now = (_counts(_report(run, "prescriptions", at)).get(code, 0) for at in (first, last))
    grew = now - then
    run.expect(
        len(pulled) >= 3 and grew == len(pulled),
        "指标增加数与台账条目数相同",
        "the figure grew by what the feed has",
        Words(
            "相同" if grew == len(pulled) else "不同", "the same" if grew == len(pulled) else "not the same"
        ),
    )


@check(
    "SC-32.2",
    zh="指标限于所问时段",
    en="the figures are those of the period that was asked for",
    needs=_MEASURED,
)
def figures_of_a_period(run: Run) -> None:
    """Ask for a day of ten years ago."""
    feed = Feed(run)
    size = _told(run, feed)
    old = f"{run.session.today - timedelta(days=3650):%Y-%m-%d}"
    now, then = _counts(_report(run, "visits", size)), _counts(_report(run, "visits", size, old, old))
    run.expect(sum(now.values()) > 0, "当日有数据", "today there is something")
    run.expect(
        sum(then.values()) == 0,
        "十年前当日为零",
        "ten years ago there was nothing",
        Words(str(sum(then.values())), str(sum(then.values()))),
    )


@check(
    "SC-32.2",
    zh="患者满意度纳入指标",
    en="the satisfaction of patients is among the figures",
    needs=_MEASURED,
)
def satisfaction(run: Run) -> None:
    """Evaluate a visit; the number of evaluations grows."""
    feed = Feed(run)
    scene = Scene(run).begun()
    first = feed.size()
    act = next(one for one in ACTS if one.name == "evaluation")
    feed.of(act.done(scene, []), first)
    before, after = (_counts(_report(run, "satisfaction", one)) for one in (first, feed.size()))
    run.expect(sum(after.values()) > sum(before.values()), "评价数增加", "there is one more evaluation")
