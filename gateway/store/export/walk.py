"""Walks through the snapshot of a job, type by type and from new to old, and finds what its files hold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.store import supervised_business
from gateway.store.clock import tenant_number
from gateway.store.export import filters, slices
from gateway.store.export.asked import Part
from gateway.store.export.job import Job
from gateway.store.export.members import members_of, targets
from gateway.store.search.lately import MOST_FAR, Lately
from gateway.store.session import Session
from gateway.store.types import TYPES
from gateway.store.view import SUPERVISED, View

SCAN = 20_000
"""Versions that a step looks at where their postings and bodies are not needed."""
FEW = 20
"""Patients whose resources are found one patient after the other; of more, by looking at all there are."""
READ = 2_000
"""Versions that a step looks at where their bodies are."""


class Walk:
    """The walk of one job; what it needs to know of the patients is looked up once."""

    def __init__(self, session: Session, zone: str, job: Job) -> None:
        self._session = session
        self._zone = zone
        self._job = job
        self._lately: Lately[Any] = Lately(MOST_FAR)
        with session.reading() as connection:
            self._number = tenant_number(connection, job.tenant) or 0
            self._members = members_of(connection, self._number, job)

    def step(self, part: Part, position: int) -> tuple[list[int], int]:
        """Return what the next step finds, newest first, and where to go on; ``job.since`` at the end."""
        kind, type_ = part
        if self._members is not None and self._members.nobody:
            return [], self._job.since
        with self._session.reading() as connection:
            if kind == "deleted":
                seqs, place = self._deleted(connection, type_, position)
            elif searches := self._searches(type_):
                return self._filtered(connection, type_, searches, position)
            else:
                seqs, place = self._all(connection, type_, position)
            return self._supervised(connection, seqs), place

    def _view(self) -> View:
        """Return what the searches of the job may know of."""
        asked = self._job.asked
        all_: View = dict.fromkeys(TYPES, SUPERVISED) if asked.supervised else {}
        return {**all_, **dict.fromkeys(asked.closed)}

    def _supervised(self, connection: Connection, seqs: list[int]) -> list[int]:
        if not self._job.asked.supervised or not seqs:
            return seqs
        mine = supervised_business.of_seqs(connection, self._number, seqs)
        return [seq for seq in seqs if seq in mine]

    def _searches(self, type_: str) -> list[filters.Search]:
        """Return the searches that find what is wanted of a type; none: all of it is looked at."""
        asked, members = self._job.asked, self._members
        if told := asked.filters_of(type_):
            return [filters.read(type_, pairs, self._zone, asked.base) for pairs in told]
        few = members.few(FEW) if members else None
        if few is None or type_ == "Provenance":  # that one belongs by what it is about, too
            return []
        return filters.of_patients(type_, few)

    def _all(self, connection: Connection, type_: str, position: int) -> tuple[list[int], int]:
        job = self._job
        limit = SCAN if self._members is None else READ
        seqs, place = slices.seen(connection, type_, job.since, position, job.snapshot, limit)
        if self._members is None or not seqs:
            return seqs, place
        kept: list[int] = []
        for run in slices.groups(slices.lengths_of(connection, seqs)):
            found = slices.bodies(connection, run)
            kept += [seq for seq, body in found if self._belongs(connection, type_, body)]
        return kept[::-1], place

    def _filtered(
        self, connection: Connection, type_: str, searches: list[filters.Search], position: int
    ) -> tuple[list[int], int]:
        job = self._job
        closed = self._view()
        found, place = filters.matches(
            connection, self._number, type_, searches, job.snapshot, position, closed, self._lately
        )
        kept = [
            each.seq for each in found if each.seq > job.since and self._belongs(connection, type_, each.body)
        ]
        return kept, max(place, job.since)

    def _deleted(self, connection: Connection, type_: str, position: int) -> tuple[list[int], int]:
        """Find the deletions that still stand in the snapshot; a resource may have come back since."""
        job = self._job
        seqs, place = slices.deleted(connection, type_, job.since, position, READ)
        kept: list[int] = []
        for tomb in slices.tombstones(connection, seqs):
            last = slices.as_of(connection, self._number, type_, tomb.id, job.snapshot)
            stands = last is not None and last[0] == tomb.seq
            if stands and self._belongs(connection, type_, tomb.before, tomb.id):
                kept.append(tomb.seq)
        return kept[::-1], place

    def _belongs(self, connection: Connection, type_: str, body: bytes, id_: str = "") -> bool:
        """Tell whether a resource belongs to the patients; a Provenance, if what it is about does."""
        members = self._members
        if members is None or (body and members.hold(type_, body, id_)):
            return True
        if type_ != "Provenance":
            return False
        for about, its_id in targets(body):
            seen = slices.as_of(connection, self._number, about, its_id, self._job.snapshot)
            if seen is not None and seen[1] is not None and members.hold(about, seen[1], its_id):
                return True
        return False
