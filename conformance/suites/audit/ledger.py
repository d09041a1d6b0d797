"""The ledger: hashes, chain and proofs are computed anew; what was entered stays (CQ49 annex 3, note 1)."""

from __future__ import annotations

from datetime import timedelta

from conformance.harness.check import check
from conformance.harness.feed import Feed, Page
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.proof import consistent, included
from conformance.suites.supervision.pulled import number, wrong_hashes, wrong_links, wrong_members
from conformance.suites.supervision.tasks import instant
from conformance.suites.supervision.trace import ROW
from conformance.suites.supervision.versions import version
from conformance.suites.supervision.whole import whole


def _pulled(run: Run) -> tuple[Feed, list[Page]]:
    """Return what a visit, and whatever else happened meanwhile, added to the feed; it is played once."""
    feed = Feed(run)

    def played() -> tuple[int, int]:
        before = feed.size()
        scene, parts, request = whole(run)
        feed.of([scene.encounter, place(parts[0]), place(parts[0]), place(request)], before)
        return before, feed.size()

    before, upto = run.session.once("audit-span", played)
    pages = feed.pages(before, upto=upto)
    many = sum(len(one.entries) for one in pages)
    run.expect(
        many >= 5, "监管数据有本次诊疗的条目", "the visit is in the feed", same("≥ 5" if many >= 5 else "< 5")
    )
    return feed, pages


