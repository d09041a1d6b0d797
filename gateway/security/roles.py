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
    "transaction",
    "subscribe",
    "export",
    "import",
    "other",
]
"""What a request needs: the interactions of R4 §3.1.0 in groups.

``read`` also is vread; ``operations`` are those that only read ($validate, $everything, $lastn);
``transaction`` also is batch; ``subscribe`` is whatever concerns a client's own subscriptions; ``other`` is
what no table names.
"""

Role = Literal["read", "write", "regulator", "operator"]
"""What a client is."""

_READ: frozenset[Right] = frozenset(("read", "search", "terminology", "operations", "history"))
"""Whoever may read a resource may read what it was: ``read`` is vread too."""

ROLES: Mapping[Role, frozenset[Right]] = {
    "read": _READ,
    "write": _READ | {"write", "transaction", "subscribe"},
    "regulator": _READ | {"subscribe", "export"},
    "operator": frozenset(typing.get_args(Right)),
}
"""Role → its rights."""


def roles_with(right: Right) -> list[Role]:
    """Return the roles that have a right, the least of them first."""
    return [role for role, rights in ROLES.items() if right in rights]
