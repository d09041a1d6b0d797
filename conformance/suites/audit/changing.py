"""What tries to change the trace: nothing on file is deleted or edited unseen (CQ49 annex 3, note 1)."""

from __future__ import annotations

from collections.abc import Callable

from conformance.harness.check import Case, checks
from conformance.harness.feed import Feed
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import SIGNS, task_of
from conformance.suites.supervision.trace import ROW
from conformance.suites.supervision.versions import version
from conformance.suites.supervision.whole import may_delete, whole

_TARGETS: dict[str, tuple[Words, Callable[[Scene, list[Resource], Resource], str]]] = {
    "prescription": (Words("处方", "a prescription"), lambda scene, parts, request: place(parts[0])),
    "drug": (Words("处方药品", "a drug of a prescription"), lambda scene, parts, request: place(parts[1])),
    "request": (Words("申请单", "a request"), lambda scene, parts, request: place(request)),
    "record": (
        Words("病历", "the record"),
        lambda scene, parts, request: f"Composition/r{scene.visit.number}",
    ),
    "visit": (Words("就诊", "a visit"), lambda scene, parts, request: scene.encounter),
    "diagnosis": (
        Words("诊断", "a diagnosis"),
        lambda scene, parts, request: f"Condition/c{scene.visit.number}",
    ),
    "patient": (Words("患者", "a patient"), lambda scene, parts, request: scene.patient),
    "signature": (Words("电子签名", "a signature"), lambda scene, parts, request: _signature(scene, parts)),
    "review": (
        Words("审核记录", "a review"),
        lambda scene, parts, request: task_of(scene.run, place(parts[0])),
    ),
}


def _signature(scene: Scene, parts: list[Resource]) -> str:
    found = scene.run.given(
        scene.run.client().get(f"Provenance?target={place(parts[0])}"),
        "查询签名",
        "the signature is searched",
    )
    if not found.entries:
        raise Skipped("前提未满足：签名可查", "prerequisite not met: the signature can be found")
    return place(found.entries[0])


@checks(
    [
        Case(
            name,
            ROW,
            Words(f"{words.zh}不能被悄悄删除", f"{words.en} cannot be deleted unseen"),
            (name,),
            True,
            (*SIGNS, "actions.review"),
        )
        for name, (words, _) in _TARGETS.items()
    ]
)
def not_deleted(run: Run, name: str) -> None:
    """Delete a draft, which may be; then a document of a visit: refused, or it is kept and told."""
    scene, parts, request = whole(run)
    target = _TARGETS[name][1](scene, parts, request)
    before = scene.read(target)
    client = run.client("physician")
    draft = scene.prescription(1, "w")
    run.given(scene.write(draft), "写入草稿", "a draft is written")
    for one in draft:
        run.given(client.delete(place(one)), "对照：草稿可以删除", "the twin: a draft may be deleted")
    feed = Feed(run) if run.target.has("feed") else None
    size = feed.size() if feed else 0
    run.step("删除", "it is deleted")
    answer = client.delete(target)
    if not answer.ok:
        run.refused(answer, "拒绝删除", "it is refused")
        _stands(run, target, before)
        return
    _kept(run, target, before)
    seen = _entered(feed, size, target) if feed else _deletion_told(run, target)
    run.expect(seen, "删除留有记录（台账、历史或审计）", "the deletion is told (ledger, history or audit)")


_EDITED: dict[str, Callable[[Resource], Resource]] = {
    "prescription": lambda body: with_(body, authoredOn="2020-01-01T00:00:00Z"),
    "drug": lambda body: with_(body, dosageInstruction=[{"text": "每日三次，每次十片"}]),
    "request": lambda body: with_(body, code={"text": "另一项目"}),
    "signature": lambda body: with_(body, recorded="2020-01-01T00:00:00Z"),
    "review": lambda body: with_(body, status="rejected"),
    "record": lambda body: with_(body, title="改后的病历"),
}


