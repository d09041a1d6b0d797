"""Dialect: how the system that receives says things, from the profile of the same system as a sender."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.mapping.codes import Table
from gateway.mapping.outbound.speech import Dialect
from gateway.mapping.senders import Profile

_NOT_KINDS = frozenset(("staff", "organization", "department", "prescription", "specimen"))
"""Registers in a profile whose name is no code of an identifier's type."""


def dialect_of(profile: Profile, tables: Mapping[str, Table]) -> Dialect:
    """Return the dialect of a receiver.

    Args:
        profile: of the system, as a sender (``mappings/senders``).
        tables: code tables of the way in.
    """
    kinds: dict[str, str] = {}
    for kind, uri in profile.systems.items():
        kinds.setdefault(uri, "" if kind in _NOT_KINDS else kind)
    systems: dict[str, str] = {}
    if (table := tables.get("coding-systems")) is not None:
        for name, entry in table.entries.items():
            systems.setdefault(entry.code, name)
    spaces = {uri: name for name, uri in reversed(list(profile.namespaces.items()))}
    return Dialect(profile.zone, kinds, spaces, systems, tables)
