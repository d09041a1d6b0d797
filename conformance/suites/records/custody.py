"""Who keeps the records: after an institution was renamed or closed (川卫规〔2023〕10号 第三十五条)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import SIGNS
from conformance.suites.supervision.pulled import number


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
    zh="病历的保管机构可变更为实体医疗机构，变更前后均有记录",
    en="the physical hospital can become the custodian of a record, and both custodians are on record",
    needs=("on_file.hospital",),
)
def handed_over(run: Run) -> None:
    """Write the physical hospital as the new custodian of a paper; when it is done, no check sees."""
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
    run.need("writes.DocumentReference")
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
