"""Consent and visit: who is seen over the internet, after having been told what, and when it must end.

What a patient's papers say wrong is data, beside this file; what happens in the course of a visit is here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.harness.answer import Answer
from conformance.harness.check import Suite, check, checks
from conformance.harness.gate.case import SUBMITS, Gate, read
from conformance.harness.gate.judged import hold
from conformance.harness.gate.state import state, waiting
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import place

SUITE = Suite("consent_and_visit", zh="患者、知情同意与就诊", en="Patient, consent and visit")
_HEALTH_CARD = "urn:oid:2.16.156.10011.1.19"


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)


@check(
    "NAT-19.1",
    zh="不属本院复诊病种（急症等）的，不得在线复诊开方",
    en="nothing is prescribed for a disease that the institution does not see over the internet",
    critical=True,
    needs=SUBMITS,
)
def beyond(run: Run) -> None:
    """Come for a disease that the institution does not see over the internet; refused at either step."""
    said = run.target.setting("diagnoses.beyond")
    if not isinstance(said, Mapping):
        raise Skipped(
            "目标未声明不开展复诊的病种（settings.diagnoses.beyond）",
            "the target declares no disease that it does not see (settings.diagnoses.beyond)",
        )
    concept = {"coding": [{one: str(said[one]) for one in ("system", "code") if one in said}],
               "text": str(said.get("display", ""))}  # fmt: skip
    run.given(Scene(run, suffix="p").begun().submitted(), "复诊病种", "it is prescribed for one that is seen")
    scene = Scene(run, suffix="b")
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    answer, parts = scene.write([_coming_for(scene.opening(), concept)]), scene.prescription()
    if answer.ok:
        condition, *others = scene.diagnosis()
        examined = scene.write([with_(condition, code=concept), *others])
        answer = scene.ordered(parts) if examined.ok else examined
    run.refused(answer, "拒绝接诊或开方", "the visit or the prescription is refused")
    _without_effect(run, parts)


def _coming_for(opening: Resource, concept: Resource) -> Resource:
    """Return a visit whose earlier diagnosis is another one."""
    earlier = copy.deepcopy(opening["extension"])
    for one in earlier[0]["extension"]:
        if one["url"] == "diagnosis":
            one["valueCodeableConcept"] = concept
    return with_(opening, extension=earlier)


def _terminated(run: Run, suffix: str = "") -> Scene:
    scene = Scene(run, suffix=suffix).begun()
    run.given(_terminate(run, scene), "终止诊疗", "the visit is terminated")
    return scene


def _terminate(run: Run, scene: Scene) -> Answer:
    return run.act(
        "terminate", by=scene.who("physician"), visit=scene.encounter, reason="血压骤升，需到实体医院面诊"
    )


@check(
    "NAT-19.2",
    zh="诊疗终止后不得再开处方",
    en="nothing is prescribed after a visit was terminated",
    critical=True,
    needs=("actions.terminate", *SUBMITS),
)
def prescribed_after_termination(run: Run) -> None:
    """Prescribe before and after the termination."""
    _ordered_after(run, lambda scene: scene.prescription())


@check(
    "NAT-19.2",
    zh="诊疗终止后不得再开申请单",
    en="nothing is requested after a visit was terminated",
    critical=True,
    needs=("actions.terminate", *SUBMITS),
)
def requested_after_termination(run: Run) -> None:
    """Request a test before and after the termination."""
    _ordered_after(run, lambda scene: [scene.request("lab")])


def _ordered_after(run: Run, written: Callable[[Scene], list[Resource]]) -> None:
    good = Scene(run, suffix="p").begun()
    run.given(good.ordered(written(good)), "终止前开具", "it is ordered in a visit that goes on")
    scene = _terminated(run, "b")
    parts = written(scene)
    run.refused(scene.ordered(parts), "终止后拒绝", "it is refused after the termination")
    _without_effect(run, parts)


def _without_effect(run: Run, parts: list[Resource]) -> None:
    status = state(run, place(parts[0]))
    run.expect(status not in ("active", "completed"), "未生效", "it has no effect", same(status))


@check(
    "NAT-19.2",
    zh="终止前写好的草稿不得再提交",
    en="a draft of before the termination is not submitted after it",
    critical=True,
    needs=("actions.terminate", *SUBMITS),
)
def draft_of_before(run: Run) -> None:
    """Write a draft, terminate, submit."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    run.given(_terminate(run, scene), "终止诊疗", "the visit is terminated")
    run.refused(scene.submit(parts), "终止后拒绝提交", "its submission is refused")
    _without_effect(run, parts)


