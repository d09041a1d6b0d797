"""What the store takes and gives: Receive, Settle and Written; Version, Page and the inbox rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.canonical import (
    Envelope,
    Issue,
    NotUnderstood,
    Outcome,
    Quarantined,
    Refused,
    Resource,
    Translation,
)
from gateway.errors import Rejected
from gateway.store.view import ALL, View

State = Literal["received", "stored", "quarantined", "refused", "rejected"]
"""Where a message stands: only ``received`` is unfinished.

Its sender is rid of what is ``stored`` or ``quarantined``, and has to mend what is ``refused`` (breaks a
rule, AE) or ``rejected`` (not understood, AR).
"""


@dataclass(slots=True)
class Receive:
    """Keep an envelope's bytes, before anybody looks at them.

    Attributes:
        envelope: what came in.
        control_id: the sender's own number (MSH-10), ``""`` where it could not be read.
        digest: of the content apart from MSH-7.
        repeat_key: 64-bit number under which a repeat is looked for (signed or unsigned).
    """

    envelope: Envelope
    control_id: str
    digest: bytes
    repeat_key: int


@dataclass(slots=True)
class Settle:
    """End a received message: write its resources, or the reason why there are none.

    Attributes:
        envelope: the one that was received; a row that is already settled is settled anew (replay).
        outcome: a Translation becomes ``Stored``, or ``Quarantined`` where the store must refuse it.
        answer: makes the bytes for the sender from the final Outcome; called inside the transaction.
        keeps: a replay of many: what newer messages have said since stays (``spare.py``), and a message
            that is stored stays so where this new end would only quarantine it.
    """

    envelope: Envelope
    outcome: Translation | Quarantined | Refused | NotUnderstood
    answer: Callable[[Outcome], bytes]
    keeps: bool = False


@dataclass(slots=True)
class Written:
    """What became of one item of a batch, in the batch's order.

    Attributes:
        envelope_id: of the item.
        outcome: None for a Receive that went well; a Receive that could not be kept is ``Refused``.
        answer: the committed bytes for the sender; None for a Receive.
    """

    envelope_id: str
    outcome: Outcome | None = None
    answer: bytes | None = None


Method = Literal["create", "update", "patch", "delete"]
ANY_VERSION = -1
"""``Change.if_match``: whatever version is the current one, as long as there is one (RFC 9110 §13.1.1)."""


@dataclass(slots=True)
class Change:
    """One interaction that changes a resource (R4 §3.1.0.4 to §3.1.0.8).

    Attributes:
        method: what is done.
        type: resource type.
        id: logical id; ``""`` where the server gives one (create) or the condition finds it.
        body: the resource of a create or update, checked already; the store sets its ``id`` and ``meta``.
        patch: of a patch: makes the new resource from the current one.
        if_match: ``versionId`` that must be the current one, or ``ANY_VERSION``; else ``precondition`` (412).
        if_none_match: an update must not meet an existing resource (``If-None-Match: *``).
        condition: search parameters of a conditional interaction, decoded; None: it has none.
        many: a conditional delete may delete several.
        full_url: of the entry in a transaction, which other entries refer to; ``""`` for none.
    """

    method: Method
    type: str
    id: str = ""
    body: Resource | None = None
    patch: Callable[[Resource], Resource] | None = None
    if_match: int | None = None
    if_none_match: bool = False
    condition: tuple[tuple[str, str], ...] | None = None
    many: bool = False
    full_url: str = ""


@dataclass(slots=True)
class Transact:
    """Changes that are made together or not at all; a single interaction is one change.

    Attributes:
        tenant: whose resources.
        source: who wrote it, kept with each version (a request id or a client; no patient data).
        changes: in the order of the request; the store processes them in that of R4 §3.1.0.11.2.
        base: the server's own base URL, taken off absolute references.
        size: bytes of the request, for the admission to the pipeline; 0: not known.
        view: what the client may know of; its conditions find nothing else.
    """

    tenant: str
    source: str
    changes: list[Change]
    base: str = ""
    size: int = 0
    view: View = field(default_factory=lambda: ALL)


@dataclass(slots=True)
class Result:
    """What became of one change.

    Attributes:
        status: ``unchanged``: the content was the same, no new version; ``none``: nothing matched a
            conditional delete, or the resource was deleted already.
        version: the version that now is current (a tombstone after a delete); None for status ``none``.
        deleted: how many a conditional delete took.
    """

    status: Literal["created", "updated", "unchanged", "deleted", "none"]
    version: Version | None = None
    deleted: int = 0


@dataclass(slots=True)
class Transacted:
    """What became of a Transact: all results in the order of its changes, or the fault of one.

    Attributes:
        error: why nothing was written; None where all was.
        at: index of the change at fault.
    """

    results: list[Result] = field(default_factory=list)
    error: Rejected | None = None
    at: int = 0


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
class Version:
    """One version of a resource.

    Attributes:
        type: resource type.
        id: logical id.
        ver: ``meta.versionId``, counted from 1 without gaps.
        seq: place in the tenant's commit order.
        ts_us: ``meta.lastUpdated``, microseconds since 1970-01-01T00:00:00Z.
        deleted: a tombstone; ``body`` is empty then.
        body: FHIR JSON as it is answered.
    """

    type: str
    id: str
    ver: int
    seq: int
    ts_us: int
    deleted: bool
    body: bytes


@dataclass(slots=True)
class Page:
    """One page of a search.

    Attributes:
        matches: newest first, or as ``_sort`` says.
        included: what ``_include`` and ``_revinclude`` add, each once, never one of ``matches``.
        more: there is a next page.
        cursor: opaque; fetches the next page of the same snapshot. None on the last page.
        total: by ``_total``; None where it was not asked for.
        warnings: what a lenient search left out, a sentence each with the parameter's name in front.
        used: the parameters that were processed, as they came and in their order, without ``_cursor``:
            what the self link says (R4 §3.1.1.3.1).
        ts_us: ``lastUpdated`` of the snapshot: whatever comes later has a later one.
    """

    matches: list[Version]
    more: bool = False
    included: list[Version] = field(default_factory=list)
    cursor: str | None = None
    total: int | None = None
    warnings: list[str] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    ts_us: int = 0


@dataclass(slots=True)
class HistoryPage:
    """One page of a history (R4 §3.1.0.13).

    Attributes:
        versions: newest first, or in commit order where that was asked for; tombstones included.
        cursor: opaque; fetches the next page. In commit order it is there on the last page too: what is
            committed later follows it, nothing missed and nothing twice.
        more: there is a next page now.
        total: versions of the whole history as of the snapshot; None where counting would cost too much.
        ts_us: ``lastUpdated`` of the snapshot: whatever comes later has a later one.
        created: ``seq`` of the versions that made their resource, or made it anew after its deletion.
    """

    versions: list[Version]
    cursor: str | None = None
    more: bool = False
    total: int | None = None
    ts_us: int = 0
    created: frozenset[int] = frozenset()


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
