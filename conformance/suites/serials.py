"""Unique serials: what passed the platform carries one of its own (渝卫发〔2019〕49号 annex 3, note 5)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.client import Answer
from conformance.harness.feed import Feed
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision import serial as serial_form
from conformance.suites.supervision.serial import check_digits_fit

SUITE = Suite("serials", zh="唯一流水号", en="Unique serials")
ROW = "CQ49附3.5"
NEEDS = ("actions.submit", "signing")
KINDS = {
    "prescription": Words("处方", "a prescription"),
    "exam": Words("检查申请单", "an examination request"),
    "lab": Words("检验申请单", "a laboratory request"),
    "admission": Words("入院申请单", "an admission request"),
    "transfer": Words("转院申请单", "a transfer request"),
    "referral": Words("转诊申请单", "a referral request"),
}
_PLACES = "groupIdentifier.value | requisition.value"
"""Where R4 has the number that several parts of one order share."""
PARTS = (serial_form,)
THREADS, EACH = 4, 6


def _cases(zh: str, en: str, *needs: str) -> list[Case]:
    """Return one case for each kind of document."""
    return [
        Case(kind, ROW, Words(f"{name.zh}{zh}", f"{name.en} {en}"), (kind,), True, (*NEEDS, *needs))
        for kind, name in KINDS.items()
    ]


def _documents(scene: Scene, kind: str, suffix: str = "") -> list[Resource]:
    return scene.prescription(2, suffix) if kind == "prescription" else [scene.request(kind)]


def _told(run: Run, answer: Answer) -> str:
    """Return the serial that an answer tells. Raises unless the document was taken and has one."""
    run.given(answer, "提交成功", "the document is taken")
    serial = str(answer.told.get("serial") or "")
    run.expect(
        serial != "",
        "提交后返回流水号",
        "a serial is told",
        Words("有" if serial else "无", "yes" if serial else "none"),
    )
    return serial


def _carried(run: Run, name: str) -> str:
    """Return the serial that a document carries, ``""`` for none."""
    answer = run.given(run.client().get(name), "读取文书", "the document is read")
    return str(next(each(answer.body, _PLACES), "") or "")


def _same(run: Run, one: str, other: str, zh: str, en: str) -> None:
    run.expect(one == other, zh, en, Words("相同", "the same") if one == other else Words("不同", "another"))


@checks(_cases("重复提交得到同一流水号", "keeps its serial when it is submitted again"))
def repeated(run: Run, kind: str) -> None:
    """Submit one document twice with the same signature."""
    scene = Scene(run).begun()
    parts = _documents(scene, kind)
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    signature = scene.signed(parts)
    run.step("提交", "the document is submitted")
    serial = _told(run, scene.submit(parts, signature=signature))
    run.step("以同样内容再次提交", "the same is submitted again")
    again = run.done(
        scene.submit(parts, signature=signature), "再次提交得到同样的答复", "it is answered again"
    )
    _same(run, str(again.told.get("serial")), serial, "流水号不变", "the serial is the same")


@checks(_cases("的流水号写在文书内", "carries its serial in the document itself"))
def carried(run: Run, kind: str) -> None:
    """Read back every part of a document: all of them have the one serial."""
    scene = Scene(run).begun()
    parts = _documents(scene, kind)
    run.step("提交并读取", "it is submitted and read")
    serial = _told(run, scene.ordered(parts))
    for one in parts:
        _same(
            run,
            _carried(run, place(one)),
            serial,
            f"{one['resourceType']} 带有该流水号",
            f"the {one['resourceType']} carries it",
        )


@checks(_cases("的流水号随监管数据上报", "is reported with its serial", "feed", "actions.feed_status"))
def reported(run: Run, kind: str) -> None:
    """Pull the feed: the entry of the document says the serial that was told."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    parts = _documents(scene, kind)
    run.step("提交并拉取监管数据", "it is submitted, and the feed is pulled")
    serial = _told(run, scene.ordered(parts))
    mine = [one for one in feed.since(before) if one.serial == serial]
    names = {place(one) for one in parts}
    run.expect(
        bool(mine),
        "监管数据中有该流水号",
        "the serial is in the feed",
        Words(f"{len(mine)} 条", f"{len(mine)} entries"),
    )
    run.expect(
        all(one.document in names for one in mine), "且只属于该文书", "and belongs to this document alone"
    )


