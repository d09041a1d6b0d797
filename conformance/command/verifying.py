"""``qiao conformance verify``: has a report been changed since it was made."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from conformance.command.printed import Stopped, as_json, line
from conformance.command.words import said, say
from conformance.seal import SealRefused, verify


def run(options: argparse.Namespace) -> int:
    """Print what was found; 1 where the report is not as it was sealed."""
    if not options.folder.is_dir():
        raise Stopped(say("no-folder", path=options.folder))
    try:
        found = verify(options.folder, options.trust or None)
    except SealRefused as error:
        raise Stopped(said(error.words)) from None
    except OSError as error:
        raise Stopped(f"{options.folder}: {error.strerror}") from None
    if options.json:
        as_json({name: value for name, value in asdict(found).items() if name != "signatures"}
                | {"signatures": [{"role": one.role, "signer": one.signer, "when": one.when,
                                   "fingerprint": one.fingerprint} for one in found.signatures]})  # fmt: skip
    else:
        for one in found.said:
            line(said(one))
    return 0 if found.ok else 1
