"""Sealing, borrowing and copying of records: refused, or on record (川卫规〔2023〕10号 article 34)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment, with_
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import SIGNS
from conformance.suites.supervision.trace import is_read
from conformance.suites.supervision.whole import may_delete, recorded


def _filed(run: Run, suffix: str = "") -> tuple[Scene, Resource]:
    """Put a paper of a visit on file; returns its scene and the paper."""
    run.need("writes.DocumentReference")
    scene = Scene(run, suffix=suffix).begun()
    paper = {
        "resourceType": "DocumentReference",
        "id": f"fc{scene.visit.number}",
        "status": "current",
        "subject": {"reference": scene.patient},
        "date": moment(),
        "custodian": {"reference": scene.who("organization")},
        "content": [{"attachment": {"contentType": "application/pdf", "title": "病历资料.pdf"}}],
        "context": {"encounter": [{"reference": scene.encounter}]},
    }
    run.given(scene.write([paper]), "写入病历资料", "the paper is put on file")
    return scene, paper


def _sealed(run: Run) -> tuple[Scene, str]:
    """Seal a paper of a visit as the target declares it; returns its name."""
    scene, paper = _filed(run)
    label = {"code": str(run.target.setting("sealed", "sealed"))}
    run.given(scene.write([{**paper, "meta": {"security": [label]}}]), "封存病历资料", "the paper is sealed")
    return scene, place(paper)


@check(
    "SC-34.3",
    zh="封存的病历不能查阅（403）",
    en="what is sealed is not read (403)",
    needs=("identities.read",),
)
def sealed_not_read(run: Run) -> None:
    """Read a paper before and after it is sealed."""
    _, paper = _filed(run, "o")
    run.done(run.client("read").get(place(paper)), "未封存的可查阅", "what is not sealed is read")
    _, name = _sealed(run)
    answer = run.client("read").get(name)
    run.refused(answer, "封存的拒绝查阅", "what is sealed is refused")
    run.expect(answer.status == 403, "以 403 拒绝", "by 403", answer)


@check("SC-34.3", zh="封存的病历不能修改", en="what is sealed is not changed")
def sealed_not_edited(run: Run) -> None:
    """Write over a sealed paper, and over one that is not."""
    open_, other = _filed(run, "o")
    run.done(
        open_.write([with_(other, description="补充说明")]), "未封存的可修改", "what is not sealed is changed"
    )
    scene, name = _sealed(run)
    body = scene.read(name)
    run.refused(
        scene.write([with_(body, description="补充说明")]), "封存的拒绝修改", "what is sealed is refused"
    )


@check("SC-34.3", zh="封存的病历不能删除", en="what is sealed is not deleted")
def sealed_not_deleted(run: Run) -> None:
    """Delete a sealed paper."""
    scene, name = _sealed(run)
    may_delete(run, scene)
    run.refused(run.client("physician").delete(name), "拒绝删除", "to delete it is refused")
    run.done(run.client().get(name), "仍在", "it is there")


@check("SC-34.3", zh="封存和启封均有审计记录", en="sealing and unsealing leave audit records", waits=True)
def sealing_audited(run: Run) -> None:
    """Seal a paper and search the AuditEvents about it."""
    _, name = _sealed(run)
    run.until(
        lambda: _audited(run, name, reading=False),
        "有封存的审计记录（AuditEvent）",
        "there is an AuditEvent of the sealing",
    )


@check(
    "SC-34.3",
    zh="病历借阅、复制留下审计记录",
    en="borrowing and copying a record leave audit records",
    needs=("identities.read", *SIGNS),
    waits=True,
)
def borrowing_audited(run: Run) -> None:
    """Read a record as somebody who may only read, and search the AuditEvents about it."""
    _, name = recorded(run)
    run.given(run.client("read").get(name), "查阅病历", "the record is read")
    run.until(
        lambda: _audited(run, name, reading=True),
        "有查阅的审计记录（AuditEvent）",
        "there is an AuditEvent of the reading",
    )


def _audited(run: Run, name: str, *, reading: bool) -> list[Resource] | None:
    """Return the AuditEvents that say that something was read, or that it was done otherwise."""
    found = run.client().get(f"AuditEvent?entity={name}").entries
    mine = [one for one in found if one.get("resourceType") == "AuditEvent" and is_read(one) is reading]
    return mine or None
