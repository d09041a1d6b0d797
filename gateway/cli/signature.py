"""``qiao signature``: sign documents, verify, show what is signed, make an authority for demonstrations."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.canonical.resource import Resource
from gateway.cli.moment import moment
from gateway.cli.output import Commands, add_config, add_group, notice, print_json, read_settings
from gateway.cli.words import say, say_fault
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.security.signature import Signatures

_SETTLED = {
    "Provenance",
    "Practitioner",
    "Organization",
    "PractitionerRole",
    "MessageHeader",
    "OperationOutcome",
}
"""What is beside the documents in a file, and is not signed along."""
_LARGEST = 64 * 1024 * 1024


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "signature")
    for name, run in (("verify", verify), ("sign", sign), ("canonical", canonical), ("demo-ca", demo_ca)):
        parser = actions.add_parser(name, help=say(f"signature.{name}"), parents=[shared])
        parser.set_defaults(run=run)
        if name == "demo-ca":
            _demo_options(parser)
            continue
        parser.add_argument("files", nargs="+", metavar="FILE", help=say("signature.files"))
        if name != "canonical":
            add_config(parser)
        if name == "verify":
            parser.add_argument("--trust", action="append", metavar="FILE", help=say("signature.trust"))
            parser.add_argument("--at", metavar="TIME", default="", help=say("signature.at"))
        if name == "sign":
            parser.add_argument("--keys", metavar="DIR", help=say("signature.keys"))
            parser.add_argument("--key", required=True, metavar="NAME", help=say("signature.key"))
            parser.add_argument("--who", required=True, metavar="REFERENCE", help=say("signature.who"))
            parser.add_argument(
                "--purpose", choices=("author", "review"), default="author", help=say("signature.purpose")
            )


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help=say("signature.folder"))
    parser.add_argument(
        "--algorithm", choices=("SM2", "ES256", "RS256"), default="SM2", help=say("signature.algorithm")
    )
    parser.add_argument(
        "--signer", nargs=3, action="append", metavar=("KEY", "NAME", "NUMBER"), help=say("signature.signer")
    )
    parser.add_argument(
        "--organization", nargs=2, metavar=("NAME", "NUMBER"), help=say("signature.organization")
    )


def verify(options: argparse.Namespace) -> int:
    """Verify each Provenance; 1 where one is not good, or there is none."""
    signatures = _signatures(options, trust=options.trust)
    resources = list(_resources(options.files))
    at_us = (moment(options.at).us if options.at else 0) or None
    for file in signatures.trust.outdated(datetime.now(UTC)):
        notice(say("signature.outdated", file=file))
    provenances = [one for one in resources if one["resourceType"] == "Provenance" and one.get("signature")]
    if not provenances:
        notice(say("signature.none"))
    # A list, so that all are looked at: the first bad one is not the only one that matters.
    good = [_verify(signatures, one, resources, at_us, options.json) for one in provenances]
    return 0 if good and all(good) else 1


def _verify(
    signatures: Signatures, provenance: Resource, resources: list[Resource], at_us: int | None, as_json: bool
) -> bool:
    from gateway.security.signature.content import place

    name = f"Provenance/{provenance.get('id', '-')}"
    there = {place(one): one for one in resources if one.get("id")}
    try:
        targets = signatures.targets(provenance)
        verified = signatures.verify(
            provenance,
            [there[one] for one in targets if one in there],
            practitioner=there.get(str(provenance["signature"][0].get("who", {}).get("reference"))),
            at_us=at_us,
        )
    except Rejected as error:
        if as_json:
            print_json({"provenance": name, "ok": False, "code": error.code, "reason": error.reason})
        else:
            print(say("signature.bad", name=name, code=error.code, why=say_fault(error.reason)))
        return False
    when = datetime.fromtimestamp(verified.signed_us / 1_000_000, UTC).astimezone().isoformat()
    if as_json:
        print_json({"provenance": name, "ok": True, **dataclasses.asdict(verified)})
    else:
        count, algorithm = len(verified.targets), verified.algorithm
        said = say("signature.good", name=name, who=verified.who, when=when, algorithm=algorithm, count=count)
        print(said)
    return True


def sign(options: argparse.Namespace) -> int:
    """Print a Provenance over all documents of the files."""
    from gateway.canonical import json
    from gateway.security.signature import AUTHOR, REVIEW

    signatures = _signatures(options, keys=options.keys)
    purpose = AUTHOR if options.purpose == "author" else REVIEW
    made = signatures.sign(_documents(options.files), options.key, who=options.who, purpose=purpose)
    sys.stdout.write(json.dumps(made).decode() + "\n")
    return 0


def canonical(options: argparse.Namespace) -> int:
    """Print the bytes, and nothing else: not even an end of line."""
    from gateway.security.signature import canonical as bytes_of

    sys.stdout.buffer.write(bytes_of(_documents(options.files)))
    sys.stdout.flush()
    return 0


def demo_ca(options: argparse.Namespace) -> int:
    """Make or extend the folder."""
    from gateway.security.signature.demonstration import (
        HOSPITAL,
        PHARMACIST,
        PHYSICIAN,
        Hospital,
        Signer,
        demonstration,
    )

    signers = [Signer(*one) for one in options.signer or ()] or [PHYSICIAN, PHARMACIST]
    hospital = Hospital(*options.organization) if options.organization else HOSPITAL
    made = demonstration(options.folder, signers, hospital, options.algorithm)
    if options.json:
        print_json({"folder": str(options.folder), "certificates": [str(one) for one in made]})
    else:
        notice(say("signature.made", folder=options.folder, count=len(made)))
    return 0


def _signatures(
    options: argparse.Namespace, *, trust: Sequence[str] | None = None, keys: str | None = None
) -> Signatures:
    from gateway.security.signature import open_signatures

    found = read_settings(options, guarded=False).signatures
    # How long ago it was signed is a question of arrival; whoever asks here looks at old documents too.
    changed = dataclasses.replace(
        found, trust=tuple(trust or found.trust), keys=keys or found.keys, max_age=0
    )
    return open_signatures(changed)


def _documents(files: Sequence[str]) -> list[Resource]:
    return [one for one in _resources(files) if one["resourceType"] not in _SETTLED]


def _resources(files: Sequence[str]) -> Iterator[Resource]:
    """Yield the resources of the files, those in Bundles one by one."""
    for file in files:
        try:
            text = sys.stdin.buffer.read(_LARGEST) if file == "-" else Path(file).read_bytes()
            yield from _unpacked(_parsed(text))
        except OSError as error:
            raise Misconfigured(f"cannot be read: {error.strerror}", where=file) from None
        except (ValueError, RecursionError, TypeError, AttributeError):
            raise Misconfigured(say("signature.unread"), where=file) from None


def _parsed(text: bytes) -> list[object]:
    """Return the one resource of a text, or those of its lines. Raises ``ValueError``: there is none."""
    from gateway.canonical import json

    try:
        return [json.loads(text)]
    except ValueError:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError
    return lines


def _unpacked(found: list[object]) -> Iterator[Resource]:
    for one in found:
        if not isinstance(one, dict) or not isinstance(one.get("resourceType"), str):
            raise ValueError
        if one["resourceType"] == "Bundle":
            yield from _unpacked([entry["resource"] for entry in one.get("entry", ()) if "resource" in entry])
        else:
            yield one
