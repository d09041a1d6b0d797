"""``qiao conformance verify``: has a report been changed since it was made."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from conformance.command.printed import Stopped, as_json, line
from conformance.command.words import said, say
from conformance.harness.words import Words
from conformance.result.consistent import contradictions
from conformance.result.model import load
from conformance.result.refused import Refused
from conformance.seal import SealRefused, Verified, verify


def run(options: argparse.Namespace) -> int:
    """Print what was found; 1 where the report is not as it was sealed, or contradicts itself."""
    if not options.folder.is_dir():
        raise Stopped(say("no-folder", path=options.folder))
    try:
        found = verify(options.folder, options.trust or None)
    except SealRefused as error:
        raise Stopped(said(error.words)) from None
    except OSError as error:
        raise Stopped(f"{options.folder}: {error.strerror}") from None
    against = _against(options.folder)
    if options.json:
        as_json(_said(found, against))
    else:
        for one in (*against, *found.said):
            line(said(one))
    return 0 if found.ok and not against else 1


def _against(folder: Path) -> tuple[Words, ...]:
    """Return in what a result contradicts itself; of one that cannot be read the seal tells."""
    try:
        return contradictions(load(folder))
    except (Refused, OSError):
        return ()


def _said(found: Verified, against: tuple[Words, ...]) -> dict[str, object]:
    signatures = [
        {"role": one.role, "signer": one.signer, "when": one.when, "fingerprint": one.fingerprint}
        for one in found.signatures
    ]
    ok, contradicts = found.ok and not against, [one.as_json() for one in against]
    return {**asdict(found), "ok": ok, "signatures": signatures, "contradictions": contradicts}
