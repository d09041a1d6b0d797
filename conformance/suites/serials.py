"""Unique serials: what passed the platform carries one of its own (渝卫发〔2019〕49号 annex 3, note 5)."""

from __future__ import annotations

from conformance.harness.check import Suite, check
from conformance.harness.run import Run
from conformance.harness.scene import Scene

SUITE = Suite("serials", zh="唯一流水号", en="Unique serials")


@check(
    "CQ49附3.5",
    zh="处方提交后获得唯一流水号，重复提交得到同一流水号",
    en="a prescription gets a serial when it is submitted, and the same one when that is repeated",
    critical=True,
    needs=("actions.submit", "signing"),
)
def prescription_repeated(run: Run) -> None:
    """Submit one prescription twice with the same signature."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    run.step("提交处方", "a prescription is submitted")
    signature = scene.signed(parts)
    first = run.done(scene.ordered(parts, signature=signature), "提交成功", "it is taken")
    serial = str(first.told.get("serial", ""))
    run.expect(serial != "", "返回流水号", "a serial is told", serial)
    run.step("以同样内容再次提交", "the same is submitted again")
    again = run.done(scene.submit(parts, signature=signature), "再次提交得到同样的答复", "it is answered again")
    run.expect(again.told.get("serial") == serial, "流水号不变", "the serial is the same", again.told.get("serial"))