@checks(_cases("的流水号校验码正确、格式符合声明", "has a serial whose check character and form are right"))
def well_formed(run: Run, kind: str) -> None:
    """Compute the check character; one changed character must not fit."""
    scheme, pattern = (str(run.target.setting(f"serials.{name}", "")) for name in ("check", "pattern"))
    if not scheme and not pattern:
        raise Skipped(
            "目标未声明流水号格式（settings.serials）",
            "the target declares no form of serials (settings.serials)",
        )
    scene = Scene(run).begun()
    run.step("提交并核对流水号", "it is submitted, and its serial is looked at")
    serial = _told(run, scene.ordered(_documents(scene, kind)))
    if pattern:
        run.expect(
            re.fullmatch(pattern, serial) is not None, "格式符合声明", "it has the form that is declared"
        )
    if scheme:
        run.expect(check_digits_fit(scheme, serial), "校验码正确", "its check character is right")
        wrong = serial[:-2] + ("0" if serial[-2] != "0" else "1") + serial[-1]
        run.expect(
            not check_digits_fit(scheme, wrong), "错一位即不符", "with one character changed it does not fit"
        )


@check(
    ROW,
    zh="一次就诊的各种文书流水号互不相同",
    en="the documents of one visit all have serials of their own",
    critical=True,
    needs=NEEDS,
)
def apart_by_kind(run: Run) -> None:
    """Submit one document of each kind, and two prescriptions."""
    scene = Scene(run).begun()
    found = [_told(run, scene.ordered(_documents(scene, kind))) for kind in KINDS]
    found.append(_told(run, scene.ordered(scene.prescription(1, "b"))))
    _all_different(run, found, len(KINDS) + 1)


@check(
    ROW,
    zh="多人同时提交，流水号不重复",
    en="no serial is given twice when many submit at once",
    critical=True,
    needs=NEEDS,
)
def apart_at_once(run: Run) -> None:
    """Submit prescriptions from several threads."""
    scenes = [Scene(run, suffix=f"t{at}").begun() for at in range(THREADS)]
    written = [[scene.prescription(1, f"n{at}") for at in range(EACH)] for scene in scenes]
    for scene, documents in zip(scenes, written, strict=True):
        run.given(
            scene.write([one for each in documents for one in each]), "写入草稿", "the drafts are written"
        )
    run.step("同时提交", "they are submitted at once")

    def submitted(at: int) -> list[Answer]:
        return [scenes[at].submit(one) for one in written[at]]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [one for several in pool.map(submitted, range(THREADS)) for one in several]
    _all_different(run, [_told(run, one) for one in answers], THREADS * EACH)


def _all_different(run: Run, serials: list[str], number: int) -> None:
    different = len(set(serials))
    run.expect(
        different == number,
        f"{number} 份文书有 {number} 个不同的流水号",
        f"{number} documents have {number} serials",
        Words(f"{different} 个", f"{different}"),
    )


