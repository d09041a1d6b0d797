"""``qiao export``: take resources out of any FHIR server by Bulk Data $export, into NDJSON files.

What was begun is written down in ``export.json`` beside the files: ``--resume`` goes on with it. A file has
its name only when all of it is there and its lines are as many as the server counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gateway.cli.fhir_client import NDJSON, FhirClient, refusal, token_of
from gateway.cli.moment import moment
from gateway.cli.output import Commands, notice, print_json, progress
from gateway.cli.words import language, say
from gateway.errors import Misconfigured, Retry

STATE = "export.json"
TRIES = 5
_PART = 1 << 20
_LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class Begun:
    """An export that was begun: where it is asked about, and its manifest once that is there."""

    status: str
    manifest: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it down, all or nothing."""
        part = folder / f"{STATE}.part"
        part.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), "utf-8")
        part.replace(folder / STATE)


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("export", help=say("export"), parents=[shared])
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help=say("export.from"))
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help=say("export.output"))
    parser.add_argument("--type", action="append", default=[], metavar="TYPE", help=say("export.type"))
    parser.add_argument("--since", metavar="TIME", help=say("export.since"))
    parser.add_argument("--until", metavar="TIME", help=say("export.until"))
    parser.add_argument("--filter", action="append", default=[], metavar="QUERY", help=say("export.filter"))
    level = parser.add_mutually_exclusive_group()
    level.add_argument("--patients", action="store_true", help=say("export.patients"))
    level.add_argument("--group", metavar="ID", help=say("export.group"))
    parser.add_argument("--resume", action="store_true", help=say("export.resume"))
    parser.add_argument("--token-file", type=Path, metavar="FILE", help=say("bulk.token"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Export, and tell how many resources of each type there are."""
    client = FhirClient(options.source, token_of(options.token_file), language())
    folder: Path = options.output
    begun = _resumed(folder) if options.resume else _begin(client, folder, options)
    try:
        if not begun.manifest:
            begun.manifest = _wait(client, begun.status)
            begun.save(folder)
        counts = _fetch(client, folder, begun.manifest)
    except (KeyboardInterrupt, Retry):
        notice(say("export.stopped"))
        raise
    with client.ask("DELETE", begun.status):
        pass  # the server need not keep it any longer
    return _report(options, folder, begun.manifest, counts)


def _begin(client: FhirClient, folder: Path, options: argparse.Namespace) -> Begun:
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / STATE).exists():
        raise Misconfigured(say("export.begun"), where=str(folder))
    level = f"/Group/{options.group}" if options.group else "/Patient" if options.patients else ""
    pairs = [("_type", ",".join(options.type))] if options.type else []
    pairs += [
        (f"_{name}", _instant(getattr(options, name)))
        for name in ("since", "until")
        if getattr(options, name)
    ]
    pairs += [("_typeFilter", one) for one in options.filter]
    url = f"{client.base}{level}/$export" + (f"?{urlencode(pairs)}" if pairs else "")
    with client.ask("GET", url, {"Prefer": "respond-async"}) as answer:
        status = answer.getheader("Content-Location")
        if answer.status != 202 or not status:
            raise refusal(answer)
    begun = Begun(status)
    begun.save(folder)
    return begun


def _resumed(folder: Path) -> Begun:
    try:
        told = json.loads((folder / STATE).read_text("utf-8"))
        return Begun(told["status"], told["manifest"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Misconfigured(say("export.not-begun"), where=str(folder)) from None


def _instant(text: str) -> str:
    """Return an instant for the server: as it was given where it is one, to the microsecond else."""
    if len(text) > 19 and "T" in text:
        return text
    at = moment(text)
    if at.id:
        raise Misconfigured(say("since.bad", text=text), where="--since")
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at.us // 1_000_000)) + f".{at.us % 1_000_000:06d}Z"


def _wait(client: FhirClient, status: str) -> dict[str, Any]:
    """Ask until the manifest is there."""
    with progress(say("export.preparing"), 100) as advance:
        shown, failures = 0, 0
        while True:
            try:
                with client.ask("GET", status) as answer:
                    if answer.status == 200:
                        return dict(json.loads(answer.read()))
                    if answer.status != 202:
                        raise refusal(answer)
                    told = (answer.getheader("X-Progress") or "").partition("%")[0]
                    pause = float(answer.getheader("Retry-After") or 2)
                failures = 0
            except Retry as error:
                failures, told, pause = failures + 1, "", error.after * 2**failures
                if failures == TRIES:
                    raise
            if told.isdigit():
                advance(int(told) - shown)
                shown = int(told)
            time.sleep(min(pause, _LONGEST_PAUSE))


def _fetch(client: FhirClient, folder: Path, manifest: dict[str, Any]) -> Counter[str]:
    """Fetch the files that are not there yet; return resources by type, deletions as ``deleted``."""
    counts: Counter[str] = Counter()
    files = [(kind, one) for kind in ("output", "deleted", "error") for one in manifest.get(kind, ())]
    total = sum(int(one.get("count") or 0) for _, one in files)
    with progress(say("export.fetching"), total or None) as advance:
        for number, (kind, one) in enumerate(files, 1):
            name = one["type"] if kind == "output" else kind
            path = folder / f"{number:05d}-{name if str(name).isalpha() else 'resources'}.ndjson"
            if path.exists():
                lines = _lines_in(path)
                advance(lines)
            else:
                lines = _one(client, one, path, advance)
            counts[name] += lines
    return counts


def _one(client: FhirClient, one: dict[str, Any], path: Path, advance: Callable[[int], None]) -> int:
    """Fetch a file, with some patience; return its lines."""
    for attempt in range(TRIES):
        try:
            return _download(client, one, path, advance)
        except Retry as error:
            if attempt + 1 == TRIES:
                raise
            time.sleep(min(error.after * 2**attempt, _LONGEST_PAUSE))
    raise AssertionError


def _download(client: FhirClient, one: dict[str, Any], path: Path, advance: Callable[[int], None]) -> int:
    part, lines = path.with_suffix(".part"), 0
    with client.ask("GET", one["url"], {"Accept": NDJSON}) as answer, part.open("wb") as file:
        if answer.status != 200:
            raise refusal(answer)
        while data := answer.read(_PART):
            file.write(data)
            found = data.count(b"\n")
            lines += found
            advance(found)
    if "count" in one and lines != one["count"]:
        advance(-lines)
        raise Retry(say("export.short", file=path.name, lines=lines, count=one["count"]))
    part.replace(path)
    return lines


def _lines_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(data.count(b"\n") for data in iter(lambda: file.read(_PART), b""))


def _report(options: argparse.Namespace, folder: Path, manifest: dict[str, Any], counts: Counter[str]) -> int:
    deleted, errors = counts.pop("deleted", 0), counts.pop("error", 0)
    at = manifest.get("transactionTime", "")
    if options.json:
        told = {"transactionTime": at, "resources": dict(sorted(counts.items())), "folder": str(folder)}
        print_json({**told, "deletions": deleted, "errors": errors})
    else:
        for type_, count in sorted(counts.items()):
            print(f"{count:>10}  {type_}")
        print(say("export.done", count=counts.total(), folder=folder, at=at))
        if errors:
            notice(say("export.errors", count=errors))
    return 1 if errors else 0