@checks(
    [
        Case(
            name,
            ROW,
            Words(f"{_TARGETS[name][0].zh}不能被悄悄改动", f"{_TARGETS[name][0].en} cannot be edited unseen"),
            (name,),
            True,
            (*SIGNS, "actions.review"),
        )
        for name in _EDITED
    ]
)
def not_edited(run: Run, name: str) -> None:
    """Edit a document of a visit: refused, or a new version beside the old one, and told to the regulator."""
    scene, parts, request = whole(run)
    target = _TARGETS[name][1](scene, parts, request)
    before = scene.read(target)
    feed = Feed(run) if run.target.has("feed") else None
    size = feed.size() if feed else 0
    run.step("改动", "it is edited")
    answer = run.client("physician").put(_EDITED[name](before))
    if not answer.ok:
        run.refused(answer, "拒绝改动", "it is refused")
        _stands(run, target, before)
        _may_edit(run, scene)
        return
    _kept(run, target, before)
    if feed is not None:
        run.expect(_entered(feed, size, target), "改动另有台账条目", "the edit has an entry of its own")


def _may_edit(run: Run, scene: Scene) -> None:
    """See that this client may edit at all: a draft. Raises Skipped where a refusal shows nothing."""
    draft = scene.prescription(1, "v")
    run.given(scene.write(draft), "写入草稿", "a draft is written")
    changed = with_(draft[1], note=[{"text": "补充"}])
    run.given(
        run.client("physician").put(changed, scene.who("physician")),
        "对照：草稿可以改动",
        "the twin: a draft may be edited",
    )


def _entered(feed: Feed, after: int, name: str) -> bool:
    """Tell whether the regulator has an entry about a document after a number."""
    return bool(feed.of([name], after))


def _deletion_told(run: Run, name: str) -> bool:
    """Tell whether history or an AuditEvent says that it was deleted: without a feed either will do."""
    past = run.client().get(f"{name}/_history").body
    events = [
        one for one in run.client().get(f"AuditEvent?entity={name}").entries if one.get("action") == "D"
    ]
    # A server that has no such parameter may give the deletions of everybody.
    about = [str(found).partition("/_history")[0] for found in each(events, "entity.what.reference")]
    return "DELETE" in each(past, "entry.request.method") or any(one.endswith(name) for one in about)


def _stands(run: Run, name: str, before: Resource) -> None:
    now = run.client().get(name)
    run.expect(now.ok and now.body == before, "内容不变", "it is as it was", now)


def _kept(run: Run, name: str, before: Resource) -> None:
    """Expect that a version can be read as it was, by itself or in the history."""
    was = version(run, name, str(before.get("meta", {}).get("versionId", "")))
    run.expect(was == before, "原版本可读且未变", "the old version can be read as it was")


@checks(
    [
        Case(
            how,
            ROW,
            Words(f"查阅记录{zh}后仍可追溯", f"that papers were read can be traced after it was {en}"),
            (how,),
            True,
        )
        for how, zh, en in (("deleted", "删除", "deleted"), ("edited", "改动", "edited"))
    ]
)
def reading_kept(run: Run, how: str) -> None:
    """Try to take away the AuditEvent that the physician read the papers."""
    scene = Scene(run).begun()
    name = f"AuditEvent/a{scene.visit.number}"
    before = scene.read(name)
    run.step("删除或改动查阅记录", "the AuditEvent is deleted or edited")
    client = run.client("physician")
    answer = (
        client.delete(name)
        if how == "deleted"
        else client.put(with_(before, recorded="2020-01-01T00:00:00Z"))
    )
    if not answer.ok:
        run.refused(answer, "拒绝", "it is refused")
        _stands(run, name, before)
        may_delete(run, scene) if how == "deleted" else _may_edit(run, scene)
        return
    # That the history says it was deleted is R4's matter (history_deletion).
    _kept(run, name, before)
