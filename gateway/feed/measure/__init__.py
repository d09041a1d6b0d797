"""Measure: quality figures as FHIR Measures and MeasureReports, computed from the ledger.

docs/reconciliation.md; SC-32.2, YN-41, SC-33; R4 clinical reasoning, Measure/$evaluate-measure. A report of
the same period up to the same head of the ledger is the same bytes, but for its date; it names that head.
"""

from gateway.feed.measure.periods import Period, period_of
from gateway.feed.measure.report import evaluate
from gateway.feed.measure.shipped import Measures, load_measures

__all__ = ["Measures", "Period", "evaluate", "load_measures", "period_of"]
