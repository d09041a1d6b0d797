"""Write-back: what the internet hospital creates reaches the HIS, in its interface tables."""

from __future__ import annotations

from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import same
from conformance.suites.exchange.branch import Branch, branch


@branch(
    "interface", zh="互联网医院的处方生效后写入 HIS 接口表，且只写一次",
    en="an internet prescription that takes effect is written into the HIS' tables, once",
)  # fmt: skip
def written_back(run: Run, branch: Branch) -> None:
    """A prescription is approved; the HIS finds its drugs under its serial."""
    scene = Scene(run).begun()
    parts = scene.prescription(2)
    told = scene.submitted(parts).told
    group = f"RequestGroup/{parts[0]['id']}"
    run.given(scene.review(str(told.get("task", "")), group), "药师审核通过", "the pharmacist approves")
    serial = str(told.get("serial", ""))
    query = branch.option("interface", "prescription")
    wanted = sorted(
        str(name) for one in parts[1:] for name in each(one, "medicationCodeableConcept.text")
    ) or sorted(
        str(name) for one in parts[1:] for name in each(one, "medicationCodeableConcept.coding.display")
    )

    def there() -> list[str] | None:
        return sorted(branch.asked("interface", query, serial=serial)) or None

    found = run.until(there, "处方已写入接口表", "the prescription is in the tables")
    run.expect(
        found == wanted, "药品一致，且只有一次", "the drugs are the same, each once", same(", ".join(found))
    )
