"""``qiao import``: put NDJSON files into a FHIR server that has $import, or straight into a store.

Every resource is written under its own id, and the same content makes no new version: an import that was cut
off may be repeated, from its beginning or with ``--first``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from gateway.cli.fhir_client import NDJSON, FhirClient, refusal, token_of
from gateway.cli.output import Commands, add_settings, at_least_one, notice, print_json, progress
from gateway.cli.words import language, say
from gateway.errors import Misconfigured, Retry

LINES = 1000
BYTES = 4 << 20
"""What goes in one request at most; a longer line goes alone."""
TRIES = 5
COUNTS = ("created", "updated", "unchanged", "deleted", "failed")
_ISSUE_LINE = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line"


class Batch(NamedTuple):
    """Lines of one file, the number of the first one, and how many bytes of the file they took."""

    first: int
    lines: list[bytes]
    size: int


Answer = dict[str, Any]
Send = Callable[[Batch], Answer]
"""Imports a batch; returns the Parameters that tell what became of it."""


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("import", help=say("import"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("import.files"))
    parser.add_argument("--to", metavar="URL", help=say("import.to"))
    add_settings(parser)
    parser.add_argument("--tenant", default="default", metavar="NAME", help=say("import.tenant"))
    parser.add_argument("--first", type=at_least_one, default=1, metavar="LINE", help=say("import.first"))
    parser.add_argument("--token-file", type=Path, metavar="FILE", help=say("bulk.token"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Import the files one after the other; 1 where a line was not taken."""
    if bool(options.to) == bool(options.store or options.config):
        raise Misconfigured(say("import.where"), where="--to")
    if options.first > 1 and len(options.files) > 1:
        raise Misconfigured(say("import.one-file"), where="--first")
    counts: Counter[str] = Counter()
    total = sum(Path(one).stat().st_size for one in options.files if one != "-")
    with _sender(options) as send, progress(say("import.progress"), total or None) as advance:
        for file in options.files:
            _import(file, options, send, counts, advance)
    if options.json:
        print_json({"lines": counts["lines"], **{name: counts[name] for name in COUNTS}})
    else:
        print(say("import.done", lines=counts["lines"], **{name: counts[name] for name in COUNTS}))
    return 1 if counts["failed"] else 0


def _import(
    file: str, options: argparse.Namespace, send: Send, counts: Counter[str], advance: Callable[[int], None]
) -> None:
    at = options.first
    try:
        with _opened(file) as source:
            for batch in _batches(source, options.first):
                at = batch.first
                _count(file, batch, _patiently(send, batch), counts, as_json=options.json)
                advance(batch.size)
    except (KeyboardInterrupt, Retry):
        notice(say("import.stopped", file=file, line=at))
        raise


def _patiently(send: Send, batch: Batch) -> Answer:
    for attempt in range(TRIES):
        try:
            return send(batch)
        except Retry as error:
            if attempt + 1 == TRIES:
                raise
            time.sleep(error.after * 2**attempt)
    raise AssertionError


def _count(file: str, batch: Batch, answer: Answer, counts: Counter[str], *, as_json: bool) -> None:
    """Add the counts of a batch, and print what is wrong with which line of the file."""
    for one in answer.get("parameter", ()):
        if "valueInteger" in one:
            counts[one["name"]] += one["valueInteger"]
        for issue in one.get("resource", {}).get("issue", ()):
            line = next((e["valueInteger"] for e in issue.get("extension", ()) if e["url"] == _ISSUE_LINE), 1)
            text = re.split(r": |：", str(issue.get("diagnostics", "")), maxsplit=1)[-1]
            where = (issue.get("expression") or [""])[0]
            line += batch.first - 1
            if as_json:
                print_json({"file": file, "line": line, "code": issue["code"], "where": where, "text": text})
            else:
                print(f"{file}:{line}: {where + ': ' if where else ''}{text}")


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
    elif file.endswith(".gz"):
        with gzip.open(file, "rb") as packed:
            yield packed  # type: ignore[misc]
    else:
        with Path(file).open("rb") as plain:
            yield plain


def _batches(source: IO[bytes], first: int) -> Iterator[Batch]:
    lines: list[bytes] = []
    begin, size = first, 0
    for number, line in enumerate(source, 1):
        if number < first:
            continue
        if lines and (len(lines) == LINES or size + len(line) > BYTES):
            yield Batch(begin, lines, size)
            lines, begin, size = [], number, 0
        lines.append(line if line.endswith(b"\n") else line + b"\n")
        size += len(line)
    if lines:
        yield Batch(begin, lines, size)


@contextmanager
def _sender(options: argparse.Namespace) -> Iterator[Send]:
    if options.to:
        client = FhirClient(options.to, token_of(options.token_file), "en" if options.json else language())
        yield lambda batch: _post(client, batch)
        return
    from gateway.cli.import_store import sender

    with sender(options) as send:
        yield lambda batch: send(batch.lines)


def _post(client: FhirClient, batch: Batch) -> Answer:
    url = f"{client.base}/$import"
    with client.ask("POST", url, {"Content-Type": NDJSON}, b"".join(batch.lines)) as answer:
        if answer.status != 200:
            raise refusal(answer)
        return dict(json.loads(answer.read()))
