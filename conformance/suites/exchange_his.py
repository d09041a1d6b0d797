"""Exchange with the HIS: admissions, patients, prescriptions and orders go in, FHIR comes out.

They go in as HL7 v2 over MLLP, and by database, services, documents and files of a HIS that speaks none;
what the internet hospital creates goes back.
"""

from __future__ import annotations

from conformance.harness.check import Suite, check
from conformance.harness.run import Run
from conformance.suites.exchange import (
    answers,
    delivery,
    dropped,
    orders,
    people,
    polled,
    services,
    shared_documents,
    told_back,
    visits,
)
from conformance.suites.exchange.hospital import declared as declares

SUITE = Suite("exchange_his", zh="与 HIS 的数据交换", en="Exchange with the HIS")
PARTS = (answers, people, visits, orders, delivery, polled, services, shared_documents, dropped, told_back)


@check("CQ49-3.4b", zh="有与 HIS 交换数据的接口", en="there is a door to exchange data with the HIS")
def declared(run: Run) -> None:
    """Look at what the target declares."""
    declares(run, "his")
