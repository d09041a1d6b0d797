"""Records: made for every visit, whole, kept as long as they must be, sealed and handed on under control."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.feed import Feed
from conformance.harness.gate.case import Gate, read
from conformance.harness.gate.judged import hold
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment, with_
from conformance.simulators.jws import place
from conformance.suites.supervision import acts, pulled, sealing, whole
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.pulled import number
from conformance.suites.supervision.whole import may_delete, recorded

SUITE = Suite("records_and_retention", zh="病历与保存", en="Records and how long they are kept")
PARTS = (sealing, acts, pulled, whole)


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)


# 互联网医院管理办法 第二十一条.


@check(
    "NAT-21.1",
    zh="只有草稿病历的就诊不得结束",
    en="a visit with a mere draft of its record does not end",
    needs=SIGNS,
)
def draft_is_no_record(run: Run) -> None:
    """Finish a visit whose record is not signed, then one whose is."""
    scene = Scene(run).begun()
    record = scene.record()
    run.given(scene.write([record]), "写入病历草稿", "the draft of a record is written")
    run.refused(scene.finish(), "拒绝结束", "to end it is refused")
    run.expect(
        _status(run, scene.encounter) == "in-progress",
        "就诊未结束",
        "the visit goes on",
        same(_status(run, scene.encounter)),
    )
    run.given(scene.submit([record]), "病历签名提交", "the record is signed and submitted")
    run.done(scene.finish(), "有病历即可结束", "with its record it ends")
    run.expect(_status(run, scene.encounter) == "finished", "就诊已结束", "the visit is finished")


def _status(run: Run, name: str) -> str:
    return str(run.client().get(name).body.get("status", ""))


@check("NAT-21.1", zh="病历可按患者和就诊查到", en="the record is found by patient and by visit", needs=SIGNS)
def record_found(run: Run) -> None:
    """Search the record of a visit."""
    scene, name = recorded(run)
    for query in (f"Composition?encounter={scene.encounter}", f"Composition?patient={scene.patient}"):
        found = [
            place(one)
            for one in run.done(run.client().get(query), "查询成功", "the search is answered").entries
            if "id" in one
        ]
        run.expect(found == [name], "查到该病历", "it finds this record", number(found))


@check(
    "NAT-21.1",
    zh="病历修改保留修改前的版本",
    en="a record that is changed keeps what it said before",
    needs=SIGNS,
)
def record_versions(run: Run) -> None:
    """Write another version of a record; either it is refused, or both can be read."""
    scene = Scene(run).begun()
    record = scene.record()
    run.given(scene.write([record]), "写入病历草稿", "the draft of a record is written")
    changed = with_(record, title="互联网诊疗病历（修改）")
    run.done(scene.write([changed]), "修改草稿", "the draft is changed")
    entries = run.done(
        run.client().get(f"{place(record)}/_history"), "可查历史", "there is a history"
    ).body.get("entry", [])
    titles = [one.get("resource", {}).get("title") for one in entries]
    run.expect(
        titles == [changed["title"], record["title"]],
        "两个版本都在，新者在前",
        "both versions are there, the newest first",
        number(titles),
    )


@check("NAT-21.1", zh="已归档的病历不能删除", en="a record on file is not deleted", needs=SIGNS)
def record_stays(run: Run) -> None:
    """Delete a signed record, then a draft."""
    _deletes(run)


# 川卫规〔2023〕10号 第三十五条: how long.


@check(
    "SC-35.1",
    zh="未满15年的病历不能删除",
    en="a record of less than 15 years is not deleted",
    critical=True,
    needs=SIGNS,
)
def kept_fifteen_years(run: Run) -> None:
    """Delete a signed record of today, then a draft."""
    _deletes(run)


def _deletes(run: Run) -> None:
    scene, name = recorded(run)
    before = scene.read(name)
    run.step("删除病历", "the record is deleted")
    run.refused(run.client("physician").delete(name), "拒绝删除", "it is refused")
    now = run.client().get(name)
    run.expect(now.ok and now.body == before, "病历仍在且未变", "the record is as it was", now)
    run.step("删除草稿", "a draft is deleted")
    other = Scene(run, suffix="b").begun()
    draft = other.record()
    run.given(other.write([draft]), "写入病历草稿", "a draft is written")
    run.done(run.client("physician").delete(place(draft)), "草稿可以删除", "a draft may go")


@check(
    "SC-35.1",
    zh="未满15年的病历不能清除",
    en="a record of less than 15 years is not purged",
    critical=True,
    needs=(*SIGNS, "actions.purge"),
)
def not_purged(run: Run) -> None:
    """Purge a record of today."""
    scene, name = recorded(run)
    before = scene.read(name)
    run.refused(run.act("purge", document=name, reason="空间不足"), "拒绝清除", "it is refused")
    now = run.client().get(name)
    run.expect(now.ok and now.body == before, "病历仍在且未变", "the record is as it was", now)


@check(
    "SC-35.1",
    zh="处方随病历保存，不能清除",
    en="a prescription is kept with the record",
    critical=True,
    needs=(*SIGNS, "actions.purge"),
)
def prescription_not_purged(run: Run) -> None:
    """Purge a prescription by its serial."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    serial = str(scene.approved(parts).told.get("serial") or place(parts[0]))
    run.refused(run.act("purge", document=serial, reason="空间不足"), "拒绝清除", "it is refused")
    run.done(run.client().get(place(parts[1])), "处方仍在", "the prescription is there")


