"""``qiao conformance report``: the reports anew from a ``result.json``, and sealed by whoever does so."""

from __future__ import annotations

import argparse

from conformance.command.comparing import read
from conformance.command.printed import notice
from conformance.command.words import said, say
from conformance.command.written import signing_key, write


def run(options: argparse.Namespace) -> int:
    """Write them."""
    written = write(
        read(options.folder),
        options.folder,
        signing_key(options.key),
        tester=options.who,
        pdf=not options.no_pdf,
    )
    for one in written.notes:
        notice(say("no-pdf-made", why=said(one)))
    notice(say("written", path=options.folder / "index.html"))
    return 0
