"""Resources that went wrong: refused as they should be, or kept as they were sent, and valid."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import NotTested, Unanswered
from conformance.harness.words import Words, same
from conformance.simulators.exact import Number, Resource, dumps, loads
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import created, name_of, patient, placed
from conformance.suites.fuzzing.comparing import differs
from conformance.suites.fuzzing.drawing import drawn, needed
from conformance.suites.quality.forms import misshapen

_BASES: list[Resource] = yaml.safe_load(
    (Path(__file__).parents[1] / "fuzz" / "bases.yaml").read_text("utf-8")
)
_KINDS = tuple(str(one["resourceType"]) for one in _BASES)
_UNANSWERED = 3
_SLOW = 10.0
"""Seconds that an answer may take."""


@dataclass(slots=True)
class Told:
    """What a target said to the inputs of one type.

    Attributes:
        kept: what it took: as sent, and as it is read back (None: not at all).
        faults: what must never be → how often.
    """

    number: int = 0
    refused: int = 0
    kept: list[tuple[Resource, Resource | None]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


def base(kind: str, **given: str) -> Resource:
    """Return a valid resource of a type."""
    found: Resource = next(one for one in _BASES if one["resourceType"] == kind)
    return dict(_filled(found, given))


def _filled(value: Any, given: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, given) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, given) for one in value]
    if isinstance(value, float):
        return Number(f"{value:.2f}")
    return given.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value


def written(body: Any) -> bytes:
    """Return JSON, with what no UTF-8 has as bytes that are none."""
    return dumps(body).encode("utf-8", "surrogatepass")


def _told(run: Run, kind: str) -> Told:
    """Return what the target says to a type's inputs; they are sent once a run."""
    needed()
    Claims.of(run).need(kind, "create", "read")
    run.step(f"发送变异的 {kind}", f"mutated resources of the type {kind} are sent")
    return run.session.once(f"fuzz.{kind}", lambda: _sent(run, kind))


def _sent(run: Run, kind: str) -> Told:
    from conformance.suites.fuzzing.mutation import mutated

    subject = name_of(created(run, patient(run)))
    inputs = drawn(run, kind, mutated(base(kind, patient="{patient}", number="{number}")))
    told = Told()
    for number, one in enumerate(inputs):
        body = _filled(one, {"patient": subject, "number": f"{run.number}{number}"})
        try:
            _answered(run, kind, body, told)
        except Unanswered as gone:
            told.faults[gone.reason.en] += 1
            if gave_up(told.faults):
                break
    return told


def _answered(run: Run, kind: str, body: Any, told: Told) -> None:
    raw = written(body)
    answer = run.client().post(kind, raw)
    told.number += 1
    for fault in faults(answer):
        told.faults[fault] += 1
    if not answer.ok:
        told.refused += 1
        return
    name = placed(answer, kind)
    run.wrote(name or f"{kind}/{answer.body.get('id')}")
    read = run.client().get(name) if name else None
    sent = loads(raw.decode("utf-8", "replace"))
    told.kept.append((sent, read.body if read is not None and read.status == 200 else None))


def faults(answer: Answer) -> list[str]:
    """Return what must never be, 5xx, a refusal without a reason, an answer that is late."""
    found = []
    if answer.status >= 500:
        found.append(f"HTTP {answer.status}")
    elif answer.status >= 400 and not answer.refused and (answer.kind or "fhir" in answer.type):
        # Where the framework under a server answers, R4 asks no reason of it (http#Status-Codes).
        found.append(f"HTTP {answer.status} without an OperationOutcome")
    elif answer.status < 200 or 300 <= answer.status < 400:
        found.append(f"HTTP {answer.status}")
    if answer.seconds > _SLOW:
        found.append("too slow")
    return found


def gave_up(found: Counter[str]) -> bool:
    """Tell whether the target has left too many inputs unanswered to go on: each costs its whole patience."""
    return sum(count for what, count in found.items() if "answer" in what) >= _UNANSWERED


