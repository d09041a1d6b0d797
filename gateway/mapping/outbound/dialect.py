"""Dialect: how the system that receives says things, from the profile of the same system as a sender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.mapping.codes import Table
from gateway.mapping.outbound.backwards import Backwards
from gateway.mapping.senders import Profile

_NOT_KINDS = frozenset(("staff", "organization", "department", "prescription", "specimen"))
"""Registers in a profile whose name is no code of an identifier's type."""


@dataclass(slots=True)
class Dialect:
    """What is particular to who receives.

    Attributes:
        zone: in which its times stand, ``"+08:00"``.
        kinds: URI of a register of numbers → what it calls that kind (``MR``).
        namespaces: URI → its own name of an authority or code system.
        coding_systems: URI of a code system → its name in v2-0396.
        tables: code tables of the way in.
        register: URI of the register whose numbers of patients are told; ``""``: of those that it knows
            by a kind before others.
    """

    zone: str = "+08:00"
    kinds: Mapping[str, str] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)
    coding_systems: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    backwards: dict[str, Backwards] = field(default_factory=dict)
    register: str = ""


def dialect_of(profile: Profile, tables: Mapping[str, Table], register: str = "") -> Dialect:
    """Return the dialect of a receiver.

    Args:
        profile: of the system, as a sender (``mappings/senders``).
        tables: code tables of the way in.
        register: whose numbers of patients it is told, see :class:`Dialect`.
    """
    kinds: dict[str, str] = {}
    for kind, uri in profile.systems.items():
        kinds.setdefault(uri, "" if kind in _NOT_KINDS else kind)
    systems: dict[str, str] = {}
    if (table := tables.get("coding-systems")) is not None:
        for name, entry in table.entries.items():
            systems.setdefault(entry.code, name)
    spaces = {uri: name for name, uri in reversed(list(profile.namespaces.items()))}
    return Dialect(profile.zone, kinds, spaces, systems, tables, register=register)
