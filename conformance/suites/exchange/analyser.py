"""An analyser that sends its results over ASTM, where the target declares such a door."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.talk import kept
from conformance.simulators.er7 import stamp
from conformance.suites.exchange import astm
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.other_doors import declared, gone, on_file, yesterday
from conformance.suites.exchange.reading import digits


@check(
    "CQ49-3.4b",
    zh="检验仪器（ASTM）的结果进入患者资料",
    en="a result of an analyser (ASTM) becomes the patient's",
)
def analyser(run: Run) -> None:
    """Glucose 5.60 mmol/L."""
    door = declared(run, "astm", "lis")
    patient = on_file(run)
    number = str(pick(patient, "identifier.value"))
    run.step("仪器发送结果", "the analyser sends a result")
    records = astm.result(number, f"T{run.number}", "5.60", stamp(yesterday(run)))
    charset, keep = door.options.get("charset", "utf-8"), kept(run, door, "astm")
    try:
        astm.send(door.host, door.port, records, run.target.patience, charset, keep)
    except OSError as error:
        raise gone(door, error) from None
    query = f"Observation?patient=Patient/{patient['id']}"
    listed = run.until(lambda: run.client().get(query).entries, "结果可检索", "the result is found")
    told = [digits(pick(one, "valueQuantity.value")) for one in listed]
    run.expect(told == ["5.60"], "结果为 5.60，且只有一个", "it is 5.60, once", counted(told))
