"""``qiao conformance sign``: a further signature under a report: who reviewed it, who is responsible."""

from __future__ import annotations

import argparse

from conformance.command.printed import Stopped, as_json, line
from conformance.command.words import said
from conformance.command.written import signing_key
from conformance.seal import SealRefused, sign_again


def run(options: argparse.Namespace) -> int:
    """Add the signature and print it."""
    try:
        made = sign_again(options.folder, signing_key(options.key), options.role, signer=options.who)
    except SealRefused as error:
        raise Stopped(said(error.words)) from None
    except OSError as error:
        raise Stopped(f"{options.folder}: {error.strerror}") from None
    if options.json:
        as_json(made)
    else:
        line(f"{made['role']} {made['signer']} {made['when']} {made['fingerprint']}")
    return 0
