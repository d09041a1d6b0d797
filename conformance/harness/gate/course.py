"""Course: how a case is played, step by step, until it is refused or the last step is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from conformance.harness.answer import Answer
from conformance.harness.gate.case import Gate, Patch
from conformance.harness.gate.cast import Cast
from conformance.harness.gate.state import state
from conformance.harness.run import Run
from conformance.harness.template import Several
from conformance.harness.words import Words
from conformance.harness.writing import write
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment, with_
from conformance.simulators.jws import REVIEW

Step = Callable[["Played"], Answer]
_WORDS = {
    "ground": Words("写入所需资料", "what is needed is put on file"),
    "consent": Words("登记知情同意", "the consent is written"),
    "open": Words("接诊", "the visit begins"),
    "examine": Words("诊断", "the diagnosis is written"),
    "sign_record": Words("病历签名提交", "the record is signed and submitted"),
    "prescribe": Words("提交处方", "the prescription is submitted"),
    "request": Words("提交申请单", "the request is submitted"),
    "review": Words("药师审核", "the pharmacist reviews"),
    "redeem": Words("药房调配", "the pharmacy dispenses"),
    "finish": Words("结束就诊", "the visit is finished"),
    "readiness": Words("查询就绪状态", "readiness is asked for"),
}


@dataclass(slots=True)
class Played:
    """How far a case came.

    Attributes:
        step: the last that was taken.
        answer: to it.
        last: whether it was what the case is about.
        submitted: answer to the submission of the prescription.
        before: state of the prescription before it was reviewed or redeemed.
    """

    cast: Cast
    step: str = ""
    answer: Answer | None = None
    last: bool = False
    submitted: Answer | None = None
    before: str = ""

    @property
    def told(self) -> Answer:
        """The answer. Only of what was played."""
        assert self.answer is not None
        return self.answer

    @property
    def words(self) -> Words:
        """What the last step is called."""
        return _WORDS[self.step]


def play(run: Run, gate: Gate, patch: Patch, suffix: str) -> Played:
    """Play one twin; ends at the first answer that is no success, or after the last step."""
    played = Played(Cast(run, patch, gate.own, suffix))
    steps = STEPS[gate.action]
    for name in steps:
        played.step, played.last = name, name == steps[-1]
        if played.last and name in ("review", "redeem"):
            played.before = state(run, played.cast.reference("Group"))
        played.answer = _STEP[name](played)
        if not played.answer.ok:
            break
    return played


def _ground(played: Played) -> Answer:
    cast = played.cast
    return write(cast.run, cast.of(*cast.ground), identity="operator")


def _consent(played: Played) -> Answer:
    found = played.cast.of("Consent")
    return played.cast.scene.write(found) if found else _nothing(played)


def _nothing(played: Played) -> Answer:
    """Return the answer of before: there is nothing to write."""
    return played.told


def _open(played: Played) -> Answer:
    return _written(played, "Encounter")


def _examine(played: Played) -> Answer:
    return _written(played, "Condition", "Reading", "Talk")


def _written(played: Played, *parts: str) -> Answer:
    found = played.cast.of(*parts)
    return played.cast.scene.write(found, _physician(played)) if found else _nothing(played)


def _physician(played: Played) -> str:
    return str(played.cast.option("By", "physician") or played.cast.who("physician"))


def _submitted(played: Played, documents: list[Resource]) -> Answer:
    """Write and submit; either may be refused."""
    answer = played.cast.scene.write(documents, _physician(played))
    return played.cast.scene.submit(documents, by=_physician(played)) if answer.ok else answer


def _record(played: Played) -> Answer:
    found = played.cast.of("Composition")
    return _submitted(played, found) if found else _nothing(played)


def _prescribe(played: Played) -> Answer:
    played.submitted = _submitted(played, played.cast.drugs())
    return played.submitted


def _request(played: Played) -> Answer:
    return _submitted(played, played.cast.of("Request"))


def _review(played: Played) -> Answer:
    said = partial(played.cast.option, "Review")
    decision = str(said("decision", "approved"))
    signing = bool(said("signed", decision == "approved"))
    return reviewed(played, decision, str(said("by", "")), said("reason"), signing=signing)


def reviewed(
    played: Played,
    decision: str = "approved",
    by: str = "",
    reason: str | None = None,
    *,
    signing: bool = True,
    confirm: bool | None = None,
) -> Answer:
    """Review the prescription of a case: ``confirm`` says that what holds it was looked at."""
    scene, told = played.cast.scene, played.submitted.told if played.submitted else {}
    who = by or played.cast.who("pharmacist")
    whole = scene.whole(played.cast.reference("Group")) if signing else []
    return scene.run.act(
        "review", by=who, task=str(told.get("task", "")), decision=decision, reason=reason, confirm=confirm,
        signature=scene.signed(whole, "pharmacist", REVIEW, who) if signing else None,
    )  # fmt: skip


def _redeem(played: Played) -> Answer:
    cast, said = played.cast, partial(played.cast.option, "Redeem")
    given = Several({"name": "dispense", "resource": one} for one in cast.dispenses())
    by, pharmacy = str(said("by", "")), str(said("pharmacy") or cast.who("pharmacy"))
    return cast.run.act(
        "redeem", by=by, identity="pharmacist" if by else "", document=cast.reference("Group"),
        pharmacy=pharmacy, number=f"YF{cast.scene.visit.number}", dispenses=given,
    )  # fmt: skip


def _finish(played: Played) -> Answer:
    body = played.cast.scene.read(played.cast.scene.encounter)
    ended = with_(body, status="finished", period={**body["period"], "end": moment()}, meta=None)
    return played.cast.scene.write([ended], _physician(played))


def _readiness(played: Played) -> Answer:
    subject = str(played.cast.option("By", "subject") or played.cast.who("organization"))
    return played.cast.run.act("readiness", subject=subject)


_STEP: Mapping[str, Step] = {
    "ground": _ground, "consent": _consent, "open": _open, "examine": _examine, "sign_record": _record,
    "prescribe": _prescribe, "request": _request, "review": _review, "redeem": _redeem, "finish": _finish,
    "readiness": _readiness,
}  # fmt: skip
_BEGUN = ("ground", "consent", "open", "examine")
STEPS: Mapping[str, tuple[str, ...]] = {
    "admit": ("ground", "consent", "open"),
    "record": (*_BEGUN, "sign_record"),
    "prescribe": (*_BEGUN, "prescribe"),
    "request": (*_BEGUN, "request"),
    "review": (*_BEGUN, "prescribe", "review"),
    "redeem": (*_BEGUN, "prescribe", "review", "redeem"),
    "finish": (*_BEGUN, "sign_record", "finish"),
    "readiness": ("ground", "readiness"),
}
"""What is tried → the steps that lead there; it is the last."""
