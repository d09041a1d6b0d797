"""``qiao conformance report``: the reports anew from a ``result.json``, and sealed by whoever does so."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.command.comparing import read
from conformance.command.printed import Stopped, as_json, notice
from conformance.command.words import said, say
from conformance.command.written import signing_key, write
from conformance.result.consistent import contradictions
from conformance.seal import verify
from conformance.seal.manifest import NAME as MANIFEST


def run(options: argparse.Namespace) -> int:
    """Write them. Raises :class:`Stopped`: the folder was edited, or signed by others."""
    result = read(options.folder)
    if against := contradictions(result):
        raise Stopped(say("contradicts", path=options.folder, why="; ".join(map(said, against[:3]))))
    _sealed(options.folder, anew=options.fresh)
    written = write(
        result,
        options.folder,
        signing_key(options.key),
        tester=options.who,
        pdf=not options.no_pdf,
    )
    if options.json:
        as_json({"report": str(options.folder), "fingerprint": written.fingerprint,
                 "notes": [one.as_json() for one in written.notes]})  # fmt: skip
        return 0
    for one in written.notes:
        notice(say("no-pdf-made", why=said(one)))
    notice(say("written", path=options.folder / "index.html"))
    return 0


def _sealed(folder: Path, *, anew: bool) -> None:
    """See that what the report is made of is as it was sealed: a new seal would hide an edit."""
    if not (folder / MANIFEST).exists():
        return
    found = verify(folder)
    data = [
        one
        for one in (*found.changed, *found.missing)
        if one.startswith(("result.json", "evidence/", MANIFEST))
    ]
    if data or found.signature != "good":
        raise Stopped(say("edited", path=folder, why=", ".join(data) or MANIFEST))
    if len(found.signatures) > 1 and not anew:
        raise Stopped(say("signed-by-others", path=folder))