@check(
    "NAT-19.2",
    zh="终止时告知患者到实体医疗机构就诊",
    en="the patient is told to go to a hospital when a visit is terminated",
    critical=True,
    needs=("actions.terminate",),
)
def told(run: Run) -> None:
    """Terminate a visit and look for what the patient was told."""
    scene = Scene(run).begun()
    before = _notices(run, scene)
    run.done(_terminate(run, scene), "终止诊疗", "the visit is terminated")
    status = str(scene.read(scene.encounter).get("status", ""))
    run.expect(status in ("finished", "cancelled"), "就诊已结束", "the visit is over", same(status))
    new = [one for name, one in _notices(run, scene).items() if name not in before]
    texts = [str(one.get("contentString", "")) for found in new for one in found.get("payload") or ()]
    run.expect(any(texts), "有对患者的告知", "there is a notice to the patient", len(new))
    run.expect(
        any("医院" in one or "医疗机构" in one for one in texts),
        "告知到实体医疗机构就诊",
        "it says to go to a hospital",
    )
    to = {
        one.get("reference")
        for found in new
        for one in (*(found.get("recipient") or ()), found.get("subject") or {})
    }
    run.expect(scene.patient in to, "告知对象为该患者", "it is for this patient")


def _notices(run: Run, scene: Scene) -> dict[str, Resource]:
    found = run.client().get(f"Communication?encounter={scene.encounter}").entries
    return {str(one.get("id")): one for one in found if one.get("resourceType") == "Communication"}


@check(
    "NAT-19.2",
    zh="终止时撤回尚未生效的处方",
    en="a termination takes back what does not hold yet",
    critical=True,
    needs=("actions.terminate", "actions.submit", "actions.review", "signing"),
)
def taken_back(run: Run) -> None:
    """Terminate while a prescription waits for the pharmacist."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    group = f"RequestGroup/{parts[0]['id']}"
    waiting(scene, parts)
    before = state(run, group)
    run.given(_terminate(run, scene), "终止诊疗", "the visit is terminated")
    status = str(scene.read(group).get("status", ""))
    held = before in ("active", "completed")  # what holds already is not taken back, and no matter here
    run.expect(
        held or status == "revoked", "待审处方已撤回", "the prescription that waited is revoked", same(status)
    )


@check(
    "CQ49-3.1",
    zh="已终止的就诊不得恢复",
    en="a terminated visit does not go on",
    needs=("actions.terminate",),
)
def resumed(run: Run) -> None:
    """Write the Encounter as in progress again."""
    scene = _terminated(run)
    body = with_(scene.read(scene.encounter), status="in-progress", meta=None)
    run.refused(scene.write([body]), "拒绝恢复", "it is refused")
    status = str(scene.read(scene.encounter).get("status", ""))
    run.expect(status != "in-progress", "就诊仍为结束", "the visit is still over", same(status))


@check(
    "CQ18-23.2",
    zh="以电子健康卡号可查到患者本人",
    en="an electronic health card leads to its patient",
    needs=("seed|writes",),
)
def health_card(run: Run) -> None:
    """Search patients by the number of their health card."""
    scene = Scene(run)
    number = f"JK{run.number}"
    patient, *papers = scene.registration()
    card = with_(patient, identifier=[*patient["identifier"], {"system": _HEALTH_CARD, "value": number}])
    run.given(
        scene.write([card, *papers]), "登记带健康卡的患者", "a patient with a health card is registered"
    )
    other = Scene(run, suffix="b")
    run.given(other.write(other.registration()), "登记另一患者", "another patient is registered")
    answer = run.client().get(f"Patient?identifier={_HEALTH_CARD}%7C{number}")
    run.done(answer, "按健康卡号查询", "the search is answered")
    found = [one.get("id") for one in answer.entries if one.get("resourceType") == "Patient"]
    run.expect(found == [patient["id"]], "恰为该患者", "it finds this patient and nobody else", len(found))
    nobody = run.client().get(f"Patient?identifier={_HEALTH_CARD}%7CX{number}")
    run.expect(nobody.ok and not nobody.entries, "其他卡号查无此人", "another number finds nobody", nobody)


@check(
    "CQ18-23.2",
    zh="持健康卡的患者可以就诊",
    en="a patient who shows nothing but the health card is seen",
    needs=("seed|writes",),
)
def health_card_visit(run: Run) -> None:
    """Begin a visit of a patient who is known by the card."""
    scene = Scene(run)
    patient, *rest = scene.registration()
    card = with_(patient, identifier=[{"system": _HEALTH_CARD, "value": f"JK{run.number}"}])
    run.given(scene.write([card, *rest]), "登记带健康卡的患者", "a patient with a health card is registered")
    run.done(scene.write([scene.opening()]), "接诊", "the visit begins")
    subject = scene.read(scene.encounter).get("subject", {}).get("reference")
    run.expect(subject == scene.patient, "就诊属于该患者", "the visit is this patient's")
