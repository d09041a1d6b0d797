"""The trace: the whole service can be followed, and nothing changes unseen (渝卫发〔2019〕49号 annex 3)."""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.audit import changing, ledger
from conformance.suites.supervision import proof, pulled, trace, whole

SUITE = Suite("audit_trail", zh="全程留痕、可追溯", en="The trace of the service")
PARTS = (ledger, changing, trace, whole, proof, pulled)
