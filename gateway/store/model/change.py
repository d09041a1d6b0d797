"""Change: what the API asks the store to do, and what became of it: Transact and Transacted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gateway.canonical import Resource
from gateway.errors import Ground, Rejected, Retry
from gateway.store.method import Method
from gateway.store.model.read import Version
from gateway.store.view import ALL, View

if TYPE_CHECKING:
    from gateway.store.desk import Desk

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
            Of a patch: what it has made of the version that ``if_match`` names.
        patch: of a patch without a body: makes the new resource from the current one.
        if_match: versions of which one must be the current one, or ``ANY_VERSION``; else ``precondition``
            (412). Empty: whatever is there, or nothing.
        if_none_match: versions of which none may be the current one, or ``ANY_VERSION``; likewise.
        condition: search parameters of a conditional interaction, decoded; None: it has none.
        many: a conditional delete may delete several.
        full_url: of the entry in a transaction, which other entries refer to; ``""`` for none.
    """

    method: Method
    type: str
    id: str = ""
    body: Resource | None = None
    patch: Callable[[Resource], Resource] | None = None
    if_match: frozenset[int] = frozenset()
    if_none_match: frozenset[int] = frozenset()
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
        act: what is done instead of the changes, inside the write transaction; its result is handed back. It
            may be called again where a batch is tried again, so all that it does it does through the desk.
            No governor looks at what it writes.
        caller: who asks, for the governor; the store does not look at it.
        joins: its act links or merges patients: it speaks beside the messages of their senders, whose next
            events are not late for it, and a governor is shown what it has moved.
    """

    tenant: str
    source: str
    changes: list[Change]
    base: str = ""
    size: int = 0
    view: View = field(default_factory=lambda: ALL)
    act: Callable[[Desk], object] | None = None
    caller: object = None
    joins: bool = False


@dataclass(slots=True)
class Result:
    """What became of one change.

    Attributes:
        status: ``unchanged``: the content was the same, no new version; ``none``: nothing matched a
            conditional delete, or the resource was deleted already.
        version: the version that now is current (a tombstone after a delete); None for status ``none``.
        deleted: how many a conditional delete took.
        remarks: what the governor had to say of the resource beside it (:meth:`Desk.tell`).
    """

    status: Literal["created", "updated", "unchanged", "deleted", "none"]
    version: Version | None = None
    deleted: int = 0
    remarks: tuple[Ground, ...] = ()


@dataclass(slots=True)
class Transacted:
    """What became of a Transact: all results in the order of its changes, or the fault of one.

    Attributes:
        error: why nothing was written; None where all was. ``Retry``: of this alone, see ``Retry.first``; the
            pipeline does that and tries again.
        at: index of the change at fault, -1 where the database does not tell.
        answer: what ``Transact.act`` returned.
    """

    results: list[Result] = field(default_factory=list)
    error: Rejected | Retry | None = None
    at: int = 0
    answer: object = None
