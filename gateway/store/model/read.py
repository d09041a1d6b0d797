"""Read: what is read of resources: Version, and the pages of searches and histories."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.store.method import Method


@dataclass(slots=True)  # a frozen one takes twice the time to make, and a page has a thousand
class Version:
    """One version of a resource.

    Attributes:
        type: resource type.
        id: logical id.
        ver: ``meta.versionId``, counted from 1 without gaps.
        seq: place in the tenant's commit order.
        ts_us: ``meta.lastUpdated``, microseconds since 1970-01-01T00:00:00Z.
        method: the interaction that made it.
        body: FHIR JSON as it is answered; empty where it is a tombstone.
    """

    type: str
    id: str
    ver: int
    seq: int
    ts_us: int
    method: Method
    body: bytes

    @property
    def deleted(self) -> bool:
        """Whether it is a tombstone."""
        return self.method == "delete"


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
