"""The demo's write-back: what the branch's HIS is owed, and whether its tables hold each entry, once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gateway.cli.demo_settings import BRANCH
from gateway.settings.writeback import PREFIX

if TYPE_CHECKING:
    from gateway.store import Store

HEADERS = ("qiao_visit", "qiao_prescription", "qiao_request")
"""Interface tables that have a row of each entry."""


def told(store: Store) -> dict[str, int]:
    """Return how the write-back stands: told, still open, exceptions."""
    name = f"{PREFIX}{BRANCH}"
    found = next((one for one in store.deliveries.receivers("default") if one.name == name), None)
    counts = {} if found is None else store.deliveries.counts(found)
    behind = 0 if found is None else store.ledger.head("default").size - found.upto
    waiting = counts.get("waiting", 0) + counts.get("sent", 0) + max(behind, 0)
    stuck = sum(counts.get(state, 0) for state in ("refused", "held", "given-up"))
    return {"acknowledged": counts.get("acknowledged", 0), "open": waiting, "exceptions": stuck}


async def checked(store: Store, interface: str) -> dict[str, Any]:
    """Return the write-back with the rows of the HIS's tables, and whether these are the same entries."""
    said = told(store)
    rows = await asyncio.to_thread(_rows, interface)
    whole = (said["open"], said["exceptions"]) == (0, 0) and rows == said["acknowledged"]
    return {**said, "rows": rows, "whole": whole}


def _rows(interface: str) -> int:
    """Return how many entries the tables hold. URL of SQLAlchemy."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    with create_engine(interface, poolclass=NullPool).connect() as connection:
        try:
            counts = [
                connection.execute(text(f"SELECT COUNT(*) FROM {one}")).scalar_one()  # noqa: S608 -- our own names
                for one in HEADERS
            ]
        except SQLAlchemyError:
            return 0
    return sum(counts)
