"""Exchange with the HIS: admissions, patients, prescriptions and orders go in as HL7 v2, FHIR comes out."""

from __future__ import annotations

from conformance.harness.check import Suite, check
from conformance.harness.run import Run
from conformance.suites.exchange import answers, delivery, orders, people, visits
from conformance.suites.exchange.hospital import declared as declares

SUITE = Suite("exchange_his", zh="与 HIS 的数据交换", en="Exchange with the HIS")
PARTS = (answers, people, visits, orders, delivery)


@check("CQ49-3.4b", zh="有与 HIS 交换数据的接口", en="there is a door to exchange data with the HIS")
def declared(run: Run) -> None:
    """Look at what the target declares."""
    declares(run, "his")
