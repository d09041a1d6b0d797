"""Exchange with the LIS: laboratory reports go in as HL7 v2, FHIR comes out to the digit.

Orders of the HIS are answered; analysers ask by bar code and tell results over ASTM, HL7 v2 and IHE LAW.
"""

from __future__ import annotations

from conformance.harness.check import Suite, check
from conformance.harness.run import Run
from conformance.suites.exchange import (
    analyser,
    asked,
    coded,
    critical,
    dialogue,
    isolates,
    meanings,
    measured,
    ordered,
    pictures,
    reports,
    results,
)
from conformance.suites.exchange.hospital import declared as declares

SUITE = Suite("exchange_lis", zh="与 LIS 的数据交换", en="Exchange with the LIS")
PARTS = (
    results, reports, ordered, asked, dialogue, measured,
    meanings, coded, isolates, critical, pictures, analyser,
)  # fmt: skip


@check("CQ49-3.4b", zh="有与 LIS 交换数据的接口", en="there is a door to exchange data with the LIS")
def declared(run: Run) -> None:
    """Look at what the target declares."""
    declares(run, "lis")
