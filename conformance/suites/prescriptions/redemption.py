"""Redemption: a prescription that circulates is used once (渝府办发〔2018〕179号, item 7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.harness.check import check
from conformance.harness.gate.case import REDEEMS
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same


@check("CQ18-7.2", zh="处方只能核销一次", en="a prescription is redeemed once", needs=REDEEMS)
def redeemed_once(run: Run) -> None:
    """Redeem again with the same and with another number."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.approved(parts)
    first = run.done(scene.redeem(parts), "首次核销", "the first redemption is done")
    run.step("以另一编号再次核销", "it is redeemed again with another number")
    again = scene.redeem(parts, number=f"YF{run.number}x")
    run.refused(again, "拒绝再次核销", "it is refused")
    run.step("以同一编号重发", "the same request is repeated")
    again = run.done(scene.redeem(parts), "重发得到同样答复", "the repeated request is answered the same")
    known = again.told.get("serial") == first.told.get("serial")
    run.expect(known, "流水号不变", "the serial is the same", same(str(again.status)))
    line = f"MedicationRequest/{parts[1]['id']}"
    given = len(run.client().get(f"MedicationDispense?prescription={line}").entries)
    run.expect(given == 1, "仅发药一次", "there is one dispense", given)


@check(
    "CQ18-7.2",
    zh="两处同时核销只有一处成功",
    en="of several redemptions at once one succeeds",
    needs=REDEEMS,
)
def redeemed_at_once(run: Run) -> None:
    """Redeem with four numbers at the same time."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.approved(parts)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda at: scene.redeem(parts, number=f"YF{run.number}{at}"), range(4)))
    done = sum(one.ok for one in answers)
    run.expect(done == 1, "恰有一处成功", "exactly one succeeds", done)
    run.expect(all(one.ok or one.refused for one in answers), "其余被拒绝", "the others are refused", done)
