"""``qiao convert``: HL7 v2 files → one FHIR transaction Bundle per message and line, offline."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gateway.cli.output import Commands, notice
from gateway.cli.words import say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.cli.conversion import Converted

BASE = "http://127.0.0.1:8080/fhir"
"""Where ``qiao serve`` answers unless it is told otherwise."""


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("convert", help=say("convert"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help=say("convert.output"))
    parser.add_argument("--sender", metavar="NAME", default="", help=say("convert.sender"))
    parser.add_argument("--trace", action="store_true", help=say("convert.trace"))
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help=say("convert.jobs"))
    parser.add_argument("--base", default=BASE, metavar="URL", help=say("convert.base"))
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Convert; 1 if a message could not be. Figures go to stdout, to stderr where the bundles go there."""
    from gateway.cli import gather
    from gateway.cli.conversion import Plan, convert

    if options.trace and not options.output:
        raise Misconfigured(say("convert.trace.where"), where="--trace")
    began = time.monotonic()
    plan = Plan(options.sender, options.base.rstrip("/"), options.trace, options.maps)
    total = _Total(options.output)
    with total, _progress(gather.total_bytes(options.files)) as advance:
        for part in convert(gather.messages(options.files), plan, options.jobs):
            total.add(part)
            advance(part.bytes)
    _report(options, total, round(time.monotonic() - began, 3))
    return 1 if total.quarantined else 0


class _Total:
    """The output files, and the figures over everything.

    ``OUT.quarantine.ndjson`` and ``OUT.trace.ndjson`` are made when their first line comes; those of an
    earlier run go away.
    """

    def __init__(self, output: Path | None) -> None:
        self.messages = self.quarantined = 0
        self.resources: Counter[str] = Counter()
        self.unmapped: Counter[str] = Counter()
        self._output = output
        self._open: dict[str, BinaryIO] = {}
        self._files = ExitStack()

    def __enter__(self) -> _Total:
        for kind in ("quarantine", "trace") if self._output else ():
            self._beside(kind).unlink(missing_ok=True)
        self._bundles: BinaryIO = sys.stdout.buffer
        if self._output:
            self._bundles = self._files.enter_context(self._output.open("wb"))
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
        self._bundles.write(part.bundles)
        if part.traces:
            self._file("trace").write(part.traces)
        for line in part.quarantined:
            if self._output:
                self._file("quarantine").write(dumps(line) + b"\n")
            else:
                reason = f"{line['reason']} {line['text']}".strip()
                notice(say("convert.quarantined", file=line["file"], index=line["message"], reason=reason))

    def _file(self, kind: str) -> BinaryIO:
        if kind not in self._open:
            self._open[kind] = self._files.enter_context(self._beside(kind).open("wb"))
        return self._open[kind]

    def _beside(self, kind: str) -> Path:
        assert self._output is not None
        return self._output.with_name(f"{self._output.name.removesuffix('.ndjson')}.{kind}.ndjson")


def _report(options: argparse.Namespace, total: _Total, seconds: float) -> None:
    import json

    stream = sys.stdout if options.output else sys.stderr
    figures = {
        "messages": total.messages,
        "converted": total.messages - total.quarantined,
        "quarantined": total.quarantined,
        "resources": dict(sorted(total.resources.items())),
        "unmapped": dict(total.unmapped.most_common()),
        "seconds": seconds,
    }
    print(json.dumps(figures) if options.json else say("convert.done", **figures), file=stream)


@contextmanager
def _progress(total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar over the bytes on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(say("convert.progress"), total=total)
        yield lambda size: bar.update(task, advance=size)
