"""The regulator's feed: in real time, complete and true (川卫规〔2023〕10号 32; 渝卫发〔2019〕49号)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.feed import Feed, Told
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import today
from conformance.simulators.jws import place
from conformance.suites.supervision import (
    acts,
    arriving,
    countersigning,
    events,
    figures,
    line,
    messages,
    pulled,
    receivers,
    subjects,
    uploading,
    whole,
    written,
)
from conformance.suites.supervision.acts import ACTS, FEED, SIGNS, Act
from conformance.suites.supervision.events import adverse_event
from conformance.suites.supervision.pulled import gaps, number, twice, untold
from conformance.suites.supervision.versions import version

SUITE = Suite("feed_completeness", zh="监管数据全量、真实、实时", en="The regulator's feed")
PARTS = (arriving, uploading, countersigning, line, subjects, receivers, messages, figures,
         acts, events, pulled, whole, written)  # fmt: skip
THREADS, EACH = 4, 6


@checks(
    [
        Case(
            one.name,
            "SC-32",
            Words(f"{one.words.zh}实时进入监管数据", f"{one.words.en} is in the feed in real time"),
            (one,),
            True,
            (*FEED, *one.needs),
        )
        for one in ACTS
    ]
)
def told(run: Run, act: Act) -> None:
    """Let something happen; the feed tells it in real time, in the version that stands now."""
    scene, feed = Scene(run), Feed(run)
    parts = act.ready(scene)
    before = feed.size()
    run.step(act.words.zh, act.words.en)
    documents = act.done(scene, parts)
    run.step("拉取监管数据", "the feed is pulled")
    standing = {name: _version(run, name) for name in documents}

    def all_told(told: list[Told]) -> bool:
        last = {one.document: one.about for one in told}
        return all(_is_about(last.get(name, ""), one) for name, one in standing.items())

    found = {one.document: one for page in feed.until(before, all_told) for one in page.entries}
    for name, version_ in standing.items():
        kind = name.partition("/")[0]
        run.expect(
            name in found,
            f"有该 {kind} 的条目",
            f"there is an entry about the {kind}",
            Words("无" if name not in found else "有", "none" if name not in found else "yes"),
        )
        run.expect(
            _is_about(found[name].about, version_),
            "条目指向当前版本",
            "it is about the version that stands now",
        )


def _version(run: Run, name: str) -> str:
    return str(run.client().get(name).body.get("meta", {}).get("versionId", ""))


def _is_about(about: str, version_: str) -> bool:
    """Tell whether an entry is about a version, or says none."""
    return bool(about) and ("/_history/" not in about or about.endswith(f"/_history/{version_}"))


def _registered(scene: Scene) -> list[str]:
    """Return what a visit that has begun is told by."""
    return [f"Consent/z{scene.visit.number}", scene.encounter]


@check("SC-32", zh="序号连续无缺号", en="the numbers of the feed have no gap", critical=True, needs=FEED)
def no_gap(run: Run) -> None:
    """Pull what two visits made, and look for numbers that are missing."""
    feed = Feed(run)
    before = feed.size()
    scenes = [Scene(run, suffix=letter).begun() for letter in "ab"]
    found = feed.since(before, about=[one.encounter for one in scenes])
    run.expect(
        not untold([one.encounter for one in scenes], found),
        "监管数据中有两次就诊",
        "both visits are in the feed",
    )
    missing = gaps([one.n for one in found], before)
    run.expect(not missing, "序号连续", "the numbers go on without a gap", number(missing))


@check("SC-32", zh="同一版本不重复上报", en="nothing is told twice", critical=True, needs=(*FEED, *SIGNS))
def told_once(run: Run) -> None:
    """Submit a prescription twice and send the same consent twice: one entry each."""
    scene, feed = Scene(run), Feed(run)
    before = feed.size()
    scene.begun()
    consent = scene.read(f"Consent/z{scene.visit.number}")
    run.given(scene.write([consent]), "重复登记", "the same is registered again")
    parts = scene.prescription()
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    signature = scene.signed(parts)
    for _ in range(2):
        run.given(scene.submit(parts, signature=signature), "提交", "it is submitted")
    agreed = f"Consent/z{scene.visit.number}"
    later = Scene(run, suffix="b").begun().encounter  # a second entry of the same would come before it
    told = feed.since(before, about=[agreed, scene.encounter, place(parts[0]), later])
    mine = [one for one in told if one.document in (agreed, scene.encounter, place(parts[0]))]
    once = [one for one in mine if one.document != agreed]  # R4 lets a server make a new version of that
    run.expect(
        len(once) == 2, "就诊与处方各一条", "one entry for the visit, one for the prescription", number(once)
    )
    run.expect(len(mine) > len(once), "同意书已上报", "the consent is told")
    run.expect(not twice(mine), "无重复", "none is told twice")


@check("SC-32", zh="分页拉取与一次拉取一致", en="pages of any size tell the same", critical=True, needs=FEED)
def pages_agree(run: Run) -> None:
    """Pull the same entries in pages of two, and in one."""
    feed = Feed(run)
    before = feed.size()
    scenes = [Scene(run, suffix=letter).begun() for letter in ("", "b")]
    about = [one for each_ in scenes for one in _registered(each_)]
    told = feed.since(before, about=about)
    upto = max((one.n for one in told), default=before)
    whole = [one.raw for one in told]
    parted = [one.raw for page in feed.pages(before, 2, upto) for one in page.entries if one.n <= upto]
    run.expect(len(whole) >= 4, "至少四条", "there are four entries at least", number(whole))
    run.expect(parted == whole, "逐页拉取所得相同", "page by page the same entries come", number(parted))


@check(
    "SC-32", zh="再次拉取得到同样的条目", en="what was told is told the same again", critical=True, needs=FEED
)
def repeatable(run: Run) -> None:
    """Pull the same range twice while others write."""
    feed = Feed(run)
    before = feed.size()
    told = feed.since(before, about=_registered(Scene(run).begun()))
    upto = max((one.n for one in told), default=before)
    first = [one.raw for one in told]
    Scene(run, suffix="b").begun()
    again = [one.raw for one in feed.since(before) if one.n <= upto]
    run.expect(bool(first) and first == again, "两次所得相同", "both times the same entries come")


@check(
    "SC-32",
    zh="上报内容与在册文书一致",
    en="what is told is what is on file",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def true_to_the_file(run: Run) -> None:
    """Compare each document on the page with the version that the API reads."""
    scene, feed = Scene(run), Feed(run)
    before = feed.size()
    parts = scene.begun().prescription(2)
    scene.approved(parts)
    ours = {*_registered(scene), place(parts[0])}
    pages = feed.pages(before, about=[*ours, place(parts[0])])  # it is told twice: submitted, then approved
    mine = [one for page in pages for one in page.entries if one.document in ours]
    run.expect(
        {one.document for one in mine} == ours,
        "就诊、同意书、处方都已上报",
        "visit, consent and prescription are told",
    )
    run.step("逐份核对", "each is compared")
    for one in mine:
        come = next((page.resources[one.about] for page in pages if one.about in page.resources), None)
        run.expect(come is not None, "文书随条目上报", "the document comes along with its entry")
        run.expect(come == _filed(run, one.about), "与在册版本相同", "it is what is on file")


def _filed(run: Run, about: str) -> Resource:
    name, _, id_ = about.partition("/_history/")
    return version(run, name, id_) if id_ else run.done(run.client().get(name), "读取", "it is read").body


@check(
    "SC-32",
    zh="药品随处方一并上报",
    en="the drugs come along with their prescription",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def drugs_come_along(run: Run) -> None:
    """Submit a prescription of three drugs."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    parts = scene.prescription(3)
    scene.submitted(parts)
    pages = feed.pages(before, about=[place(parts[0])])
    there = {name for page in pages for name in page.resources}
    missing = [one for one in parts if place(one) not in there]
    run.expect(not missing, "处方组和三种药品都在", "group and three drugs are there", number(missing))


