"""Serials apart: no two documents have one, whoever submits and however many at once (CQ49附3.5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import SIGNS
from conformance.suites.supervision.serial import different, kept, seen, told

ROW = "CQ49附3.5"
KINDS = {
    "prescription": Words("处方", "a prescription"),
    "exam": Words("检查申请单", "an examination request"),
    "lab": Words("检验申请单", "a laboratory request"),
    "admission": Words("入院申请单", "an admission request"),
    "transfer": Words("转院申请单", "a transfer request"),
    "referral": Words("转诊申请单", "a referral request"),
}
"""What carries a serial."""
THREADS, EACH = 4, 6


def documents(scene: Scene, kind: str, suffix: str = "") -> list[Resource]:
    """Return a draft of some kind; of a prescription with two drugs."""
    return scene.prescription(2, suffix) if kind == "prescription" else [scene.request(kind)]


def ordered(run: Run, scene: Scene, parts: list[Resource]) -> str:
    """Write and submit a document; returns its serial."""
    return told(run, scene.ordered(parts), parts)


@check(
    ROW,
    zh="一次就诊的各种文书流水号互不相同",
    en="the documents of one visit all have serials of their own",
    critical=True,
    needs=SIGNS,
)
def apart_by_kind(run: Run) -> None:
    """Submit one document of each kind, and two prescriptions."""
    scene = Scene(run).begun()
    found = [ordered(run, scene, documents(scene, kind)) for kind in KINDS]
    found.append(ordered(run, scene, scene.prescription(1, "b")))
    different(run, found, len(KINDS) + 1)


@check(
    ROW,
    zh="不同患者、不同就诊的流水号互不相同",
    en="visits of different patients have different serials",
    critical=True,
    needs=SIGNS,
)
def apart_by_patient(run: Run) -> None:
    """Submit the same drug for three patients."""
    scenes = [Scene(run, suffix=letter).begun() for letter in "abc"]
    different(run, [ordered(run, scene, scene.prescription()) for scene in scenes], len(scenes))


@check(
    ROW,
    zh="多人同时提交，流水号不重复",
    en="no serial is given twice when many submit at once",
    critical=True,
    needs=SIGNS,
)
def apart_at_once(run: Run) -> None:
    """Submit prescriptions from several threads."""
    scenes = [Scene(run, suffix=f"t{at}").begun() for at in range(THREADS)]
    written = [[scene.prescription(1, f"n{at}") for at in range(EACH)] for scene in scenes]
    for scene, several in zip(scenes, written, strict=True):
        parts = [one for parts in several for one in parts]
        run.given(scene.write(parts), "写入草稿", "the drafts are written")
    run.step("同时提交", "they are submitted at once")

    def submitted(at: int) -> list[Answer]:
        return [scenes[at].submit(one) for one in written[at]]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [one for several in pool.map(submitted, range(THREADS)) for one in several]
    order = [parts for several in written for parts in several]
    found = [told(run, answer, parts) for answer, parts in zip(answers, order, strict=True)]
    different(run, found, THREADS * EACH)


@check(
    ROW,
    zh="同一处方同时提交多次只有一个流水号",
    en="one prescription submitted several times at once gets one serial",
    critical=True,
    needs=SIGNS,
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
    taken = [one for one in answers if one.ok] or answers[:1]
    found = {told(run, one, parts) for one in taken}
    many = Words(f"{len(found)} 个", f"{len(found)}")
    run.expect(len(found) == 1, "成功的答复都是同一流水号", "all that are taken tell one serial", many)
    if seen(run):
        kept(run, place(parts[0]), found.pop(), "即文书所带的流水号", "it is the one of the document")


@check(
    ROW,
    zh="平台收到的流水号无重复",
    en="the platform has no serial twice",
    critical=True,
    needs=(*SIGNS, "platform"),
    waits=True,
)
def once_at_the_platform(run: Run) -> None:
    """Look at what arrived: the two serials of this check stand there, each once."""
    scene = Scene(run).begun()
    mine = {ordered(run, scene, scene.prescription(1, letter)) for letter in "ab"}
    platform = run.platform()

    def arrived() -> list[str] | None:
        listed = [str(one) for one in each(platform.counts("").get("counts", []), "numbers") if one]
        known = set(listed)
        if not mine <= known:  # what it refused for another reason has come
            listed += [str(one["serial"]) for one in platform.come() if one["serial"] not in known]
        return listed if mine <= set(listed) else None

    found = run.until(arrived, "流水号已到达平台", "the serials have reached the platform")
    twice = [one for one in mine if found.count(one) != 1]
    many = Words(f"{len(twice)} 个重复", f"{len(twice)} twice")
    run.expect(not twice, "每个流水号在平台只有一次", "each stands there once", many)
