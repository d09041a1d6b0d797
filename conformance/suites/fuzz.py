"""Fuzz: resources, requests and messages that went wrong, drawn from the run's seed.

Nothing here knows what a target should say to one of them. It holds for all: never 5xx, an OperationOutcome
with each 4xx, in time; what is taken is read back as it was sent and is valid R4; a door answers and goes on.
``hypothesis`` draws them; where it is not installed, the suite is skipped by that name.
"""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.fuzzing import doors, requests, resources

SUITE = Suite("fuzz", zh="模糊测试", en="Fuzzing")
PARTS = (resources, requests, doors)
