"""Records: made for every visit, whole, kept as long as they must be, sealed and handed on under control."""

from __future__ import annotations

from pathlib import Path

from conformance.harness.check import Suite, checks
from conformance.harness.gate.case import Gate, read
from conformance.harness.gate.judged import hold
from conformance.harness.run import Run
from conformance.suites.records import custody, keeping, making, uploaded
from conformance.suites.supervision import acts, pulled, sealing, whole

SUITE = Suite("records_and_retention", zh="病历与保存", en="Records and how long they are kept")
PARTS = (making, keeping, custody, uploaded, sealing, acts, pulled, whole)


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)
