"""``qiao conformance compare``: what differs between two runs; exit code 3 where something new fails."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.command.printed import Stopped, as_json, line
from conformance.command.words import language, said
from conformance.result.compare import compare
from conformance.result.difference_text import text
from conformance.result.model import Result, load
from conformance.result.refused import Refused

WORSE = 3


def run(options: argparse.Namespace) -> int:
    """Print the difference."""
    found = compare(read(options.a), read(options.b))
    if options.json:
        as_json(found.to_json())
    else:
        line(text(found, language()).rstrip())
    return WORSE if found.worse else 0


def read(path: Path) -> Result:
    """Return the result of a report's folder, or of a ``result.json``. Raises :class:`Stopped`."""
    try:
        return load(path / "result.json" if path.is_dir() else path)
    except Refused as error:
        why = said(error.reason)
        raise Stopped(why if why.startswith(str(path)) else f"{path}: {why}") from None
    except OSError as error:
        raise Stopped(f"{path}: {error.strerror}") from None