def spoken(found: Counter[str]) -> Words:
    """Return faults as a reason shows them: which, not how often, which may differ from run to run."""
    return same(", ".join(sorted(found)) or "0")


def alive(run: Run) -> None:
    """Expect that the target goes on."""
    answer = run.client().get("metadata")
    run.expect(
        answer.status == 200 and answer.kind == "CapabilityStatement",
        "服务仍可用",
        "the server goes on",
        answer,
    )


@checks([
    Case(kind, "R4-MALFORMED",
         Words(f"变异的 {kind}：从不 5xx，拒绝均说明原因",
               f"mutated {kind}: never 5xx, and each refusal has its reason"), (kind,))
    for kind in _KINDS
])  # fmt: skip
def malformed(run: Run, kind: str) -> None:
    """Look at the answers."""
    told = _told(run, kind)
    run.expect(
        not told.faults,
        "没有 5xx、无说明的拒绝或超时",
        "there is no 5xx, no refusal without a reason, no time-out",
        spoken(told.faults),
    )
    run.expect(told.refused > 0, "有输入被拒绝", "some of the inputs are refused")
    run.expect(len(told.kept) > 0, "合规的输入被接收", "those that are valid are taken")
    alive(run)


@checks([
    Case(kind, "R4-KEPT",
         Words(f"被接收的 {kind} 读回时与发送时相同",
               f"a {kind} that is taken is read back as it was sent"), (kind,))
    for kind in _KINDS
])  # fmt: skip
def kept(run: Run, kind: str) -> None:
    """Compare every element of what was taken."""
    told = _told(run, kind)
    _some(told, kind)
    unread = [sent for sent, found in told.kept if found is None]
    run.expect(not unread, "被接收的都能读取", "what was taken can be read", same(str(len(unread))))
    places = Counter(
        where for sent, found in told.kept if found is not None and (where := differs(sent, found))
    )
    run.expect(
        not places, "没有丢失、改变或臆造的元素", "no element is lost, altered or made up", spoken(places)
    )


@checks([
    Case(kind, "R4-INVALID",
         Words(f"被接收的 {kind} 都是合规的 R4", f"a {kind} that is taken is valid R4"), (kind,))
    for kind in _KINDS
])  # fmt: skip
def accepted(run: Run, kind: str) -> None:
    """It keeps the rules of all JSON and has its type; the target's $validate agrees where there is one."""
    told = _told(run, kind)
    _some(told, kind)
    wrong = Counter(what for sent, _ in told.kept for what in set(misshapen(sent)))
    run.expect(
        not wrong, "没有空值、空元素和不合规的标识", "no nulls, nothing empty, no bad ids", spoken(wrong)
    )
    others = Counter(
        str(sent.get("resourceType")) for sent, _ in told.kept if sent.get("resourceType") != kind
    )
    run.expect(not others, "类型与地址一致", "its type is that of the address", spoken(others))
    wrong = Counter(what for sent, _ in told.kept for what in _invalid(run, sent))
    run.expect(not wrong, "校验不报错", "$validate finds no error", spoken(wrong))


def _some(told: Told, kind: str) -> None:
    if not told.kept:
        raise NotTested(f"没有 {kind} 被接收", f"no {kind} was taken")


def _invalid(run: Run, sent: Resource) -> list[str]:
    answer = run.client().post(f"{sent['resourceType']}/$validate", written(sent))
    if answer.kind != "OperationOutcome" or answer.status in (404, 405, 501):
        return []
    return [str((one.get("expression") or ["?"])[0]) for one in answer.errors]


@check(
    "R4-MALFORMED",
    zh="模糊测试所用的基础资源本身被接收",
    en="the resources that are mutated are taken as they are",
)
def bases(run: Run) -> None:
    """Else the others would show nothing."""
    subject = name_of(created(run, patient(run)))
    for kind in _KINDS:
        if not Claims.of(run).can(kind, "create", "read"):
            continue
        answer = run.done(
            run.client().post(kind, base(kind, patient=subject, number=run.number)),
            f"{kind} 被接收",
            f"the {kind} is taken",
        )
        run.wrote(placed(answer, kind))
