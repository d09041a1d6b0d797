"""Finds what a conditional interaction means, inside the transaction that acts on it (R4 §3.1.0.4.3)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gateway.store.clock import tenant_number
from gateway.store.search import query
from gateway.store.search.budget import Allowance
from gateway.store.search.parse import Reader
from gateway.store.search.sight import Sight
from gateway.store.tables import TENANT_SHIFT
from gateway.store.view import ALL, View


def find(
    connection: Connection,
    tenant: str,
    type_: str,
    pairs: Sequence[tuple[str, str]],
    limit: int = 2,
    *,
    zone: str = "+08:00",
    base: str = "",
    view: View = ALL,
    allowance: Allowance | None = None,
) -> list[str]:
    """Return the ids of current resources that fulfil the criteria, newest first, at most ``limit``.

    It sees what its own transaction has written, once the rows and their postings are inserted.

    Args:
        connection: the writer's, inside its transaction.
        tenant: whose resources.
        type_: resource type.
        pairs: decoded (name, value) of the criteria; those that shape an answer mean nothing here.
        limit: how many ids tell enough: 2 tell "several".
        zone: in which dates without a zone are read.
        base: the server's own base URL, taken off absolute references.
        view: what the client may know of.
        allowance: what the conditions of the transaction may still work together.

    Raises:
        Rejected: an unknown parameter, or a value that it cannot take; ``where`` names it. ``too-costly``:
            no posting narrows the search, or the transaction's conditions need too much work.
    """
    asked = query.read([type_], pairs, Reader(zone, base))
    number = tenant_number(connection, tenant)
    if number is None:
        return []
    last = ((number + 1) << TENANT_SHIFT) - 1
    allowance = allowance or Allowance()
    with allowance.search():
        found = Sight(connection, number, last, allowance, view).some(type_, asked.filters[type_], limit)
    return [each.id for each in found]
