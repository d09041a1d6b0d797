"""Arriving: what was made is at the platform, one by one; at the end, all that the whole run made (SC-32)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.feed import Feed, Told, realtime
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.line import RECOVERED
from conformance.suites.supervision.pulled import (
    at_the_platform,
    excused,
    gaps,
    number,
    of_this_run,
    pulled_whole,
    quiet,
    settled,
    twice,
    untold,
)
from conformance.suites.supervision.written import took_effect


@check(
    "SC-32",
    zh="产生的文书实时到达监管平台",
    en="what is made reaches the platform in real time",
    critical=True,
    needs=("platform", *FEED, *SIGNS),
    waits=True,
)
def arrives(run: Run) -> None:
    """Make a visit with a prescription and wait until the platform has it."""
    scene, feed = Scene(run), Feed(run)
    before = feed.size()
    parts = scene.begun().prescription()
    scene.approved(parts)
    group = place(parts[0])
    mine = feed.of([scene.encounter, f"Consent/z{scene.visit.number}", group, group], before)
    run.expect(
        len(mine) >= 4,
        "接诊、同意书、处方提交与生效都有条目",
        "visit, consent, submission and approval are told",
        number(mine),
    )
    there = at_the_platform(run, feed, [one.n for one in mine], before)
    wrong = [one for one in mine if there.get(one.n, one.hash) != one.hash]
    run.expect(not wrong, "平台所收与拉取所得相同", "the platform has what was pulled", number(wrong))


@check(
    "SC-32",
    zh="平台已收的，接收状态为已确认",
    en="what the platform has stands as acknowledged",
    critical=True,
    needs=("platform", *FEED),
    exclusive=True,
)
def acknowledged(run: Run) -> None:
    """Make a visit while nothing else goes on; two entries more are acknowledged, or open exceptions."""
    scene, feed = Scene(run), Feed(run)
    quiet(run, feed)
    start, before = settled(feed), feed.size()
    scene.begun()
    mine = feed.of([scene.encounter, f"Consent/z{scene.visit.number}"], before)
    run.expect(len(mine) == 2, "就诊与同意书有条目", "visit and consent are told", number(mine))
    run.until(
        lambda: settled(feed) >= start + len(mine),
        "状态显示已确认",
        "the state shows that they are acknowledged",
        realtime(run),
    )


@check(
    "SC-32",
    zh="全程所产生的文书与监管数据逐份相符",
    en="all documents of the run and the feed agree, both ways",
    critical=True,
    needs=FEED,
    last=True,
)
def whole_run(run: Run) -> None:
    """Pull everything since the run began, and hold it against everything that the run wrote."""
    feed = Feed(run)
    scene = _told_last(run, feed)
    after = of_this_run(run, feed)
    pages = pulled_whole(run, feed)
    entries = [one for page in pages for one in page.entries]
    run.step("产生的文书都在监管数据中", "what was made is in the feed")
    made = took_effect(run)
    run.expect(scene.encounter in made, "找到本次产生的文书", "what was made is found")
    missing = untold(made, entries)
    run.expect(not missing, "无遗漏", "nothing is missing", number(missing))
    missed = gaps([one.n for one in entries], after)
    run.expect(not missed, "无缺号", "no number is missing", number(missed))
    run.step("监管数据中的都有文书", "what is in the feed is there")
    run.expect(not twice(entries), "无重复", "nothing is told twice", number(twice(entries)))
    mine = [one for one in entries if run.session.number in one.document]
    empty = [
        one
        for page in pages
        for one in page.entries
        if run.session.number in one.document and one.about not in page.resources
    ]
    empty = _unexplained(run, empty, entries)
    run.expect(bool(mine) and not empty, "每条都带有文书", "each comes with its document", number(empty))


def _told_last(run: Run, feed: Feed) -> Scene:
    """Begin a visit and wait until it is told: whatever the run made before it then is, or never will be."""
    before = feed.size()
    scene = Scene(run).begun()
    feed.of([scene.encounter], before)
    return scene


def _unexplained(run: Run, empty: list[Told], entries: list[Told]) -> list[Told]:
    """Leave out entries that say that a document is no more, and older ones of what is no more indeed."""
    events = ("", *run.target.feed.get("gone", "purged cancelled").split())  # the version may be a tombstone
    told = {one.document for one in entries if one.event and one.event in events}
    left = [one for one in empty if one.event not in events]
    gone = {name for name in {one.document for one in left} & told if not run.client().get(name).ok}
    return [one for one in left if one.document not in gone]


@check(
    "SC-32",
    zh="全程的监管数据都已到达平台或列为待处理",
    en="everything of the run is at the platform, or an open exception",
    critical=True,
    needs=("platform", *FEED),
    last=True,
)
def whole_run_arrived(run: Run) -> None:
    """Compare the entries of the run with what the platform has, one by one."""
    feed = Feed(run)
    _told_last(run, feed)
    after = of_this_run(run, feed)
    entries = {one.n: one.hash for page in pulled_whole(run, feed) for one in page.entries}
    platform = run.platform()

    def all_there() -> dict[int, str] | None:
        there = {int(one["n"]): str(one["hash"]) for one in platform.entries(after)}
        return there if excused(run, feed, set(entries) - set(there)) else None

    there = run.until(
        all_there, "没有无故缺失的条目", "none is missing without being an open exception", RECOVERED
    )
    run.expect(len(set(entries) & set(there)) > 0, "平台收到本次数据", "the platform has what this run made")
    other = [n for n, one in there.items() if n in entries and entries[n] != one]
    run.expect(not other, "逐条相同", "each is the same", number(other))
    unknown = [n for n in there if n not in entries and n <= max(entries, default=0)]
    run.expect(
        not unknown, "平台没有多出的条目", "the platform has none that was never told", number(unknown)
    )
