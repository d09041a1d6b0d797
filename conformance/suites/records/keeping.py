"""How long: fifteen years for records, three for recordings and chats (川卫规〔2023〕10号 第三十五条).

The fifteen years are national for outpatients: 《医疗机构病历管理规定（2013年版）》 article 29.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment
from conformance.simulators.jws import place
from conformance.suites.records.recording import deletes, media
from conformance.suites.supervision.acts import SIGNS
from conformance.suites.supervision.pulled import number
from conformance.suites.supervision.whole import may_delete, recorded

OVER = 31 * 365.25 * 86400
"""Seconds after which nothing needs to be kept any longer: those in hospital have 30 years."""


@check(
    "SC-35.1",
    zh="未满15年的病历不能删除",
    en="a record of less than 15 years is not deleted",
    critical=True,
    needs=SIGNS,
)
def kept_fifteen_years(run: Run) -> None:
    """Delete a signed record of today, then a draft."""
    deletes(run)


def _record_stays(run: Run) -> None:
    """Purge a record of today."""
    scene, name = recorded(run)
    before = scene.read(name)
    run.refused(_purged(run, name), "拒绝清除", "it is refused")
    now = run.client().get(name)
    run.expect(now.ok and now.body == before, "病历仍在且未变", "the record is as it was", now)
    _may_purge(scene, _old_paper)


def _prescription_stays(run: Run) -> None:
    """Purge a prescription by its serial and by its name: a call need not know serials."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    serial = str(scene.approved(parts).told.get("serial") or "")
    if serial:
        answer = _purged(run, serial)
        run.expect(not answer.ok, "不能按流水号清除", "it is not purged by its serial", answer)
    run.refused(_purged(run, place(parts[0])), "拒绝清除", "it is refused")
    run.done(run.client().get(place(parts[1])), "处方仍在", "the prescription is there")
    _may_purge(scene, _old_paper)


def _purged(run: Run, name: str) -> Answer:
    return run.act("purge", document=name, reason="空间不足")


def _may_purge(scene: Scene, made: Callable[[Scene], Resource]) -> None:
    """See that this call purges at all: what no text asks to keep any longer, and what is of no visit.

    Raises:
        Skipped: it does not, so that a refusal shows nothing.
    """
    old = made(scene)
    scene.run.step("清除已过保存期限的资料", "what need not be kept any longer is purged")
    scene.run.given(scene.write([old]), "写入已过保存期限的资料", "something of long ago is written")
    zh, en = "对照：已过保存期限的可以清除", "the twin: what need not be kept any longer may be purged"
    scene.run.given(_purged(scene.run, place(old)), zh, en)


def _old_paper(scene: Scene) -> Resource:
    """Return a paper of a visit long ago, which no visit of today names."""
    scene.run.need("writes.DocumentReference")
    long_ago = moment(-OVER)
    return {
        "resourceType": "DocumentReference",
        "id": f"dp{scene.visit.number}",
        "status": "current",
        "subject": {"reference": scene.patient},
        "date": long_ago,
        "content": [{"attachment": {"contentType": "application/pdf", "title": "旧门诊病历.pdf"}}],
        "context": {"period": {"start": long_ago, "end": long_ago}},
    }


def _old_media(scene: Scene) -> Resource:
    made = media(scene, "audio/mpeg", moment(-OVER), "o")
    return {name: value for name, value in made.items() if name != "encounter"}


def _old_chat(scene: Scene) -> Resource:
    return {
        "resourceType": "Communication",
        "id": f"to{scene.visit.number}",
        "status": "completed",
        "subject": {"reference": scene.patient},
        "sent": moment(-OVER),
        "payload": [{"contentString": "多年前的咨询"}],
    }


@checks(
    [
        Case(
            name,
            "NAT-21.1",
            Words(f"当日的{zh}不能清除", f"{en} of today is not purged"),
            (tried,),
            needs=(*SIGNS, "actions.purge"),
        )
        for name, zh, en, tried in (
            ("record", "病历", "a record", _record_stays),
            ("prescription", "处方", "a prescription", _prescription_stays),
        )
    ]
)
def purged_early(run: Run, tried: Callable[[Run], None]) -> None:
    """What the national rules keep: 《医疗机构病历管理规定（2013年版）》 article 29, at least 15 years."""
    tried(run)


@check(
    "SC-35.1",
    zh="未满15年的病历不能清除",
    en="a record of less than 15 years is not purged",
    critical=True,
    needs=(*SIGNS, "actions.purge"),
)
def not_purged(run: Run) -> None:
    """Purge a record of today."""
    _record_stays(run)


