"""What nobody may overlook: flags of an analyser, and a critical value until somebody has acknowledged it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.exact import Resource, dumps
from conformance.suites.exchange.bench import Laboratory, analysed
from conformance.suites.exchange.branch import now
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import about, codes, digits

_CHINA = timezone(timedelta(hours=8))


@analysed("{}的危急标志（HH、LL）不丢失", "the critical flags (HH, LL) of {} are not lost")
def flagged_critical(run: Run, laboratory: Laboratory) -> None:
    """One far too high."""
    one = laboratory.ordered(laboratory.tests[:1])
    listed = laboratory.measured(one.tube, ["99.9"], flag="HH")
    laboratory.told(laboratory.analyser.results(one.tube.barcode, listed))
    found = laboratory.expect(one, "99.9")
    flags = _flags(found[0])
    run.expect("HH" in flags, "标志为 HH", "the flag is HH", same(", ".join(sorted(flags)) or "–"))


@analysed("{}标注的变化（U、D）不丢失", "what {} says of a change since last time (U, D) is not lost")
def flagged_changed(run: Run, laboratory: Laboratory) -> None:
    """One test has risen far above the patient's last value, the other has fallen (HL7 table 0078)."""
    one, values, wanted = laboratory.ordered(), ("14.20", "1.90"), ("U", "D")
    listed = laboratory.measured(one.tube, values)
    changed = [replace(each_, flag=flag) for each_, flag in zip(listed, wanted, strict=True)]
    laboratory.told(laboratory.analyser.results(one.tube.barcode, changed))
    found = {
        digits(pick(result, "valueQuantity.value")): result for result in laboratory.expect(one, *values)
    }
    for value, flag in zip(values, wanted, strict=True):
        flags = _flags(found[value])
        run.expect(
            flag in flags, f"标志为 {flag}", f"the flag is {flag}", same(", ".join(sorted(flags)) or "–")
        )


def _flags(found: Resource) -> set[str]:
    return codes(found, "interpretation") | {str(text) for text in each(found, "interpretation.text")}


@analysed(
    "{}的危急值有人负责：任务有时限，并已通知，确认前不关闭",
    "a critical value of {} is somebody's: a task with a due time, a notice, open until it is acknowledged",
    "chemistry", "astm",
    needs=("actions.acknowledge",),
)  # fmt: skip
def critical_value(run: Run, laboratory: Laboratory) -> None:
    """A value that may cost a life, measured a moment ago; then an ordinary one of somebody else."""
    one, other = laboratory.ordered(laboratory.tests[:1]), laboratory.ordered(laboratory.tests[:1])
    listed = laboratory.measured(one.tube, ["99.9"], now() - timedelta(minutes=5), "HH")
    laboratory.told(laboratory.analyser.results(one.tube.barcode, listed))
    (result,) = laboratory.expect(one, "99.9")
    name = f"Observation/{result.get('id')}"
    tasks = laboratory.found(
        about("Task", laboratory.patient(one.visit.person)), lambda them: _of(them, name)
    )
    task = next(iter(_of(tasks, name)), {})
    run.expect(bool(task), "有对应的任务", "there is a task about it")
    state = str(task.get("status"))
    run.expect(state in ("requested", "received", "accepted", "ready", "in-progress"), "任务未关闭",
               "it is open", same(state))  # fmt: skip
    due = _moment(pick(task, "restriction.period.end"))
    now_ = datetime.now(_CHINA)
    soon = due is not None and due - now_ < timedelta(hours=24)
    run.expect(soon, "任务有 24 小时内的时限", "it is due within a day")
    notices = laboratory.found(about("Communication", laboratory.patient(one.visit.person)))
    there = [each_ for each_ in notices if name in dumps(each_) or f"Task/{task.get('id')}" in dumps(each_)]
    run.expect(
        bool(there), "有对应的通知（Communication）", "there is a Communication of it", counted(notices)
    )
    laboratory.told(laboratory.results(other.tube, ["5.60"]))
    (usual,) = laboratory.expect(other, "5.60")
    query = about("Task", laboratory.patient(other.visit.person))
    wrong = _of(laboratory.absent(query), f"Observation/{usual.get('id')}")
    run.expect(not wrong, "普通结果没有任务", "an ordinary result has none", counted(wrong))
    run.step("确认危急值", "somebody acknowledges it")
    run.done(
        run.act("acknowledge", task=f"Task/{task.get('id')}", who="护士站", text="已复述"),
        "确认被接收", "the acknowledgement is taken",
    )  # fmt: skip
    found = laboratory.read(f"Task/{task.get('id')}")
    ended = str(found.get("status"))
    run.expect(ended == "completed", "确认后任务关闭", "it is closed then", same(ended))


def _of(tasks: Sequence[Resource], name: str) -> list[Resource]:
    """Return the tasks that name a result, but those that only fulfil its order."""
    return [one for one in tasks if f'"{name}"' in dumps(one) or f'"{name}/_history' in dumps(one)]


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