@check(
    ROW,
    zh="同一处方同时提交多次只有一个流水号",
    en="one prescription submitted several times at once gets one serial",
    critical=True,
    needs=NEEDS,
)
def repeated_at_once(run: Run) -> None:
    """Submit one prescription from four threads at once."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    signature = scene.signed(parts)
    run.step("四个线程同时提交", "four submit it at once")
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda _: scene.submit(parts, signature=signature), range(THREADS)))
    told = {str(one.told.get("serial")) for one in answers if one.ok}
    run.expect(
        len(told) == 1,
        "成功的答复都是同一流水号",
        "all that are taken tell one serial",
        Words(f"{len(told)} 个", f"{len(told)}"),
    )
    _same(
        run,
        _carried(run, place(parts[0])),
        next(iter(told)),
        "即文书所带的流水号",
        "it is the one of the document",
    )


@check(
    ROW,
    zh="审核和调配后流水号不变",
    en="the serial stays through review and dispensing",
    critical=True,
    needs=(*NEEDS, "actions.review", "actions.redeem"),
)
def kept_through_the_course(run: Run) -> None:
    """Follow one serial through review and redemption."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    serial = _told(run, scene.ordered(parts))
    task = _task(run, parts)
    run.step("审核", "it is approved")
    run.given(scene.review(task, place(parts[0])), "药师审核通过", "the pharmacist approves")
    _same(run, _carried(run, place(parts[0])), serial, "审核后流水号不变", "after the review it is the same")
    run.step("调配", "it is dispensed")
    run.given(scene.redeem(parts), "药房调配", "the pharmacy dispenses")
    _same(run, _carried(run, place(parts[1])), serial, "调配后流水号不变", "after dispensing it is the same")


def _task(run: Run, parts: list[Resource]) -> str:
    """Return the review Task of a prescription, as a search finds it."""
    found = run.given(
        run.client().get(f"Task?focus={place(parts[0])}"), "查询审核任务", "the review Task is found"
    ).entries
    if not found:
        raise Skipped("前提未满足：提交后有审核任务", "prerequisite not met: there is a review Task")
    return place(found[0])


@check(
    ROW,
    zh="被拒处方的流水号作废，重开的处方另有新号",
    en="a rejected prescription keeps its serial for good; the one written instead has a new one",
    critical=True,
    needs=(*NEEDS, "actions.review"),
)
def rejected_and_rewritten(run: Run) -> None:
    """Reject a prescription, and write another one in its place."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    first = _told(run, scene.ordered(parts))
    run.given(
        scene.review(_task(run, parts), place(parts[0]), reason="用法不明确"),
        "药师退回",
        "the pharmacist rejects it",
    )
    run.step("重新开具", "another one is written instead")
    again = scene.prescription(1, "b")
    again[1]["priorPrescription"] = {"reference": place(parts[1])}
    second = _told(run, scene.ordered(again))
    run.expect(
        second != first,
        "新处方有新流水号",
        "it has a new serial",
        Words("新号" if second != first else "旧号", "new" if second != first else "the old one"),
    )
    _same(
        run,
        _carried(run, place(parts[0])),
        first,
        "旧号留在被退回的处方上",
        "the old one stays with the rejected one",
    )
    found = run.client().get(place(again[1])).body.get("priorPrescription", {}).get("reference", "")
    run.expect(found.endswith(place(parts[1])), "新处方指明原处方", "the new one says which it replaces")


@check(
    ROW,
    zh="已撤销处方的流水号不再使用",
    en="the serial of a cancelled prescription is not used again",
    critical=True,
    needs=(*NEEDS, "actions.cancel"),
)
def cancelled_not_reused(run: Run) -> None:
    """Cancel a prescription and write the next."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    first = _told(run, scene.ordered(parts))
    run.step("撤销后再开", "it is cancelled, and another one is written")
    run.given(
        run.act("cancel", document=place(parts[0]), reason="开具有误", by=scene.who("physician")),
        "撤销",
        "it is cancelled",
    )
    second = _told(run, scene.ordered(scene.prescription(1, "b")))
    run.expect(
        second != first,
        "另有新号",
        "the next one has another",
        Words("新号" if second != first else "旧号", "new" if second != first else "the old one"),
    )
    _same(run, _carried(run, place(parts[0])), first, "撤销的处方仍带原号", "the cancelled one keeps its own")


