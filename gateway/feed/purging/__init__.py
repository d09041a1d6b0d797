"""Purging: documents whose time is over are taken away for good; hash and tombstone stay (docs/ledger.md).

A plan is drawn beside the writer, since it looks through the ledger. The act is one write transaction, which
makes sure that the plan is still true and that the rules allow it (event ``purge``: SC-34, SC-35).
"""

from gateway.feed.purging.act import Purged, purge
from gateway.feed.purging.plan import Plan, draw, draw_all
from gateway.feed.purging.retention import RECORDS, Retention

__all__ = ["RECORDS", "Plan", "Purged", "Retention", "draw", "draw_all", "purge"]
