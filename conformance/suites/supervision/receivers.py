"""Further receivers: each gets everything, on its own (川卫规〔2023〕10号 article 14)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.feed import Feed, Told
from conformance.harness.inbound import Arrived
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.simulators.exact import Resource
from conformance.suites.supervision.acts import FEED
from conformance.suites.supervision.line import RECOVERED, held_up
from conformance.suites.supervision.pulled import at_the_platform, number


@check(
    "SC-14.4",
    zh="多个接收方各自收到，一方故障不影响另一方",
    en="several receivers each get everything, and one that fails holds up no other",
    waits=True,
)
def several_receivers(run: Run) -> None:
    """Subscribe two receivers, of which one answers 500."""
    scene = Scene(run)
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    good, bad = run.inbox("good"), run.inbox("bad")
    bad.answer = 500
    for name, box in (("good", good), ("bad", bad)):
        made = run.client().put(_subscription(run, name, box.url, f"Encounter?patient={scene.patient}"))
        run.given(made, "登记接收方", "the receiver is subscribed")
        run.wrote(f"Subscription/{name}-{run.number}")
    run.step("产生数据", "something happens")
    run.given(scene.write([scene.opening()]), "接诊", "the visit begins")
    wait = float(run.target.setting("wait", run.target.patience))
    run.expect(
        good.wait(lambda one: bool(one.raw or one.method == "POST"), wait) is not None,
        "正常的接收方已收到",
        "the one that is well gets it",
    )
    run.expect(
        bad.wait(lambda one: True, wait) is not None,
        "故障的接收方也曾收到请求",
        "the one that fails is tried, too",
    )
    well: list[Arrived] = []  # what came when it was well: not what came just before, and was answered 500

    def answered(one: Arrived) -> int:
        well.append(one)
        return 200

    bad.answer = answered
    run.until(lambda: bool(well), "恢复后补送", "it gets it once it is well again", RECOVERED)


def _subscription(run: Run, name: str, url: str, criteria: str) -> Resource:
    return {
        "resourceType": "Subscription",
        "id": f"{name}-{run.number}",
        "status": "requested",
        "reason": "data for a further receiver",
        "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"},
    }


@check(
    "SC-14.4",
    zh="平台断线时，其他接收方照常拉取",
    en="who pulls gets everything while the platform is away",
    needs=("platform", *FEED),
    exclusive=True,
)
def pull_while_away(run: Run) -> None:
    """Let the platform be away and pull."""
    feed, platform = Feed(run), run.platform()
    before = feed.size()
    platform.misbehave("away")
    try:
        scene = Scene(run).begun()
        mine = feed.of([scene.encounter, f"Consent/z{scene.visit.number}"], before)
        run.expect(len(mine) == 2, "拉取方仍能取得", "who pulls has it all the same", number(mine))
        held_up(run, feed, [scene.encounter], before)
    finally:
        platform.misbehave("")
    at_the_platform(run, feed, [one.n for one in mine], before, RECOVERED)


@check(
    "SC-32",
    zh="未收到的内容不能确认为已收到",
    en="what was never read is not acknowledged",
    critical=True,
    needs=(*FEED, "actions.feed_acknowledge"),
)
def acknowledged_unread(run: Run) -> None:
    """Acknowledge another content, and an entry that is not there yet; then what was pulled."""
    feed = Feed(run)
    before = feed.size()
    mine = _newest(run, feed, before)
    for n, hash_, zh, en in (
        (mine.n, _other(mine.hash), "内容不符的确认被拒绝", "another content is not acknowledged"),
        (mine.n + 1_000_000, mine.hash, "尚无的条目不能确认", "nor is an entry that is not there yet"),
    ):
        run.refused(run.act("feed_acknowledge", n=n, hash=hash_), zh, en)
    run.done(run.act("feed_acknowledge", n=mine.n, hash=mine.hash), "相符的确认被接受", "the right one is")


def _newest(run: Run, feed: Feed, before: int) -> Told:
    """Return the last entry after a visit has begun. Raises Skipped: there is none."""
    found = feed.since(before, about=[Scene(run).begun().encounter])
    if not found:
        raise Skipped("前提未满足：就诊进入监管数据", "prerequisite not met: a visit is in the feed")
    return found[-1]


def _other(hash_: str) -> str:
    return hash_[:-1] + ("0" if hash_[-1:] != "0" else "1")


@check(
    "SC-14.4",
    zh="各接收方分别确认：确认的内容须与台账一致",
    en="each receiver acknowledges on its own, and only what is so",
    needs=(*FEED, "actions.feed_acknowledge"),
)
def acknowledge_apart(run: Run) -> None:
    """Acknowledge an entry by its hash, then another hash under the same number."""
    feed = Feed(run)
    before = feed.size()
    mine = _newest(run, feed, before)
    pushed = {name: one["acknowledged"] for name, one in feed.receivers().items()}
    run.expect(bool(pushed), "各接收方有状态", "the receivers have a state", number(pushed))
    run.refused(
        run.act("feed_acknowledge", n=mine.n, hash=_other(mine.hash)),
        "内容不符的确认被拒绝",
        "another content is not acknowledged",
    )
    run.done(run.act("feed_acknowledge", n=mine.n, hash=mine.hash), "相符的确认被接受", "the right one is")
