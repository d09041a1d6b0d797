"""Practitioners: nobody treats, prescribes or reviews who may not, and nobody in another's name.

What is wrong with somebody's papers is data, beside this file; who acts in whose name is here.
"""

from __future__ import annotations

from pathlib import Path

from conformance.harness.check import Suite, check, checks
from conformance.harness.gate.case import Gate, read
from conformance.harness.gate.judged import hold
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same

SUITE = Suite("practitioners", zh="医务人员", en="Practitioners")
_ACTS = ("actions.submit", "signing", "identities.physician")


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)


@check(
    "NAT-16.2",
    zh="未经实名认证的操作被拒绝（401）",
    en="an act without an asserted identity is refused (401)",
    critical=True,
    needs=("identities.write",),
)
def nobody_acts(run: Run) -> None:
    """Begin a visit without saying who acts."""
    run.step("医师接诊", "the physician begins a visit")
    good = Scene(run, suffix="p")
    run.given(good.admit(), "接诊", "the visit begins")
    run.step("无人具名接诊", "a visit is begun and nobody says who acts")
    scene = Scene(run, suffix="b")
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    answer = run.client("write").put(scene.opening())
    run.refused(answer, "拒绝", "it is refused")
    run.expect(answer.status == 401, "以 401 拒绝", "by 401", answer)
    _nothing_begun(run, scene)


@check(
    "NAT-16.2",
    zh="未登记的人员不得操作（401 或 403）",
    en="somebody who is not on file does not act (401 or 403)",
    critical=True,
)
def unknown_person(run: Run) -> None:
    """Begin a visit in the name of nobody on file."""
    good = Scene(run, suffix="p")
    run.given(good.admit(), "接诊", "the visit begins")
    scene = Scene(run, suffix="b")
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    answer = run.client("physician").put(scene.opening(), f"Practitioner/nobody-{run.number}")
    run.refused(answer, "拒绝", "it is refused")
    run.expect(answer.status in (401, 403), "以 401 或 403 拒绝", "by 401 or 403", answer)
    _nothing_begun(run, scene)


def _nothing_begun(run: Run, scene: Scene) -> None:
    status = str(run.client().get(scene.encounter).body.get("status", ""))
    run.expect(status != "in-progress", "就诊未开始", "the visit has not begun", same(status))


@check(
    "NAT-16.2",
    zh="不得以他人名义接诊（403）",
    en="nobody begins a visit in another's name (403)",
    critical=True,
)
def visit_for_another(run: Run) -> None:
    """Begin the visit of one physician as another one."""
    _for_another(run)


@check("SC-22.2", zh="须由医师本人接诊（403）", en="the physician acts in person (403)", critical=True)
def impersonated(run: Run) -> None:
    """Begin the visit of one physician as another one."""
    _for_another(run)


def _for_another(run: Run) -> None:
    good = Scene(run, suffix="p")
    run.given(good.admit(), "本人接诊", "the physician begins the own visit")
    scene = Scene(run, suffix="b")
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    answer = scene.write([scene.opening()], scene.who("paediatrician"))
    run.refused(answer, "拒绝", "it is refused")
    run.expect(answer.status == 403, "以 403 拒绝", "by 403", answer)
    _nothing_begun(run, scene)


@check(
    "NAT-16.2",
    zh="不得以他人名义提交处方（403）",
    en="nobody submits a prescription in another's name (403)",
    critical=True,
    needs=_ACTS,
)
def prescription_for_another(run: Run) -> None:
    """Submit the prescription of one physician as another one."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    signature = scene.signed(parts)
    answer = scene.submit(parts, signature=signature, by=scene.who("paediatrician"))
    run.refused(answer, "拒绝", "it is refused")
    run.expect(answer.status == 403, "以 403 拒绝", "by 403", answer)
    run.given(scene.submit(parts, signature=signature), "本人提交", "the physician submits it in person")
