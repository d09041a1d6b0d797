"""Questions: what answers those that come through a door, wired from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.api.read_trail import ReadTrail, shown_of
from gateway.mapping import Maps
from gateway.mapping.asked import load_queries
from gateway.mapping.outbound import OutMaps
from gateway.pipeline.asking import Asking, Note
from gateway.security import Caller
from gateway.settings import Settings
from gateway.spec import Question
from gateway.store import Store, Version


def asking(settings: Settings, store: Store, maps: Maps, trail: ReadTrail | None) -> Asking:
    """Return what answers questions. Raises ``Misconfigured``: a query is wrong."""
    root = Path(settings.mapping.root) if settings.mapping.root else None
    return Asking(store, maps, load_queries(OutMaps(frozenset(maps.tables)), root), noting(trail))


def noting(trail: ReadTrail | None) -> Note:
    """Return what puts on record what a question is shown, as a read by its door."""

    def note(question: Question, shown: Sequence[Version], query: str) -> None:
        if trail is None or not trail.wants(question.tenant):
            return
        client = ":".join(filter(None, (question.adapter, question.asker)))
        trail.note(Caller(client, question.tenant, "read"), "search", (), shown_of(shown), query)

    return note
