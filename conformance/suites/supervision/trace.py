"""Trace: what a visit leads to, and who did what (渝卫发〔2019〕49号 annex 3, note 1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import SIGNS, task_of
from conformance.suites.supervision.pulled import number
from conformance.suites.supervision.tasks import instant
from conformance.suites.supervision.versions import version
from conformance.suites.supervision.whole import whole

ROW = "CQ49附3.1"
REVIEWED = (*SIGNS, "actions.review")


_QUERIES = {
    "prescription": ("处方", "the prescription", "RequestGroup?encounter={encounter}"),
    "drugs": ("药品", "its drugs", "MedicationRequest?encounter={encounter}"),
    "request": ("申请单", "the request", "ServiceRequest?encounter={encounter}"),
    "record": ("病历", "the record", "Composition?encounter={encounter}"),
    "diagnosis": ("诊断", "the diagnosis", "Condition?encounter={encounter}"),
    "talk": ("图文对话", "what was said", "Communication?encounter={encounter}"),
    "consent": ("知情同意", "the consent", "Consent?patient={patient}"),
    "papers": ("既往病历资料", "the earlier papers", "DocumentReference?patient={patient}"),
    "reading": ("查阅记录", "that the papers were read", "AuditEvent?entity={paper}"),
    "review": ("审核", "the review", "Task?focus={group}"),
    "signatures": ("签名", "the signatures", "Provenance?target={group}"),
}
"""What belongs to a visit → the search that leads to it, of parameters that R4 defines."""


def _two_visits(run: Run) -> tuple[Scene, list[Resource], Scene]:
    """Return a visit with its prescription, and another visit: played once, and only read afterwards."""

    def played() -> tuple[Scene, list[Resource], Scene]:
        scene, parts, _ = whole(run)
        return scene, parts, Scene(run, suffix="x").begun()

    return run.session.once("audit-visits", played)


@checks(
    [
        Case(name, ROW, Words(f"由就诊可查到{zh}", f"a visit leads to {en}"), (query,), True, REVIEWED)
        for name, (zh, en, query) in _QUERIES.items()
    ]
)
def traced(run: Run, query: str) -> None:
    """Search from a visit; it finds what belongs to it, and nothing of another one."""
    scene, parts, other = _two_visits(run)
    paper = f"DocumentReference/d{scene.visit.number}"
    run.step("查询", "it is searched")
    asked = query.format(encounter=scene.encounter, patient=scene.patient, paper=paper, group=place(parts[0]))
    answer = run.done(run.client().get(asked), "查询成功", "the search is answered")
    found = [one for one in answer.entries if one.get("resourceType") == query.partition("?")[0]]
    run.expect(bool(found), "查到", "it is found", number(found))
    foreign = [one for one in found if other.visit.number in str(one)]
    run.expect(not foreign, "没有别的就诊的", "nothing of another visit is", number(foreign))


@check(
    ROW,
    zh="一次查询可取得一次就诊的全部记录",
    en="one query brings everything of a patient's visit",
    needs=(*SIGNS, "actions.review"),
    lesser="the law asks that it can be queried, not in one query: each document has a critical check",
)
def everything(run: Run) -> None:
    """Ask for everything of the patient (R4 operation-patient-everything)."""
    scene, parts, request = whole(run)
    answer = run.done(
        run.client().get(f"{scene.patient}/$everything?_count=200"), "查询成功", "it is answered"
    )
    found = {place(one) for one in answer.entries if "id" in one}
    wanted = {
        scene.encounter,
        place(parts[0]),
        place(parts[1]),
        place(parts[2]),
        place(request),
        f"Composition/r{scene.visit.number}",
        f"Condition/c{scene.visit.number}",
        f"Consent/z{scene.visit.number}",
        f"Communication/t{scene.visit.number}",
    }
    missing = sorted(one.partition("/")[0] for one in wanted - found)
    run.expect(
        not missing,
        "九类文书齐全",
        "all nine documents are there",
        Words(f"缺 {', '.join(missing)}", f"missing: {', '.join(missing)}") if missing else "",
    )


@check(
    ROW,
    zh="每个版本可查且按先后排列",
    en="every version can be read, in order",
    critical=True,
    needs=(*SIGNS, "actions.review"),
)
def versions(run: Run) -> None:
    """Read the history of a prescription: draft, submitted, effective."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.approved(parts)
    name = place(parts[0])
    history = run.done(run.client().get(f"{name}/_history"), "可查历史", "there is a history")
    found = [one["resource"] for one in history.body.get("entry", []) if "resource" in one]
    run.expect(
        len(found) >= 3,
        "草稿、提交、生效各一版",
        "draft, submission and approval each have a version",
        number(found),
    )
    times = [at for one in found if (at := instant(one["meta"].get("lastUpdated"))) is not None]
    ordered = len(times) == len(found) and times == sorted(times, reverse=True)
    run.expect(ordered, "新者在前，时间不倒退", "the newest comes first, and time never goes back")
    for one in found:
        same_ = version(run, name, str(one["meta"]["versionId"])) == one
        run.expect(same_, "逐版可读且一致", "each can be read, and is the same")
    run.expect(found[-1].get("status") == "draft", "第一版为草稿", "the first is the draft")