@check(
    "SC-35.1",
    zh="处方随病历保存，不能清除",
    en="a prescription is kept with the record",
    critical=True,
    needs=(*SIGNS, "actions.purge"),
)
def prescription_not_purged(run: Run) -> None:
    """Purge a prescription by its serial."""
    _prescription_stays(run)


_KEPT: dict[str, tuple[Words, Callable[[Scene], Resource]]] = {
    "sound": (Words("录音", "sound"), lambda scene: media(scene, "audio/mpeg", moment(-60))),
    "film": (Words("录像", "film"), lambda scene: media(scene, "video/mp4", moment(-60))),
}


@checks(
    [
        Case(
            name,
            "SC-35.2",
            Words(f"未满3年的{words.zh}不能删除", f"{words.en} of less than 3 years is not deleted"),
            (name,),
        )
        for name, (words, _) in _KEPT.items()
    ]
)
def kept_three_years(run: Run, name: str) -> None:
    """Delete a recording of today; the same client may delete a draft."""
    scene = Scene(run).begun()
    may_delete(run, scene)
    made = _KEPT[name][1](scene)
    run.given(scene.write([made]), "写入录制资料", "the recording is written")
    run.refused(run.client("physician").delete(place(made)), "拒绝删除", "it is refused")
    run.done(run.client().get(place(made)), "录制资料仍在", "it is there")


@check(
    "SC-35.2",
    zh="未满3年的录制资料不能清除",
    en="a recording of less than 3 years is not purged",
    needs=("actions.purge",),
)
def recording_not_purged(run: Run) -> None:
    """Purge a recording of today."""
    scene = Scene(run).begun()
    made = media(scene, "audio/mpeg", moment(-60))
    run.given(scene.write([made]), "写入录制资料", "the recording is written")
    run.refused(_purged(run, place(made)), "拒绝清除", "it is refused")
    run.done(run.client().get(place(made)), "录制资料仍在", "it is there")
    _may_purge(scene, _old_media)


@check(
    "SC-35.2",
    zh="未满3年的图文对话不能删除",
    en="a chat of less than 3 years is not deleted",
    needs=("writes.Communication",),
)
def chat_not_deleted(run: Run) -> None:
    """Delete the talk of a visit."""
    scene = Scene(run).begun()
    may_delete(run, scene)
    name = f"Communication/t{scene.visit.number}"
    before = scene.read(name)
    run.refused(run.client("physician").delete(name), "拒绝删除", "to delete it is refused")
    now = run.client().get(name)
    run.expect(now.ok and now.body == before, "对话仍在且未变", "the talk is as it was", now)


@check(
    "SC-35.2",
    zh="未满3年的图文对话不能清除",
    en="a chat of less than 3 years is not purged",
    needs=("actions.purge", "writes.Communication"),
)
def chat_not_purged(run: Run) -> None:
    """Purge the talk of a visit."""
    scene = Scene(run).begun()
    name = f"Communication/t{scene.visit.number}"
    run.refused(_purged(run, name), "拒绝清除", "to purge it is refused")
    run.done(run.client().get(name), "对话仍在", "the talk is there")
    _may_purge(scene, _old_chat)


@check(
    "SC-35.2",
    zh="图文对话全程保存，可按顺序取回",
    en="a chat is kept in full and can be read in its order",
    needs=("writes.Communication",),
)
def chat_whole(run: Run) -> None:
    """Write four messages, and read them back by their time."""
    scene = Scene(run)
    run.given(scene.admit(), "接诊", "the visit begins")
    said = [f"第{at}句{run.number}" for at in range(4)]
    for at, text in enumerate(said):
        talk = {
            "resourceType": "Communication",
            "id": f"tk{scene.visit.number}{at}",
            "status": "completed",
            **scene.visit.about(),
            "sent": moment(at - 30),
            "payload": [{"contentString": text}],
        }
        run.given(scene.write([talk]), "写入对话", "what was said is written")
    answer = run.done(
        run.client().get(f"Communication?encounter={scene.encounter}&_sort=sent"),
        "可按就诊查询",
        "it is searched by its visit",
    )
    found = [
        one.get("payload", [{}])[0].get("contentString")
        for one in answer.entries
        if one.get("resourceType") == "Communication"
    ]
    run.expect(
        [one for one in found if one in said] == said,
        "四句齐全且顺序不变",
        "all four are there, in their order",
        number(found),
    )
