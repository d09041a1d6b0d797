"""Limits: how much of one DICOM object is kept in memory, whatever its sender declares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Limits:
    """What a scan of one object keeps at most.

    Attributes:
        header: bytes of all values that are kept; more is ``Rejected``.
        value: bytes of one value of text or numbers; a longer one is left out and told.
        bulk: the same of values without a form (OB, OW, OF, OD, OL, OV, UN): pixels, curves, documents.
        depth: sequences within sequences.
        elements: elements of one object, those of items included.
    """

    header: int = 16 << 20
    value: int = 64 << 10
    bulk: int = 1024
    depth: int = 32
    elements: int = 200_000


LIMITS = Limits()
"""Those of a door that says nothing else."""