@check(
    "SC-32",
    zh="草稿和被拒的提交不上报",
    en="drafts and what was refused are not told",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def nothing_untrue(run: Run) -> None:
    """Write a draft that stays one; submit one without a signature; and one that is right."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    draft, unsigned, right = (scene.prescription(1, letter) for letter in "abc")
    run.given(scene.write([*draft, *unsigned]), "写入草稿", "the drafts are written")
    refused = scene.submit(unsigned, signing=False)
    scene.submitted(right)
    about = {one.document for one in feed.since(before, about=[place(right[0])])}
    run.expect(place(right[0]) in about, "合规的已上报", "the right one is told")
    run.expect(place(draft[0]) not in about, "草稿未上报", "the draft is not")
    told = place(unsigned[0]) in about
    run.expect(
        refused.ok or not told, "被拒的未上报", "the refused one is not"
    )  # whether it may be taken is NAT-20.4


@check(
    "SC-32",
    zh="多人同时提交的文书一份不少",
    en="of what many submit at once nothing is missing",
    critical=True,
    needs=(*FEED, *SIGNS),
)
def all_of_many(run: Run) -> None:
    """Submit prescriptions from several threads, and look for each."""
    feed = Feed(run)
    before = feed.size()
    scenes = [Scene(run, suffix=f"t{at}").begun() for at in range(THREADS)]
    documents = [[scene.prescription(1, f"n{at}") for at in range(EACH)] for scene in scenes]
    run.step("同时提交", "they are submitted at once")

    def submitted(at: int) -> list[str]:
        return [place(one[0]) for one in documents[at] if scenes[at].ordered(one).ok]

    with ThreadPoolExecutor(THREADS) as pool:
        made = [one for several in pool.map(submitted, range(THREADS)) for one in several]
    run.expect(len(made) == THREADS * EACH, "全部提交成功", "all are taken", number(made))
    wanted = [*made, *(one.encounter for one in scenes)]
    found = feed.since(before, about=wanted)
    missing = untold(wanted, found)
    run.expect(not missing, "全部进入监管数据", "all of them are in the feed", number(missing))
    run.expect(
        not gaps([one.n for one in found], before), "其间无缺号", "and no number is missing among them"
    )


@check(
    "SC-32",
    zh="来源系统产生而未进入台账的文书会被发现",
    en="what a source made and the ledger does not have is found",
    critical=True,
    needs=(*FEED, *SIGNS, "actions.feed_counts", "actions.reconciliation"),
)
def reconciled(run: Run) -> None:
    """State two documents as made, of which one was submitted: the other one is told as missing."""
    where = run.target.actions["reconciliation"].answer.get("missing")
    if not where:
        raise Skipped(
            "目标未声明核对结果在何处列出缺失的文书（actions.reconciliation.answer.missing）",
            "the target does not say where it names what is missing (actions.reconciliation.answer.missing)",
        )
    scene = Scene(run).begun()
    request = scene.request("transfer")
    answer = scene.submitted([request])
    day = f"{today():%Y-%m-%d}"
    known, unknown = str(answer.told.get("serial") or request["identifier"][0]["value"]), f"LOST{run.number}"
    run.step("来源系统申报两份", "the source says that it made two")
    said = run.act(
        "feed_counts",
        day=day,
        kind="transfer",
        source=f"conf-{run.number}",
        count=2,
        numbers=[known, unknown],
    )
    run.given(said, "申报数量", "the count is stated")
    compared = run.done(run.act("reconciliation", day=day), "核对", "it is compared")
    missing = {str(one) for one in each(compared.content, where)}
    run.expect(unknown in missing, "缺失的一份被列出", "the missing one is named")
    run.expect(known not in missing, "已上报的不被列为缺失", "the one that was told is not")


@check(
    "SC-32",
    zh="不良事件内容随监管数据上报",
    en="the report of an adverse event comes along in the feed",
    critical=True,
    needs=FEED,
)
def event_comes_along(run: Run) -> None:
    """Report an adverse event and read it from the feed."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    made = adverse_event(scene, suffix="f")
    run.given(scene.write([made]), "上报不良事件", "the adverse event is reported")
    pages = feed.pages(before, about=[place(made)])
    come = next((page.resources[place(made)] for page in pages if place(made) in page.resources), {})
    run.expect(come.get("event") == made["event"], "内容一致", "it is what was reported")
