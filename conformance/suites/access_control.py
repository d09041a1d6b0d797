"""Access control: who may see and do what (CQ49 3(4), NATA 4(4); NAT 21, SC 34 and 40)."""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.access import matrix, patients, sealed

SUITE = Suite("access_control", zh="访问控制", en="Access control")
PARTS = (matrix, patients, sealed)
