"""Bulk exports: a snapshot, the slices of it that are its files, and their bytes (Bulk Data Access 2.0).

Nothing is written out: a version never changes, so a file is a range of the snapshot, or a list of sequence
numbers in it, and is read from the store while it is downloaded. What others use:

- ``Exports``: behind ``Store.exports``; starts, advances, describes and cancels jobs, and reads their files.
- ``Asked``: what a client asked for; ``Job`` and ``File``: what became of it.
"""

from gateway.store.export.asked import Asked, Level
from gateway.store.export.exports import Busy, Exports, Limits
from gateway.store.export.job import File, Job
from gateway.store.export.members import types_of
from gateway.store.export.slices import Tombstone

__all__ = ["Asked", "Busy", "Exports", "File", "Job", "Level", "Limits", "Tombstone", "types_of"]
