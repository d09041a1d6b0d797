"""Roles: the table of who may do what (docs/security.md prints the same)."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Literal

Right = Literal[
    "read",
    "search",
    "terminology",
    "operations",
    "history",
    "write",
    "visit",
    "serials",
    "transaction",
    "subscribe",
    "feed",
    "feedback",
    "export",
    "import",
    "purge",
    "doors",
    "other",
]
"""What a request needs: the interactions of R4 §3.1.0 in groups.

``read`` also is vread; ``operations`` are those that only read ($validate, $everything, $lastn, $match);
``visit`` is whatever moves a document of an internet visit ($submit, $review, ...); ``serials`` are those
that a platform gives; ``transaction`` also is batch;
``feed`` is the ledger, its proofs and countersignatures;
``feedback`` is what else passes between a hospital and its regulator: counts, findings, answers, evidence;
``doors`` is how the ways in of the process stand;
``subscribe`` is whatever concerns a client's own subscriptions; ``other`` is what no table names.
"""

Role = Literal["read", "write", "regulator", "operator", "patient"]
"""What a client is; ``patient``: it reads one patient's own record (``gateway/api/patient_access.py``)."""

_READ: frozenset[Right] = frozenset(("read", "search", "terminology", "operations", "history"))
"""Whoever may read a resource may read what it was: ``read`` is vread too."""

ROLES: Mapping[Role, frozenset[Right]] = {
    "read": _READ,
    "write": _READ | {"write", "visit", "feedback", "transaction", "subscribe"},
    "regulator": _READ | {"subscribe", "feed", "feedback", "export", "serials"},
    "operator": frozenset(typing.get_args(Right)),
    "patient": frozenset(("read", "search", "operations")),
}
"""Role → its rights."""


def roles_with(right: Right) -> list[Role]:
    """Return the roles that have a right for all of a tenant, the least of them first."""
    return [role for role, rights in ROLES.items() if right in rights and role != "patient"]
