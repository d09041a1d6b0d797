"""Reconciliation: what sources say that they made, what the ledger has, what receivers have.

SC-32, docs/reconciliation.md: per day, kind and receiver, with the differences by serial or local number.
What nobody has stated is ``None``, never zero.
"""

from gateway.feed.reconciliation.compute import reconcile
from gateway.feed.reconciliation.model import Day, Difference, Line, Reconciliation, Standing
from gateway.feed.reconciliation.receivers import check_counts, check_receiver
from gateway.feed.reconciliation.statements import of_csv, of_json, of_parameters

__all__ = [
    "Day",
    "Difference",
    "Line",
    "Reconciliation",
    "Standing",
    "check_counts",
    "check_receiver",
    "of_csv",
    "of_json",
    "of_parameters",
    "reconcile",
]
