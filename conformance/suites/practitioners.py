"""Practitioners: nobody treats, prescribes or reviews who may not, and nobody in another's name.

What is wrong with somebody's papers is data, beside this file; who acts in whose name is here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.gate.case import REVIEWS, SUBMITS, Gate, read
from conformance.harness.gate.judged import hold
from conformance.harness.gate.state import state, still, submitted
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words, same
from conformance.simulators.jws import place

_DEVICE = "device"
"""A program on file; a target may refuse it before any rule is asked: it is no practitioner."""
SUITE = Suite("practitioners", zh="医务人员", en="Practitioners")


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)


@check(
    "NAT-16.2",
    zh="无人具名的操作被拒绝",
    en="an act without an asserted identity is refused",
    critical=True,
    needs=("identities.write",),
)
def nobody_acts(run: Run) -> None:
    """Begin a visit without saying who acts."""
    _begun_by(run, identity="write")


@check("NAT-16.2", zh="未登记的人员不得操作", en="somebody who is not on file does not act", critical=True)
def unknown_person(run: Run) -> None:
    """Begin a visit in the name of nobody on file."""
    _begun_by(run, f"Practitioner/nobody-{run.number}")


@check("NAT-16.2", zh="不得以他人名义接诊", en="nobody begins a visit in another's name", critical=True)
def visit_for_another(run: Run) -> None:
    """Begin the visit of one physician as another one."""
    _begun_by(run, "paediatrician")


@check("SC-22.2", zh="须由医师本人接诊", en="the physician acts in person", critical=True)
def impersonated(run: Run) -> None:
    """Begin the visit of one physician as another one."""
    _begun_by(run, "paediatrician")


def _begun_by(run: Run, who: str = "", identity: str = "") -> None:
    """Begin a visit in person; then another, of the same physician, as somebody else, or as nobody.

    Args:
        who: a role on file, or a reference.
    """
    run.step("医师本人接诊", "the physician begins the own visit")
    run.given(Scene(run, suffix="p").admit(), "本人接诊", "the physician begins the own visit")
    run.step("非本人接诊", "a visit is begun by somebody else than its physician, or by nobody")
    scene = Scene(run, suffix="b")
    by = who if "/" in who or not who else scene.who(who)
    run.given(scene.write(scene.registration()), "患者登记", "the patient is registered")
    run.refused(scene.write([scene.opening()], by, identity), "拒绝", "it is refused", by_rule=who != _DEVICE)
    status = state(run, scene.encounter)
    run.expect(status != "in-progress", "就诊未开始", "the visit has not begun", same(status))


@check(
    "NAT-16.2",
    zh="不得以他人名义提交处方",
    en="nobody submits a prescription in another's name",
    critical=True,
    needs=SUBMITS,
)
def prescription_for_another(run: Run) -> None:
    """Submit the prescription of one physician as another one."""
    _submitted_by(run, "paediatrician")


def _submitted_by(run: Run, who: str) -> None:
    """Submit a physician's prescription as somebody else, then in person."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    signature = scene.signed(parts)
    answer = scene.submit(parts, signature=signature, by=scene.who(who))
    run.refused(answer, "拒绝", "it is refused", by_rule=who != _DEVICE)
    still(run, place(parts[0]), "draft")
    run.given(scene.submit(parts, signature=signature), "本人提交", "the physician submits it in person")


def _reviewed_by(run: Run, who: str) -> None:
    """Approve a prescription, signed by the pharmacist, as somebody else; then in person."""
    scene, _, task, group = submitted(run)
    before = state(run, group)
    answer = scene.review(task, group, by=scene.who(who))
    run.refused(answer, "拒绝", "it is refused", by_rule=who != _DEVICE)
    still(run, group, before)
    run.given(scene.review(task, group), "药师本人审核", "the pharmacist reviews it in person")


_PROGRAM = {
    "begins": (_begun_by, (), "人工智能不得冒用医师接诊",
               "no program begins a visit in place of the physician"),
    "prescribes": (_submitted_by, SUBMITS, "人工智能不得冒用医师提交处方",
                   "no program submits a prescription in place of the physician"),
    "reviews": (_reviewed_by, REVIEWS, "人工智能不得冒用药师审方",
                "no program approves a prescription in place of the pharmacist"),
}  # fmt: skip


@checks([Case(name, "SC-22.2", Words(zh, en), (tried,), True, ("on_file.device", *needs))
         for name, (tried, needs, zh, en) in _PROGRAM.items()])  # fmt: skip
def program(run: Run, tried: Callable[[Run, str], None]) -> None:
    """Do as a program what only a member of the staff may do."""
    tried(run, _DEVICE)
