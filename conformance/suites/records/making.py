"""What a record consists of: it is made for every visit, found, and kept as it was (NAT article 21)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same
from conformance.simulators.internet.documents import moment, with_
from conformance.simulators.jws import place
from conformance.suites.records.recording import deletes, media
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.pulled import number
from conformance.suites.supervision.whole import recorded


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
    zh="病历草稿修改后保留修改前的版本",
    en="the draft of a record that is changed keeps what it said before",
    needs=SIGNS,
)
def record_versions(run: Run) -> None:
    """Change the draft of a record: both versions can be read. A signed one is ``not_edited``'s matter."""
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
    deletes(run)


@check(
    "SC-34.2",
    zh="音视频等资料随病历上报",
    en="sound and pictures of a record are told with it",
    needs=(*FEED, *SIGNS),
)
def media_in_the_record(run: Run) -> None:
    """Name a recording in a record, and read the record from the feed."""
    scene, feed = Scene(run).begun(), Feed(run)
    made = media(scene, "audio/mpeg", moment(-60))
    record = scene.record()
    record["section"][-1]["entry"].append({"reference": place(made)})
    run.given(scene.write([made]), "写入录制资料", "the recording is written")
    before = feed.size()
    scene.submitted([record])
    pages = feed.pages(before, about=[place(record)])
    come = next((page.resources[place(record)] for page in pages if place(record) in page.resources), {})
    run.expect(place(made) in str(come), "上报的病历引用录制资料", "the record that is told names it")
    run.done(run.client().get(place(made)), "录制资料可读", "it can be read")