@check(ROW, zh="草稿没有流水号", en="a draft has no serial", critical=True, needs=NEEDS)
def drafts_have_none(run: Run) -> None:
    """Write a draft and look at it before and after it is submitted."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    run.step("读取草稿", "the draft is read")
    for one in parts:
        found = _carried(run, place(one))
        run.expect(
            not found,
            "草稿没有流水号",
            "the draft has no serial",
            Words("有" if found else "无", "one" if found else "none"),
        )
    run.step("提交", "it is submitted")
    serial = _told(run, scene.submit(parts))
    _same(run, _carried(run, place(parts[0])), serial, "提交后才有", "it has one once it is submitted")


@check(ROW, zh="被拒绝的提交没有流水号", en="what is refused has no serial", critical=True, needs=NEEDS)
def refused_have_none(run: Run) -> None:
    """Submit a prescription without a signature, then with one."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    run.step("无签名提交", "it is submitted without a signature")
    answer = scene.submit(parts, signing=False)
    if answer.ok:
        raise Skipped("前提未满足：无签名的处方被拒绝", "prerequisite not met: what nobody signed is refused")
    found = _carried(run, place(parts[0]))
    run.expect(
        not found,
        "被拒绝的处方没有流水号",
        "the refused one has no serial",
        Words("有" if found else "无", "one" if found else "none"),
    )
    run.step("签名后提交", "it is signed and submitted")
    _told(run, scene.submit(parts))


@check(
    ROW,
    zh="提交后不得改写流水号",
    en="nobody changes the serial of what was submitted",
    critical=True,
    needs=NEEDS,
)
def not_rewritten(run: Run) -> None:
    """Try to write another serial over the one that was given."""
    scene = Scene(run).begun()
    request = scene.request("lab")
    serial = _told(run, scene.ordered([request]))
    run.step("以他号覆盖", "another number is written over it")
    body = scene.read(place(request))
    scene.write([{**body, "requisition": {**body.get("requisition", {}), "value": f"X{run.number}"}}])
    _same(
        run,
        _carried(run, place(request)),
        serial,
        "流水号仍为原号",
        "the serial is still the one that was given",
    )


@check(
    ROW,
    zh="按流水号可查到唯一一份文书",
    en="a serial leads to exactly one document",
    critical=True,
    needs=NEEDS,
)
def found_by_serial(run: Run) -> None:
    """Search a request and a prescription by their serials (R4: requisition, group-identifier)."""
    scene = Scene(run).begun()
    parts, request = scene.prescription(), scene.request("exam")
    wanted = (("RequestGroup?group-identifier", parts), ("ServiceRequest?requisition", [request]))
    for query, documents in wanted:
        serial = _told(run, scene.ordered(documents))
        run.step("按流水号查询", "it is searched by its serial")
        found = [
            place(one)
            for one in run.done(
                run.client().get(f"{query}={serial}"), "查询成功", "the search is answered"
            ).entries
            if one.get("resourceType") != "OperationOutcome"
        ]
        run.expect(
            found == [place(documents[0])],
            "只查到该文书",
            "it finds this document and no other",
            Words(f"{len(found)} 份", f"{len(found)} found"),
        )


@check(
    ROW,
    zh="不同患者、不同就诊的流水号互不相同",
    en="visits of different patients have different serials",
    critical=True,
    needs=NEEDS,
)
def apart_by_patient(run: Run) -> None:
    """Submit the same drug for three patients."""
    scenes = [Scene(run, suffix=letter).begun() for letter in "abc"]
    found = [_told(run, scene.ordered(scene.prescription())) for scene in scenes]
    _all_different(run, found, len(scenes))


@check(
    ROW,
    zh="平台收到的流水号无重复",
    en="the platform has no serial twice",
    critical=True,
    needs=(*NEEDS, "platform"),
    waits=True,
)
def once_at_the_platform(run: Run) -> None:
    """Look at what arrived: the two serials of this check stand there, each once."""
    scene = Scene(run).begun()
    mine = {_told(run, scene.ordered(scene.prescription(1, letter))) for letter in "ab"}
    platform = run.platform()

    def arrived() -> list[str] | None:
        listed = [
            one for kinds in each(platform.counts("").get("counts", []), "numbers") for one in [kinds] if one
        ]
        return listed if mine <= set(listed) else None

    found = run.until(arrived, "流水号已到达平台", "the serials have reached the platform")
    twice = [one for one in mine if found.count(one) != 1]
    run.expect(
        not twice,
        "每个流水号在平台只有一次",
        "each stands there once",
        Words(f"{len(twice)} 个重复", f"{len(twice)} twice"),
    )
