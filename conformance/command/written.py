"""Writes a report: result, pages, forms for machines, and at last the manifest that covers all of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conformance.command.printed import Stopped
from conformance.command.words import language, said
from conformance.harness.words import Words
from conformance.report.write import write_all
from conformance.result.model import Result, save
from conformance.result.proof import carry
from conformance.seal import SealRefused, SigningKey, open_key, seal


@dataclass(slots=True, frozen=True)
class Sealed:
    """A report that was written and sealed; ``notes``: what could not be written, and why."""

    fingerprint: str
    notes: tuple[Words, ...]


def signing_key(path: Path | None) -> SigningKey:
    """Return the key that signs manifests. Raises :class:`Stopped`: it cannot be used."""
    try:
        return open_key(path)
    except SealRefused as error:
        raise Stopped(said(error.words)) from None


def write(
    result: Result, folder: Path, key: SigningKey, *, tester: str, pdf: bool, attested: Path | None = None
) -> Sealed:
    """Write everything that a report's folder has. Raises :class:`Stopped`: the disk says no.

    Args:
        tester: who ran it; empty: by hand.
        attested: folder of the register of attestations, whose evidence comes along.
    """
    fingerprint = key.public.fingerprint
    try:
        if attested is not None:
            carry(result.attestations, attested, folder)
        save(result, folder)
        written = write_all(result, folder, language(), tester=tester, key=fingerprint, pdf=pdf)
        seal(folder, key, signer=tester)
    except SealRefused as error:
        raise Stopped(said(error.words)) from None
    except OSError as error:
        raise Stopped(f"{folder}: {error.strerror}") from None
    return Sealed(fingerprint, written.notes)