_KEPT: dict[str, tuple[Words, Callable[[Scene], Resource]]] = {
    "sound": (Words("录音", "sound"), lambda scene: _media(scene, "audio/mpeg", moment(-60))),
    "film": (Words("录像", "film"), lambda scene: _media(scene, "video/mp4", moment(-60))),
}


def _media(scene: Scene, kind: str, made: str, suffix: str = "") -> Resource:
    return {
        "resourceType": "Media",
        "id": f"md{scene.visit.number}{suffix}",
        "status": "completed",
        **scene.visit.about(),
        "createdDateTime": made,
        "content": {"contentType": kind, "title": "诊疗录制"},
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
    made = _media(scene, "audio/mpeg", moment(-60))
    run.given(scene.write([made]), "写入录制资料", "the recording is written")
    run.refused(run.act("purge", document=place(made), reason="空间不足"), "拒绝清除", "it is refused")
    run.done(run.client().get(place(made)), "录制资料仍在", "it is there")


@check("SC-35.2", zh="未满3年的图文对话不能删除", en="a chat of less than 3 years is not deleted")
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
    needs=("actions.purge",),
)
def chat_not_purged(run: Run) -> None:
    """Purge the talk of a visit."""
    scene = Scene(run).begun()
    name = f"Communication/t{scene.visit.number}"
    run.refused(run.act("purge", document=name, reason="空间不足"), "拒绝清除", "to purge it is refused")
    run.done(run.client().get(name), "对话仍在", "the talk is there")


@check(
    "SC-35.2", zh="图文对话全程保存，可按顺序取回", en="a chat is kept in full and can be read in its order"
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


@check(
    "SC-35.3",
    zh="机构更名后，原病历仍由其保管",
    en="after an institution is renamed it goes on keeping its records",
    needs=SIGNS,
)
def renamed(run: Run) -> None:
    """Rename an institution of this check's own that keeps a paper."""
    scene, house, paper = _custody(run)
    body = scene.read(place(house))
    run.step("更名", "it is renamed")
    run.done(
        run.client().put(with_(body, name="更名后的互联网医院", alias=[house["name"]], meta=None)),
        "更名成功",
        "it is renamed",
    )
    now = run.done(run.client().get(place(paper)), "原病历可读", "the paper can be read").body
    run.expect(
        now.get("custodian", {}).get("reference") == place(house), "保管机构不变", "its custodian is the same"
    )
    names = [
        one.get("resource", {}).get("name")
        for one in run.client().get(f"{place(house)}/_history").body.get("entry", [])
    ]
    run.expect(
        names == ["更名后的互联网医院", house["name"]],
        "更名有记录",
        "the renaming is on record",
        number(names),
    )


@check(
    "SC-35.3",
    zh="注销后病历移交实体医疗机构，移交有记录",
    en="at deregistration records pass to the physical hospital, on record",
    needs=("on_file.hospital",),
)
def handed_over(run: Run) -> None:
    """Write the physical hospital as the new custodian of a paper."""
    scene, house, paper = _custody(run)
    body = scene.read(place(paper))
    run.step("移交", "it is handed over")
    moved = with_(body, custodian={"reference": scene.who("hospital")}, meta=None)
    run.done(scene.write([moved]), "变更保管机构", "the custodian is changed")
    entries = run.done(
        run.client().get(f"{place(paper)}/_history"), "可查历史", "there is a history"
    ).body.get("entry", [])
    kept = [one.get("resource", {}).get("custodian", {}).get("reference") for one in entries]
    run.expect(
        kept == [scene.who("hospital"), place(house)],
        "移交前后均有记录",
        "both custodians are on record",
        number(kept),
    )


def _custody(run: Run) -> tuple[Scene, Resource, Resource]:
    """Put an institution of this check's own on file, and a paper that it keeps."""
    scene = Scene(run)
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    house = {
        "resourceType": "Organization",
        "id": f"ho{run.number}",
        "active": True,
        "name": "待更名的互联网医院",
    }
    paper = {
        "resourceType": "DocumentReference",
        "id": f"dk{run.number}",
        "status": "current",
        "subject": {"reference": scene.patient},
        "custodian": {"reference": place(house)},
        "content": [{"attachment": {"contentType": "application/pdf", "title": "病历.pdf"}}],
    }
    run.given(run.client().put(house), "写入机构", "the institution is put on file")
    run.wrote(house)
    run.given(scene.write([paper]), "写入病历资料", "the paper is put on file")
    return scene, house, paper


@check(
    "SC-34.2",
    zh="音视频等资料随病历上报",
    en="sound and pictures of a record are told with it",
    needs=(*FEED, *SIGNS),
)
def media_in_the_record(run: Run) -> None:
    """Name a recording in a record, and read the record from the feed."""
    scene, feed = Scene(run).begun(), Feed(run)
    made = _media(scene, "audio/mpeg", moment(-60))
    record = scene.record()
    record["section"][-1]["entry"].append({"reference": place(made)})
    run.given(scene.write([made]), "写入录制资料", "the recording is written")
    before = feed.size()
    scene.submitted([record])
    come = next(
        (page.resources[place(record)] for page in feed.pages(before) if place(record) in page.resources), {}
    )
    run.expect(place(made) in str(come), "上报的病历引用录制资料", "the record that is told names it")
    run.done(run.client().get(place(made)), "录制资料可读", "it can be read")
