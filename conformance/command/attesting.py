"""``qiao conformance attest``: writes down what somebody saw in documents or on site."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from conformance.command.printed import Stopped, as_json, line
from conformance.command.running import the_catalogue
from conformance.command.words import said
from conformance.result.attest import add
from conformance.result.model import Attestation, Method, State
from conformance.result.refused import Refused


def run(options: argparse.Namespace) -> int:
    """Keep one attestation with its files."""
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    made = Attestation(
        options.requirement, Method(options.method), State(options.finding), options.who, options.role,
        options.when or today.isoformat(), options.until, options.note,
    )  # fmt: skip
    try:
        kept = add(options.attestations, made, options.evidence, the_catalogue(), today)
    except Refused as error:
        raise Stopped(said(error.reason)) from None
    except OSError as error:
        raise Stopped(f"{options.attestations}: {error.strerror}") from None
    if options.json:
        as_json(kept.to_json())
    else:
        line(f"{kept.requirement} {said(kept.finding.words)} {kept.who} {kept.when}")
        for one in kept.evidence:
            line(f"  {one.sha256}  {one.file}")
    return 0
