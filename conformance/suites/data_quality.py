"""Data quality: what the target has on real patients is complete, coded, referred to rightly, in time.

It looks at a bounded sample of what is there already, never at what this harness wrote; a target without data
is not tested. How many are looked at, and which share must be right, is data: ``data_quality/profile.yaml``.
"""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.quality import coding, completeness, consistency, times, whole

SUITE = Suite("data_quality", zh="数据质量", en="Data quality")
PARTS = (completeness, coding, consistency, times, whole)
