"""Streams a file of an export: the stored bytes, a bounded part at a time.

Each part is some short reads on a connection that is lent for them alone: a slow reader holds neither a
transaction nor memory beyond one part.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.store.export import slices
from gateway.store.export.job import File, Job
from gateway.store.export.packed import unpack
from gateway.store.session import Session

_WINDOW = 4000
"""Versions whose lengths are looked at together."""


def parts(session: Session, job: Job, file: File) -> Iterator[list[bytes]]:
    """Yield the resources of a file, oldest first, as stored: a list of about a MiB at a time."""
    for window in _windows(session, job, file):
        for seqs in slices.groups(window):
            with session.reading() as connection:
                found = slices.bodies(connection, seqs)
            yield [body for _, body in found if body]  # what was purged meanwhile is gone


def deletions(session: Session, file: File, size: int) -> Iterator[list[slices.Tombstone]]:
    """Yield the deletions of a file, oldest first, ``size`` at a time."""
    seqs = unpack(file.seqs or b"")
    for start in range(0, len(seqs), size):
        with session.reading() as connection:
            found = slices.tombstones(connection, seqs[start : start + size])
        yield found


def _windows(session: Session, job: Job, file: File) -> Iterator[list[tuple[int, int]]]:
    """Yield (seq, bytes) of what is in the file."""
    if file.seqs is not None:
        seqs = unpack(file.seqs)
        for start in range(0, len(seqs), _WINDOW):
            with session.reading() as connection:
                sizes = slices.lengths_of(connection, seqs[start : start + _WINDOW])
            yield sizes
        return
    place = file.low
    while place <= file.high:
        with session.reading() as connection:
            sizes, place = slices.lengths(connection, file.type, place, file.high, job.snapshot, _WINDOW)
        yield sizes