# Who did what.


@check(
    ROW, zh="开方人、时间和签名可查", en="who prescribed, and when, can be found", critical=True, needs=SIGNS
)
def who_prescribed(run: Run) -> None:
    """Search the Provenance of a prescription."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.submitted(parts)
    _signed_by(run, place(parts[0]), scene.who("physician"), "签名人为开方医师", "it is the physician's")


@check(
    ROW,
    zh="审方人、时间和签名可查",
    en="who approved, and when, can be found",
    critical=True,
    needs=(*SIGNS, "actions.review"),
)
def who_approved(run: Run) -> None:
    """Search the Provenance of an approved prescription, and its review."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.approved(parts)
    _signed_by(run, place(parts[0]), scene.who("pharmacist"), "签名人为审方药师", "it is the pharmacist's")


def _signed_by(run: Run, name: str, who: str, zh: str, en: str) -> None:
    found = run.done(
        run.client().get(f"Provenance?target={name}"), "可查签名", "the signatures can be searched"
    ).entries
    mine = [
        one
        for one in found
        if one.get("recorded")
        and who in [each_.get("who", {}).get("reference") for each_ in one.get("agent", [])]
    ]
    run.expect(bool(mine), zh, en, number(mine))
    run.expect(any(one.get("signature") for one in mine), "有签名值", "it has a signature")


_REASONS: dict[str, tuple[Words, tuple[str, ...]]] = {
    "rejected": (Words("退回处方", "rejected a prescription"), ("actions.review",)),
    "cancelled": (Words("撤销处方", "cancelled a prescription"), ("actions.cancel",)),
    "terminated": (Words("终止诊疗", "terminated a visit"), ("actions.terminate",)),
}


@checks(
    [
        Case(
            name,
            ROW,
            Words(f"何人因何{words.zh}可查", f"who {words.en}, and why, can be found"),
            (name,),
            True,
            (*SIGNS, *needs),
        )
        for name, (words, needs) in _REASONS.items()
    ]
)
def who_and_why(run: Run, name: str) -> None:
    """Look in everything that speaks of the document: somebody is named, and the reason."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.submitted(parts)
    group, reason = place(parts[0]), f"理由{run.number}"
    who = scene.who("pharmacist" if name == "rejected" else "physician")
    acts: dict[str, Callable[[], Answer]] = {
        "rejected": lambda: scene.review(task_of(run, group), group, reason=reason),
        "cancelled": lambda: run.act("cancel", document=group, reason=reason, by=who),
        "terminated": lambda: run.act("terminate", visit=scene.encounter, reason=reason, by=who),
    }
    run.step("注明理由的操作", "it is done for a reason")
    run.given(acts[name](), "操作成功", "it is done")
    run.step("查询何人何因", "who and why is searched")
    speaks = [
        one
        for query in (
            f"Task?focus={group}",
            f"Provenance?target={group}",
            f"AuditEvent?entity={group}",
            f"Communication?encounter={scene.encounter}",
            f"MedicationRequest?encounter={scene.encounter}",
        )
        for one in run.client().get(query).entries
    ]
    mine = [one for one in speaks if reason in str(one)]
    run.expect(bool(mine), "理由可查", "the reason can be found", number(mine))
    run.expect(any(who in str(one) for one in mine), "经办人可查", "who did it can be found")


@check(
    ROW,
    zh="查阅患者资料留下审计记录",
    en="who reads a patient's data leaves an audit record",
    critical=True,
    waits=True,
)
def reading_leaves_a_trace(run: Run) -> None:
    """Read a patient and the record, and search the AuditEvents about them."""
    scene = Scene(run).begun()
    began = datetime.now(UTC) - timedelta(hours=2)
    reader = run.client("read" if run.target.has("identities.read") else "operator")
    run.given(reader.get(scene.patient), "查阅患者资料", "the patient is read")
    run.step("查询审计记录", "the audit record is searched")

    def recorded() -> list[Any] | None:
        answer = run.client().get(f"AuditEvent?entity={scene.patient}")
        return [
            one for one in answer.entries if _later(one, began) and is_read(one) and _says_who(one)
        ] or None

    zh, en = "有查阅记录（AuditEvent），载明查阅者", "there is an AuditEvent of a read, which says who"
    run.until(recorded, zh, en)


_READS = frozenset(("read", "vread", "search", "search-type", "operation"))
"""R4 ``restful-interaction``: how a patient's data are shown."""


def is_read(one: Resource) -> bool:
    """Tell whether it is about reading; that the patient was written is another event."""
    subtypes = {str(code) for code in each(one, "subtype.code")}
    return one.get("action") == "R" or bool(subtypes & _READS)


def _says_who(one: Resource) -> bool:
    """Tell whether an agent is named: R4 asks for an agent, not for a name, a number or a reference."""
    return any(agent.get(name) for agent in one.get("agent") or () for name in ("who", "altId", "name"))


def _later(one: Resource, began: datetime) -> bool:
    at = instant(one.get("recorded"))
    return one.get("resourceType") == "AuditEvent" and at is not None and at > began
