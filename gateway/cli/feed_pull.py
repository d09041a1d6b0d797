"""``qiao feed pull``: a ledger from a gateway page by page, into a file that can be verified and resumed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from gateway.cli.fhir_client import FhirClient, refusal, token_of
from gateway.cli.output import Commands, at_least_one, notice, print_json, progress
from gateway.cli.words import language, say
from gateway.errors import Misconfigured

_LARGEST = 256 * 1024 * 1024
"""Bytes of one page."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = actions.add_parser("pull", help=say("feed.pull"), parents=[shared])
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help=say("feed.source"))
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help=say("feed.output"))
    parser.add_argument("--count", type=at_least_one, default=200, metavar="N", help=say("feed.count"))
    parser.add_argument("--acknowledge", action="store_true", help=say("feed.acknowledge"))
    parser.add_argument("--token-file", type=Path, metavar="FILE", help=say("bulk.token"))
    parser.set_defaults(run=pull)


def pull(options: argparse.Namespace) -> int:
    """Get what is new since the last page of the file, a line each."""
    client = FhirClient(options.source, token_of(options.token_file), language())
    last, begun = _last(options.output)
    done, newest = last, last
    with options.output.open("ab") as out, progress(say("feed.pulling"), None) as advance:
        while True:
            data, page = _page(client, f"{client.base}?after={newest}&_count={options.count}")
            place = _place(page)
            if place["count"] or not begun:
                out.write(data.replace(b"\n", b" ") + b"\n")
                out.flush()
            advance(place["count"])
            newest, begun = int(place["last"]), True
            if options.acknowledge and place["count"]:
                _acknowledge(client, newest, _hash(page))
            if place["complete"]:
                break
    if options.json:
        print_json({"entries": newest - done, "last": newest, "size": place["head"]["size"]})
    else:
        notice(say("feed.pulled", count=newest - done, last=newest, file=options.output))
    return 0


def _last(file: Path) -> tuple[int, bool]:
    """Return up to which entry a file goes, and whether anything is in it; a line that broke off is cut."""
    if not file.exists():
        return 0, False
    last, good = 0, 0
    with file.open("rb") as lines:
        for line in lines:
            try:
                last = int(_place(json.loads(line))["last"]) if line.endswith(b"\n") else last
            except (ValueError, KeyError, TypeError, StopIteration):
                raise Misconfigured(say("feed.no-pages"), where=str(file)) from None
            good += len(line) if line.endswith(b"\n") else 0
    if good < file.stat().st_size:
        with file.open("r+b") as broken:
            broken.truncate(good)
    return last, good > 0


def _page(client: FhirClient, url: str) -> tuple[bytes, dict[str, Any]]:
    """Return a page as it came, and as JSON; what is kept are its bytes, numbers with all their digits."""
    with client.ask("GET", url) as answer:
        if answer.status != 200:
            raise refusal(answer)
        data = answer.read(_LARGEST)
    return data, json.loads(data)


def _place(page: dict[str, Any]) -> dict[str, Any]:
    resource = next(one["resource"] for one in page["entry"] if one["resource"].get("id") == "place")
    found = {one["name"]: next(v for k, v in one.items() if k != "name") for one in resource["parameter"]}
    head = {one["name"]: next(v for k, v in one.items() if k != "name") for one in found["head"]}
    return {**found, "head": head}


def _hash(page: dict[str, Any]) -> str:
    message = page["entry"][1]["resource"]
    ledger = next(one["resource"] for one in message["entry"] if one["resource"].get("id") == "ledger")
    last = ledger["parameter"][-1]["part"]
    return str(next(one["valueString"] for one in last if one["name"] == "hash"))


def _acknowledge(client: FhirClient, n: int, hash_: str) -> None:
    said = [{"name": "n", "valueInteger": n}, {"name": "hash", "valueString": hash_}]
    body = json.dumps({"resourceType": "Parameters", "parameter": said}).encode()
    headers = {"Content-Type": "application/fhir+json"}
    with client.ask("POST", f"{client.base}/acknowledgement", headers, body) as answer:
        if answer.status != 200:
            raise refusal(answer)
