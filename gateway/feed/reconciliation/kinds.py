"""Kinds of documents and events that a ledger has, in the order in which they are shown (docs/ledger.md)."""

from __future__ import annotations

KINDS = (
    "visit", "consent", "record", "diagnosis", "prescription", "review", "dispense", "exam", "lab",
    "admission", "transfer", "referral", "evaluation", "adverse-event", "breach", "breach-drill",
    "complaint", "finding", "answer", "evidence", "service", "document",
)  # fmt: skip

EVENTS = (
    "submitted", "effective", "rejected", "cancelled", "corrected", "merged", "remapped", "purged", "closed",
    "reopened", "numbered", "redeemed", "terminated",
)  # fmt: skip
"""Codes of ``urn:qiao:codes:feed-event`` that an entry can have; ``several`` is of messages alone."""
