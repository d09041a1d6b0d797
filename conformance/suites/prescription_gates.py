"""Prescription gates: nothing takes effect that the law forbids, and nothing lawful is stopped.

What a document says wrong is data, beside this file; what somebody does wrong is in the parts.
"""

from __future__ import annotations

from pathlib import Path

from conformance.harness.check import Suite, checks
from conformance.harness.gate.case import Gate, read
from conformance.harness.gate.judged import hold
from conformance.harness.run import Run
from conformance.suites.prescriptions import approval, flow, redemption, referral, signatures

SUITE = Suite("prescription_gates", zh="处方与申请单的拦截", en="Gates of prescriptions and requests")
PARTS = (signatures, approval, redemption, flow, referral)


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)
