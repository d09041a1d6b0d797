"""Inbox: what is known of messages, and what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gateway.canonical import Envelope, Issue

State = Literal["received", "stored", "quarantined", "refused", "rejected"]
"""Where a message stands: only ``received`` is unfinished.

Its sender is rid of what is ``stored`` or ``quarantined``, and has to mend what is ``refused`` (breaks a
rule, AE) or ``rejected`` (not understood, AR).
"""


class AskRepeat(NamedTuple):
    """What a message that comes again has in common with the one before, and since when that counts."""

    tenant: str
    sender: str
    repeat_key: int
    control_id: str
    digest: bytes
    since_us: int


@dataclass(slots=True, frozen=True)
class Repeat:
    """A message that the store has seen before; ``answer`` is None while it is unfinished."""

    inbox_id: str
    state: State
    answer: bytes | None


@dataclass(slots=True)
class Pending:
    """A received message that was never settled, and how often it has been tried."""

    envelope: Envelope
    attempts: int
    control_id: str


@dataclass(slots=True, frozen=True)
class InboxRow:
    """One line of the inbox: everything but bytes and patient data."""

    id: str
    tenant: str
    adapter: str
    sender: str
    received_us: int
    state: State
    reason: str
    attempts: int
    control_id: str
    map_version: str


@dataclass(slots=True, frozen=True)
class InboxEntry:
    """One message with all that is known of it.

    Attributes:
        row: its line in the list.
        envelope: with the raw bytes.
        answer: what the sender was told; None while unfinished.
        refs: versions that it wrote, at the last settling that wrote any (``"Patient/<id>/_history/<ver>"``).
        issues: remarks of its last settling.
        unmapped: valued source fields that no rule reads, with their count.
        gaps: codes without a map, as (table, code, count).
        lineage: packed rule numbers, see ``gateway.canonical.lineage``.
    """

    row: InboxRow
    envelope: Envelope
    answer: bytes | None
    refs: tuple[str, ...]
    issues: tuple[Issue, ...]
    unmapped: Mapping[str, int]
    gaps: tuple[tuple[str, str, int], ...]
    lineage: bytes


@dataclass(slots=True)
class Kept:
    """A message of the inbox with its bytes, and where it stands."""

    envelope: Envelope
    state: State
    reason: str


@dataclass(slots=True, frozen=True)
class Gap:
    """A code without a map, counted per sender and table."""

    tenant: str
    sender: str
    table: str
    code: str
    count: int


@dataclass(slots=True)
class Counts:
    """What a tenant's store holds now.

    Attributes:
        inbox: messages by state.
        quarantine: quarantined messages by reason.
        resources: current resources by type, deleted ones left out.
    """

    inbox: dict[str, int] = field(default_factory=dict)
    quarantine: dict[str, int] = field(default_factory=dict)
    resources: dict[str, int] = field(default_factory=dict)
