"""``qiao convert``: HL7 v2, CDA and tables → one FHIR Bundle per message and line, offline."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gateway.cli.output import Commands, add_config, at_least_one, notice, progress, read_settings
from gateway.cli.words import say, say_fault, say_reason
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.cli.conversion import Converted
    from gateway.cli.gather import Stray, Tables
    from gateway.settings import Settings

MODES = ("off", "report", "strict")
"""What becomes of a message whose resources break a rule of R4."""

TYPES = ("transaction", "collection", "message", "document")
"""Types of the Bundles."""

SHOWN = 20
"""Paths that nobody reads, in the line that tells of them; ``--json`` has them all."""

BASE = "http://127.0.0.1:8080/fhir"
"""Where ``qiao serve`` answers unless it is told otherwise."""


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("convert", help=say("convert"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    parser.add_argument("-o", "--output", metavar="OUT", default="-", help=say("convert.output"))
    parser.add_argument("--as", dest="form", default="transaction", choices=TYPES, help=say("convert.as"))
    parser.add_argument("--source", action="store_true", help=say("convert.source"))
    parser.add_argument("--validate", default="", choices=MODES, help=say("convert.validate"))
    parser.add_argument("--view", metavar="NAME", default="", help=say("convert.view"))
    parser.add_argument("--pattern", metavar="FILE", default="", help=say("convert.pattern"))
    parser.add_argument("--sender", metavar="NAME", default="", help=say("convert.sender"))
    parser.add_argument("--trace", action="store_true", help=say("convert.trace"))
    parser.add_argument("--jobs", type=at_least_one, default=1, metavar="N", help=say("convert.jobs"))
    parser.add_argument("--base", default=BASE, metavar="URL", help=say("convert.base"))
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    add_config(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Convert; 1 if a message could not be. Figures go to stdout, to stderr where the bundles go there."""
    from gateway.cli import gather
    from gateway.cli.conversion import Plan, convert

    output = None if options.output == "-" else Path(options.output)
    if options.trace and not output:
        raise Misconfigured(say("convert.trace.where"), where="--trace")
    if options.source and options.form == "transaction":
        raise Misconfigured(say("convert.source.where"), where="--source")
    began = time.monotonic()
    settings = read_settings(options)
    base = options.base.rstrip("/")
    form, source = options.form, options.source
    plan = Plan(settings, options.sender, base, options.trace, options.maps, form, source, options.validate)
    suffixes, tables = _tables(options, settings)
    size = gather.total_bytes(options.files, suffixes)  # first: a missing file must not cost the last output
    total = _Total(output)
    with total, progress(say("convert.progress"), size) as advance:
        items = gather.messages(options.files, total.pass_over, suffixes, tables)
        for part in convert(gather.with_samples(gather.with_documents(items)), plan, options.jobs):
            total.add(part)
            advance(part.bytes)
    _report(total, round(time.monotonic() - began, 3), as_json=options.json)
    return 1 if total.quarantined else 0


def _tables(
    options: argparse.Namespace, settings: Settings
) -> tuple[Collection[str], Callable[[Path], Tables | None]]:
    """Return which files of a folder are read, and what reads those that are tables."""
    from gateway.cli import gather, tables

    asked = bool(options.view or options.pattern)
    read = cache(lambda: tables.reader(settings, options.maps, options.pattern, options.view))
    suffixes = gather.SUFFIXES | tables.SUFFIXES if asked else gather.SUFFIXES
    return suffixes, lambda path: read() if asked or path.suffix.lower() in tables.SUFFIXES else None


class _Total:
    """The output files, and the figures over everything.

    ``OUT.quarantine.ndjson``, ``OUT.issues.ndjson``, ``OUT.trace.ndjson`` and ``OUT.account.ndjson`` are made
    when their first line comes; those of an earlier run go away.
    """

    def __init__(self, output: Path | None) -> None:
        self.messages = self.quarantined = self.stray = 0
        self.resources: Counter[str] = Counter()
        self.unmapped: Counter[str] = Counter()
        self.issues: Counter[str] = Counter()
        self.account: Counter[str] = Counter()
        self.output = output
        self._open: dict[str, BinaryIO] = {}
        self._files = ExitStack()

    def __enter__(self) -> _Total:
        self._bundles: BinaryIO = sys.stdout.buffer
        if self.output:
            self._bundles = self._create(self.output)
            for kind in ("quarantine", "issues", "trace", "account"):
                self._beside(kind).unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._bundles.flush()
        self._files.close()

    def add(self, part: Converted) -> None:
        """Write one run of messages and count it."""
        from gateway.canonical.json import dumps

        self.messages += part.messages
        self.quarantined += len(part.quarantined)
        self.resources += part.resources
        self.unmapped += part.unmapped
        self.issues += part.issues
        self.account.update(part.account)
        self._bundles.write(part.bundles)
        if part.traces:
            self._file("trace").write(part.traces)
        if part.accounts:
            self._file("account").write(part.accounts)
        if part.remarks and self.output:
            self._file("issues").write(part.remarks)
        for line in part.quarantined:
            if self.output:
                self._file("quarantine").write(dumps(line) + b"\n")
            else:
                text = "; ".join(say_fault(one) for one in str(line["text"]).split("; "))
                reason = f"{say_reason(str(line['reason']))} {text}".strip()
                notice(say("convert.quarantined", file=line["file"], index=line["message"], reason=reason))

    def pass_over(self, stray: Stray) -> None:
        """Count the lines of one file that are no message, and tell of them."""
        from gateway.cli.gather import tell

        self.stray += stray.lines
        tell(stray)

    def _file(self, kind: str) -> BinaryIO:
        if kind not in self._open:
            self._open[kind] = self._create(self._beside(kind))
        return self._open[kind]

    def _create(self, path: Path) -> BinaryIO:
        try:
            return self._files.enter_context(path.open("wb"))
        except OSError as error:
            raise Misconfigured(f"cannot be written: {error.strerror}", where=str(path)) from None

    def _beside(self, kind: str) -> Path:
        assert self.output is not None
        return self.output.with_name(f"{self.output.name.removesuffix('.ndjson')}.{kind}.ndjson")


def _report(total: _Total, seconds: float, *, as_json: bool) -> None:
    import json

    stream = sys.stdout if total.output else sys.stderr
    figures = {
        "messages": total.messages,
        "converted": total.messages - total.quarantined,
        "quarantined": total.quarantined,
        "stray": total.stray,
        "resources": dict(sorted(total.resources.items())),
        "unmapped": dict(total.unmapped.most_common()),
        "issues": dict(total.issues.most_common()),
        **({"account": dict(total.account)} if total.account else {}),
        "seconds": seconds,
    }
    print(json.dumps(figures) if as_json else say("convert.done", **figures), file=stream)
    if total.unmapped and not as_json:
        print(say("convert.unread", listed=_listed(total.unmapped)), file=stream)
    if total.issues and not as_json:
        print(say("convert.issues", count=total.issues.total()), file=stream)


def _listed(unread: Counter[str]) -> str:
    listed = ", ".join(f"{path} {count}" for path, count in unread.most_common(SHOWN))
    return f"{listed}, …" if len(unread) > SHOWN else listed
