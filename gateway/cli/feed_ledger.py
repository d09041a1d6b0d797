"""``qiao feed status | head | proof | countersign``: how a ledger stands, what is proved and signed of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli import heads
from gateway.cli.output import Commands, add_settings, notice, padded, print_json, read_settings
from gateway.cli.stores import existing_store, named_store
from gateway.cli.words import say, say_fault
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.feed.proof import Proven
    from gateway.feed.pull import Pull
    from gateway.settings import Settings


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    standing = actions.add_parser("status", help=say("feed.status"), parents=[shared])
    standing.set_defaults(run=status)
    heading = actions.add_parser("head", help=say("feed.head"), parents=[shared])
    heading.add_argument("--size", type=int, default=None, metavar="N", help=say("feed.size"))
    heading.set_defaults(run=head)
    proving = actions.add_parser("proof", help=say("feed.proof"), parents=[shared])
    what = proving.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", type=Path, metavar="FILE", help=say("feed.check"))
    what.add_argument("--n", type=int, metavar="N", help=say("feed.n"))
    what.add_argument("--serial", metavar="SERIAL", help=say("feed.serial"))
    what.add_argument("--reference", metavar="TYPE/ID", help=say("feed.reference"))
    what.add_argument("--from", dest="before", type=int, metavar="SIZE", help=say("feed.from"))
    proving.add_argument("--size", type=int, default=None, metavar="N", help=say("feed.size"))
    proving.add_argument(
        "--body", action="append", type=Path, default=[], metavar="FILE", help=say("feed.body")
    )
    proving.set_defaults(run=proof)
    signing = actions.add_parser("countersign", help=say("feed.countersign"), parents=[shared])
    signing.add_argument("file", type=Path, metavar="FILE", help=say("feed.head-file"))
    signing.add_argument("--keys", metavar="DIR", help=say("signature.keys"))
    signing.add_argument("--key", metavar="NAME", default="", help=say("feed.key"))
    signing.add_argument("--keep", metavar="SIGNER", default="", help=say("feed.keep"))
    signing.set_defaults(run=countersign)
    for parser in (standing, heading, proving):
        parser.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.tenant"))
    for parser in (standing, heading, proving, signing):
        add_settings(parser)


def status(options: argparse.Namespace) -> int:
    """Print how the ledger stands, and how far everybody is who gets it; 1 where somebody has exceptions."""
    from gateway.feed.unsigned import unsigned

    settings = read_settings(options)
    missing = unsigned(settings, options.tenant)
    with _pull(settings, options.tenant) as pull:
        told = pull.status(options.tenant)["parameter"]
    rows = [(one["name"], _values(one["part"])) for one in told if "part" in one]
    head = next(row for name, row in rows if name == "head")
    signed = next(one["valueUnsignedInt"] for one in told if one["name"] == "countersigned")
    others = [(name, row) for name, row in rows if name != "head"]
    if options.json:
        said = {name: [row for kind, row in others if kind == name] for name in ("client", "receiver")}
        print_json(
            {"tenant": options.tenant, "head": head, "countersigned": signed, "unsigned": missing, **said}
        )
    else:
        print(say("feed.standing", size=head["size"], time=head.get("time", "-"), head=head["head"]))
        print(say("feed.signed" if signed else "feed.unsigned", size=signed))
        if missing:
            print(say("feed.unsealed", sections=", ".join(missing)))
        for name, row in others:
            print(_row(name, row))
    return 1 if any(row.get("exceptions") for _, row in others) else 0


def _row(kind: str, row: dict[str, Any]) -> str:
    upto = row.get("acknowledged" if kind == "client" else "passed", 0)
    said = say(f"feed.{kind}", upto=upto, behind=row.get("behind", 0))
    states = [f"{name} {row[name]}" for name in ("refused", "held", "given-up") if row.get(name)]
    oldest = [say("feed.oldest", n=row["oldest"], time=row["oldest-time"])] if "oldest" in row else []
    return f"{padded(row['name'], 24)} {'; '.join([said, *states, *oldest])}"


def head(options: argparse.Namespace) -> int:
    """Print the head of the ledger as a line of JSON: what is countersigned and kept."""
    with named_store(options) as store:
        print_json(heads.line_of(store.ledger.head(options.tenant, options.size)))
    return 0


def proof(options: argparse.Namespace) -> int:
    """Print a proof as Parameters; or check one, with nothing but the file."""
    if options.check:
        return _check(options)
    from gateway.api.ledger_proof import proven
    from gateway.canonical.json import dumps

    asked = {"n": options.n, "serial": options.serial, "reference": options.reference, "from": options.before}
    given = {name: value for name, value in asked.items() if value is not None}
    if options.size is not None:
        given["size"] = options.size
    with _pull(read_settings(options), options.tenant) as pull:
        sys.stdout.write(dumps(proven(pull, options.tenant, given)).decode() + "\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    from gateway.feed.proof import check

    try:
        given = json.loads(options.check.read_text("utf-8"))
        found = check(given, [file.read_bytes() for file in options.body])
    except (ValueError, Rejected) as error:
        why = error.reason if isinstance(error, Rejected) else "this is no proof of a ledger"
        if options.json:
            print_json({"ok": False, "reason": why})
        else:
            print(say("feed.unproven", why=say_fault(why)))
        return 1
    if options.json:
        print_json(_proof_row(found))
    elif found.before:
        print(say("feed.consistent", before=found.before[0], size=found.size, root=found.root))
    else:
        n, about = found.entry["n"], found.entry["about"]
        print(say("feed.included", n=n, about=about, size=found.size, root=found.root))
        print(say("feed.bodies" if found.sha else "feed.no-bodies"))
    return 0


def _proof_row(found: Proven) -> dict[str, Any]:
    before = {"before": found.before[0], "before_root": found.before[1]} if found.before else {}
    told = {"tenant": found.tenant, "size": found.size, "root": found.root, "head": found.head}
    return {"ok": True, "kind": found.kind, **told, **before, "entry": found.entry, "bodies": found.sha}


def countersign(options: argparse.Namespace) -> int:
    """Sign the heads of a file and print them; or keep signed ones in the store."""
    if bool(options.key) == bool(options.keep):
        raise Misconfigured(say("feed.key-or-keep"))
    settings = read_settings(options)
    lines = heads.read(options.file)
    if options.key:
        for line in lines:
            print(json.dumps(_signed(options, settings, line), ensure_ascii=False))
        return 0
    with _pull(settings) as pull:
        for line in lines:
            if not line.get("signature"):
                raise Misconfigured(say("feed.no-signature"), where=str(options.file))
            pull.countersign(line["tenant"], int(line["size"]), line["signature"], options.keep)
    notice(say("feed.kept", count=len(lines)))
    return 0


def _signed(options: argparse.Namespace, settings: Settings, line: heads.Line) -> heads.Line:
    from dataclasses import replace

    from gateway.feed.head import named
    from gateway.security.signature import open_signatures

    said = replace(settings.signatures, keys=options.keys) if options.keys else settings.signatures
    head = heads.head_of(line)
    data = open_signatures(said).seal(head.encoded(), options.key, [named(head.tenant, head.size)])
    return {**line, "signature": data}


@contextmanager
def _pull(settings: Settings, tenant: str = "default") -> Iterator[Pull]:
    """Lend what serves the ledgers of the store that there is."""
    from gateway.feed.bundle import Bundler
    from gateway.feed.institution import Institutions
    from gateway.feed.pull import Pull
    from gateway.security.signature import open_signatures

    with existing_store(settings, tenant) as store:
        institutions = Institutions(store, settings.tenant)
        bundler = Bundler(lambda _: "urn:qiao", institutions.of)
        yield Pull(store, bundler, settings.tenant, open_signatures(settings.signatures))


def _values(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["name"]: next(value for key, value in one.items() if key != "name") for one in parts}
