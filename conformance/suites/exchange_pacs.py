"""Exchange with PACS/RIS: orders and reports go in as HL7 v2, FHIR comes out; DICOM where it is declared."""

from __future__ import annotations

from conformance.harness.check import Suite, check
from conformance.harness.run import Run
from conformance.suites.exchange import imaging_reports, modality, tele
from conformance.suites.exchange.hospital import declared as declares

SUITE = Suite(
    "exchange_pacs", zh="与 PACS/RIS 的数据交换及远程诊断", en="Exchange with PACS/RIS, and telemedicine"
)
PARTS = (imaging_reports, modality, tele)


@check(
    "CQ49-3.4b", zh="有与 PACS/RIS 交换数据的接口", en="there is a door to exchange data with the PACS/RIS"
)
def declared(run: Run) -> None:
    """Look at what the target declares."""
    declares(run, "pacs")
