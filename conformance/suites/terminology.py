"""Terminology: the unified codings (CQ18 items 2 and 20, NATA 1), and the terminology operations of R4."""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.terms import codings, operations

SUITE = Suite("terminology", zh="术语与统一编码", en="Terminology and unified codings")
PARTS = (codings, operations)
