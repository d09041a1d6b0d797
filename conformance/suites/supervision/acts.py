"""Acts: what happens in and around a visit, each with the document that the regulator must hear of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment, with_
from conformance.simulators.jws import place
from conformance.suites.supervision.events import adverse_event

Done = Callable[[Scene], list[str]]
FEED = ("feed", "actions.feed_page", "actions.feed_status")
SIGNS = ("actions.submit", "signing")


@dataclass(slots=True, frozen=True)
class Act:
    """Something that happens.

    Attributes:
        ready: what must have happened before it; what it returns is handed to ``done``.
        done: lets it happen; returns the documents (``Type/id``) of which it makes a new version.
        needs: capabilities.
    """

    name: str
    words: Words
    done: Callable[[Scene, list[Resource]], list[str]]
    ready: Callable[[Scene], list[Resource]]
    needs: tuple[str, ...] = ()


def task_of(run: Run, name: str) -> str:
    """Return the newest Task about a document. Raises :class:`Skipped`: there is none."""
    found = run.given(run.client().get(f"Task?focus={name}"), "查询任务", "its Task is searched").entries
    if not found:
        raise Skipped("前提未满足：提交后有审核任务", "prerequisite not met: there is a Task about it")
    return place(found[0])


def _nothing(scene: Scene) -> list[Resource]:
    return []


def _begun(scene: Scene) -> list[Resource]:
    scene.begun()
    return []


def _registered(scene: Scene) -> list[Resource]:
    scene.run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    return []


def _submitted(scene: Scene) -> list[Resource]:
    parts = scene.begun().prescription()
    scene.submitted(parts)
    return parts


def _approved(scene: Scene) -> list[Resource]:
    parts = scene.begun().prescription()
    scene.approved(parts)
    return parts


def _recorded(scene: Scene) -> list[Resource]:
    scene.submitted([scene.begun().record()])
    return []


def _referred(scene: Scene) -> list[Resource]:
    request = scene.begun().request("referral")
    scene.submitted([request])
    return [request]


def _consent(scene: Scene, parts: list[Resource]) -> list[str]:
    scene.run.given(scene.write(scene.registration()), "登记知情同意", "the consent is written")
    return [f"Consent/z{scene.visit.number}"]


def _admit(scene: Scene, parts: list[Resource]) -> list[str]:
    scene.run.given(scene.write([scene.opening()]), "接诊", "the visit begins")
    return [scene.encounter]


def _prescribe(scene: Scene, parts: list[Resource]) -> list[str]:
    made = scene.prescription(2)
    scene.submitted(made)
    return [place(made[0])]


def _approve(scene: Scene, parts: list[Resource]) -> list[str]:
    group = place(parts[0])
    task = task_of(scene.run, group)
    scene.run.given(scene.review(task, group), "药师审核通过", "the pharmacist approves")
    return [group, task]


def _reject(scene: Scene, parts: list[Resource]) -> list[str]:
    group = place(parts[0])
    task = task_of(scene.run, group)
    scene.run.given(scene.review(task, group, reason="用法不明确"), "药师退回", "the pharmacist rejects it")
    return [group, task]


def _cancel(scene: Scene, parts: list[Resource]) -> list[str]:
    group = place(parts[0])
    answer = scene.run.act("cancel", document=group, reason="开具有误", by=scene.who("physician"))
    scene.run.given(answer, "撤销", "it is cancelled")
    return [group]


def _dispense(scene: Scene, parts: list[Resource]) -> list[str]:
    scene.run.given(scene.redeem(parts), "药房调配", "the pharmacy dispenses")
    query = f"MedicationDispense?prescription={place(parts[1])}"
    found = scene.run.given(scene.run.client().get(query), "查询发药记录", "the dispense is searched").entries
    return [place(parts[0]), *(place(one) for one in found if one["resourceType"] == "MedicationDispense")]


def _request(kind: str) -> Callable[[Scene, list[Resource]], list[str]]:
    def done(scene: Scene, parts: list[Resource]) -> list[str]:
        made = scene.request(kind)
        scene.submitted([made])
        return [place(made)]

    return done


def _refer(scene: Scene, parts: list[Resource]) -> list[str]:
    for decision in ("request", "accept"):
        answer = scene.run.act(
            "refer", document=place(parts[0]), decision=decision, by=scene.who("physician")
        )
        scene.run.given(answer, "转诊流转", "the referral goes on")
    return [place(parts[0])]


def _record(scene: Scene, parts: list[Resource]) -> list[str]:
    made = scene.record()
    scene.submitted([made])
    return [place(made)]


def _finish(scene: Scene, parts: list[Resource]) -> list[str]:
    scene.run.given(scene.finish(), "结束就诊", "the visit is finished")
    return [scene.encounter]


def _terminate(scene: Scene, parts: list[Resource]) -> list[str]:
    answer = scene.run.act(
        "terminate", visit=scene.encounter, reason="病情变化，须到院就诊", by=scene.who("physician")
    )
    scene.run.given(answer, "终止诊疗", "the visit is terminated")
    return [scene.encounter]


def _diagnose_anew(scene: Scene, parts: list[Resource]) -> list[str]:
    name = f"Condition/c{scene.visit.number}"
    body = scene.read(name)
    changed = with_(body, note=[{"text": "补充：血压控制平稳"}], meta=None)
    scene.run.given(scene.write([changed]), "更正诊断", "the diagnosis is corrected")
    return [name]


def _evaluate(scene: Scene, parts: list[Resource]) -> list[str]:
    made = {
        "resourceType": "QuestionnaireResponse",
        "id": f"q{scene.visit.number}",
        "status": "completed",
        **scene.visit.about(),
        "authored": moment(),
        "source": {"reference": scene.patient},
        "item": [{"linkId": "satisfaction", "text": "满意度", "answer": [{"valueInteger": 5}]}],
    }
    scene.run.given(scene.write([made]), "患者评价", "the patient evaluates the visit")
    return [place(made)]


def _report_event(scene: Scene, parts: list[Resource]) -> list[str]:
    made = adverse_event(scene)
    scene.run.given(scene.write([made]), "上报不良事件", "the adverse event is reported")
    return [place(made)]


def _find(scene: Scene, parts: list[Resource]) -> list[str]:
    answer = scene.run.act("finding", detail="请核实处方用量", severity="moderate")
    scene.run.given(answer, "监管平台反馈", "the regulator reports a finding")
    return [str(answer.told.get("task", ""))]


def _complain(scene: Scene, parts: list[Resource]) -> list[str]:
    answer = scene.run.act("complaint", detail="等候时间过长")
    scene.run.given(answer, "受理投诉", "the complaint is taken")
    return [str(answer.told.get("task", ""))]


ACTS = (
    Act("consent", Words("知情同意", "a consent"), _consent, _nothing),
    Act("visit", Words("接诊", "the beginning of a visit"), _admit, _registered),
    Act("prescription", Words("处方提交", "the submission of a prescription"), _prescribe, _begun, SIGNS),
    Act(
        "approval",
        Words("处方审核通过", "the approval of a prescription"),
        _approve,
        _submitted,
        (*SIGNS, "actions.review"),
    ),
    Act(
        "rejection",
        Words("处方审核退回", "the rejection of a prescription"),
        _reject,
        _submitted,
        (*SIGNS, "actions.review"),
    ),
    Act(
        "cancellation",
        Words("处方撤销", "the cancellation of a prescription"),
        _cancel,
        _submitted,
        (*SIGNS, "actions.cancel"),
    ),
    Act(
        "dispensing",
        Words("处方调配与发药", "the dispensing of a prescription"),
        _dispense,
        _approved,
        (*SIGNS, "actions.review", "actions.redeem"),
    ),
    *(
        Act(kind, Words(f"{zh}申请", f"{en} request"), _request(kind), _begun, SIGNS)
        for kind, zh, en in (
            ("exam", "检查", "an examination"),
            ("lab", "检验", "a laboratory"),
            ("admission", "入院", "an admission"),
            ("transfer", "转院", "a transfer"),
            ("referral", "转诊", "a referral"),
        )
    ),
    Act(
        "referral-step",
        Words("转诊接收", "the acceptance of a referral"),
        _refer,
        _referred,
        (*SIGNS, "actions.refer"),
    ),
    Act("record", Words("病历", "the record of a visit"), _record, _begun, SIGNS),
    Act("finish", Words("就诊结束", "the end of a visit"), _finish, _recorded, SIGNS),
    Act(
        "termination",
        Words("诊疗终止", "the termination of a visit"),
        _terminate,
        _begun,
        ("actions.terminate",),
    ),
    Act("diagnosis", Words("诊断更正", "the correction of a diagnosis"), _diagnose_anew, _submitted, SIGNS),
    Act(
        "evaluation",
        Words("患者评价", "the patient's evaluation"),
        _evaluate,
        _begun,
        ("writes.QuestionnaireResponse",),
    ),
    Act(
        "adverse-event",
        Words("不良事件", "an adverse event"),
        _report_event,
        _begun,
        ("writes.AdverseEvent",),
    ),
    Act("finding", Words("监管反馈", "a finding of the regulator"), _find, _nothing, ("actions.finding",)),
    Act("complaint", Words("投诉", "a complaint"), _complain, _nothing, ("actions.complaint",)),
)
"""Everything that the regulator must hear of."""