@check(
    ROW,
    zh="每条台账的哈希可复算",
    en="the hash of every entry can be recomputed",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def hashes(run: Run) -> None:
    """Recompute the hash of each entry from its lines."""
    feed, pages = _pulled(run)
    wrong = wrong_hashes(feed.messages(pages))
    run.expect(not wrong, "复算一致", "each is what the harness computes", number(wrong))


@check(
    ROW,
    zh="台账前后相链，改动或调换会断链",
    en="each entry is chained to the one before; what was edited or moved breaks the chain",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def chain(run: Run) -> None:
    """Compare each link with the hash of the entry before."""
    feed, pages = _pulled(run)
    wrong = wrong_links(feed.messages(pages))
    run.expect(not wrong, "链条完整", "the chain holds", number(wrong))


@check(
    ROW,
    zh="条目的哈希覆盖文书全文",
    en="the hash of an entry covers the whole documents",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def contents(run: Run) -> None:
    """Recompute the hash over the versions that an entry is about."""
    feed, pages = _pulled(run)
    whole, wrong = wrong_members(feed.messages(pages))
    run.expect(whole >= 5, "文书随条目提供", "the documents come along", same("≥ 5" if whole >= 5 else "< 5"))
    run.expect(not wrong, "与文书一致", "each is that of its documents", number(wrong))


@check(
    ROW,
    zh="台账的包含证明成立",
    en="a proof that an entry is in the ledger holds",
    critical=True,
    needs=(*FEED, "actions.proof"),
)
def inclusion(run: Run) -> None:
    """Check a proof of inclusion; one with another hash must not hold."""
    feed = Feed(run)
    before = feed.size()
    page = feed.pages(before, about=[Scene(run).begun().encounter])[0]
    algorithm = _algorithm(run, page)
    one = page.entries[0]
    run.step("取得证明并验证", "a proof is fetched and checked")
    answer = run.done(run.act("proof", n=one.n, size=page.size), "提供证明", "there is a proof")
    path = [str(each_) for each_ in each(answer.body, run.target.feed["proof_path"])]
    root = str(answer.told.get("root", ""))
    run.expect(root == page.root and root != "", "证明的根与台账一致", "its root is that of the ledger")
    run.expect(included(algorithm, one.hash, one.n, page.size, path, root), "证明成立", "it holds")
    other = one.hash[::-1]
    run.expect(
        not included(algorithm, other, one.n, page.size, path, root),
        "改动后的条目不成立",
        "it does not for another entry",
    )


@check(
    ROW,
    zh="台账只增不改：旧台账是新台账的开头",
    en="the ledger only grows: the old one is the beginning of the new one",
    critical=True,
    needs=(*FEED, "actions.consistency"),
)
def growth(run: Run) -> None:
    """Check a proof of consistency between the heads before and after some writes."""
    feed = Feed(run)
    Scene(run).begun()
    first = feed.page(max(0, feed.size() - 1), 1)
    feed.of([Scene(run, suffix="b").begun().encounter], first.size)
    second = feed.page(first.size, 1)
    run.step("取得一致性证明并验证", "a proof of consistency is fetched and checked")
    answer = run.done(
        run.act("consistency", first=first.size, size=second.size), "提供证明", "there is a proof"
    )
    path = [str(one) for one in each(answer.body, run.target.feed["proof_path"])]
    heads = (first.size, first.root), (second.size, second.root)
    run.expect(first.size < second.size and first.root != "", "台账已增长", "the ledger has grown")
    run.expect(consistent(_algorithm(run, second), *heads, path), "证明成立", "it holds")


def _algorithm(run: Run, page: Page) -> str:
    if "algorithm" not in run.target.feed or "proof_path" not in run.target.feed or not page.entries:
        raise Skipped(
            "目标未声明证明格式（feed.proof_path）", "the target declares no form of proofs (feed.proof_path)"
        )
    return str(pick(page.entries[0].raw, run.target.feed["algorithm"]) or "").lower()


@check(
    ROW,
    zh="更正只追加，旧条目和旧版本不变",
    en="a correction is appended; the old entry and the old version stay",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def appended(run: Run) -> None:
    """Correct a diagnosis that a prescription names."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    parts = scene.prescription()
    scene.submitted(parts)
    told = feed.since(before, about=[place(parts[0])])
    old, upto = [one.raw for one in told], max((one.n for one in told), default=before)
    name = f"Condition/c{scene.visit.number}"
    body = scene.read(name)
    run.step("更正诊断", "the diagnosis is corrected")
    run.given(scene.write([with_(body, note=[{"text": "补充"}], meta=None)]), "更正诊断", "it is written")
    feed.of([name], upto)
    now = feed.since(before)
    run.expect(
        [one.raw for one in now if one.n <= upto] == old, "旧条目未变", "the old entries are as they were"
    )
    run.expect(
        any(one.document == name and one.n > upto for one in now),
        "更正另有条目",
        "the correction has an entry of its own",
    )
    was = version(run, name, str(body["meta"]["versionId"]))
    run.expect(
        was.get("code") == body["code"] and "note" not in was,
        "旧版本可读且未变",
        "the old version can be read as it was",
    )


@check(
    ROW,
    zh="条目按发生先后排列，时间不倒退",
    en="entries stand in the order in which things happened",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def ordered(run: Run) -> None:
    """Look at numbers and times, and that a later entry of a document goes back to an earlier one."""
    scene, feed = Scene(run), Feed(run)
    before = feed.size()
    parts = scene.begun().prescription()
    scene.approved(parts)
    found = feed.since(before, about=[place(parts[0])] * 2)
    numbers, times = [one.n for one in found], [one.time for one in found if one.time]
    run.expect(numbers == sorted(numbers), "序号递增", "the numbers grow")
    run.expect(bool(times) and times == sorted(times), "时间不倒退", "time never goes back")
    mine = [one for one in found if one.document == place(parts[0])]
    run.expect(
        len(mine) >= 2, "提交与生效各有条目", "submission and approval each have an entry", number(mine)
    )
    run.expect(
        all(one.back < one.n for one in found), "只指向更早的条目", "entries go back to earlier ones only"
    )


@check(ROW, zh="条目时间为实际发生时间", en="an entry says when it happened", critical=True, needs=FEED)
def on_time(run: Run) -> None:
    """Compare an entry's time with the clock at the beginning of a visit, the target's own."""
    feed = Feed(run)
    before = feed.size()
    scene = Scene(run).begun()
    written = scene.read(scene.encounter).get("meta", {}).get("lastUpdated", "")
    mine = feed.of([scene.encounter], before)
    run.expect(len(mine) == 1 and bool(mine[0].time), "条目有时间", "the entry has a time", number(mine))
    told, written_at = instant(mine[0].time), instant(written)
    near = told is not None and written_at is not None and abs(told - written_at) < timedelta(seconds=5)
    run.expect(near, "与文书写入时间一致", "it is when the document was written")


@check(ROW, zh="截短的台账会被发现", en="a ledger that was cut is noticed", critical=True, needs=FEED)
def cut_ledger(run: Run) -> None:
    """Go on from a number that the ledger does not reach."""
    feed = Feed(run)
    Scene(run).begun()
    size = feed.size()
    run.done(feed.asked(size), "从末尾继续可以", "to go on from its end is fine")
    run.refused(
        feed.asked(size + 100_000),
        "从不存在的序号继续被拒绝",
        "to go on from a number that is not there is refused",
    )
