"""Writes a report: result, pages, forms for machines, and at last the manifest that covers all of it."""

from __future__ import annotations

from pathlib import Path

from conformance.command.printed import notice
from conformance.command.words import said, say
from conformance.result.model import Result, save
from conformance.result.proof import carry


def write(result: Result, folder: Path, *, key: Path | None, pdf: bool, attested: Path) -> None:
    """Write everything that a report's folder has.

    Args:
        key: private key of the manifest, else the user's own.
        attested: folder of the register of attestations, whose evidence comes along.
    """
    carry(result.attestations, attested, folder)
    save(result, folder)


__all__ = ["notice", "said", "say", "write"]
