"""The tables of the store, a file for each subject, declared with SQLModel; driver SQL writes them.

A change of them is a new ``SCHEMA_VERSION`` and a script in ``migrations/versions``.
"""

from __future__ import annotations

from gateway.store.tables import (
    delivery,
    export,
    inbox,
    meta,
    posting,
    reconciliation,
    regulator,
    subscription,
    supervised_business,
    version,
)
from gateway.store.tables.version import TENANT_SHIFT

__all__ = ["SCHEMA_VERSION", "TABLES", "TENANT_SHIFT"]

SCHEMA_VERSION = 6

TABLES = [
    *meta.TABLES,
    *version.TABLES,
    *posting.TABLES,
    *inbox.TABLES,
    *subscription.TABLES,
    *export.TABLES,
    *regulator.TABLES,
    *reconciliation.TABLES,
    *delivery.TABLES,
    *supervised_business.TABLES,
]
"""What an empty store gets; named, so that no other module's model slips in."""
