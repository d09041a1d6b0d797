"""``qiao feed verify``: whether a ledger is whole: in a store, or in what was pulled from it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli import heads
from gateway.cli.output import (
    Commands,
    add_settings,
    at_least_one,
    notice,
    print_json,
    progress,
    read_settings,
)
from gateway.cli.stores import existing_store
from gateway.cli.words import say, say_fault
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.security.signature import Signatures
    from gateway.settings import Settings
    from gateway.store import Store
    from gateway.store.ledger.verify import Checked, Verification

_MANY = 50_000
"""Entries from which on several processes are quicker than one."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = actions.add_parser("verify", help=say("feed.verify"), parents=[shared])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=say("feed.files"))
    parser.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.tenant"))
    parser.add_argument(
        "--heads", action="append", type=Path, default=[], metavar="FILE", help=say("feed.heads")
    )
    parser.add_argument("--after", type=_after, default=None, metavar="N:HASH", help=say("feed.after"))
    parser.add_argument("--some", action="store_true", help=say("feed.some"))
    parser.add_argument("--trust", action="append", metavar="FILE", help=say("feed.trust"))
    parser.add_argument("--signer", metavar="NAME", default="", help=say("feed.signer"))
    parser.add_argument("--processes", type=at_least_one, default=0, metavar="N", help=say("feed.processes"))
    add_settings(parser)
    parser.set_defaults(run=verify)


def verify(options: argparse.Namespace) -> int:
    """Verify, print what was found, and return 1 where something is not as it must be."""
    settings = read_settings(options)
    signatures = _signatures(settings, options.trust)
    known = heads.checked(options.heads, options.tenant)
    if options.files:
        return _told(options, _pulled(options, signatures, known), signatures is not None)
    # of a ledger of which heads are known, nothing in the store is a finding
    with existing_store(settings, "default" if known else options.tenant) as store:
        return _told(options, _stored(options, store, signatures, known), signatures is not None)


def _stored(
    options: argparse.Namespace, store: Store, signatures: Signatures | None, known: Sequence[Checked]
) -> Verification:
    ledger = store.ledger
    size = ledger.head(options.tenant).size if not options.processes else 0
    processes = options.processes or (min(4, os.cpu_count() or 1) if size > _MANY else 1)
    with progress(say("feed.verifying"), size or None) as advance:
        found = ledger.verify(options.tenant, heads=known, processes=processes, progress=_steps(advance))
    return (
        found
        if not found.ok or signatures is None
        else _countersigned(options.tenant, store, signatures, found)
    )


def _countersigned(tenant: str, store: Store, signatures: Signatures, found: Verification) -> Verification:
    """Look at the signatures over the heads that were countersigned, as of the time when they came."""
    from dataclasses import replace

    from gateway.feed.head import verified

    for one in store.ledger.countersigned(tenant):
        try:
            head = store.ledger.head(tenant, one.size)
            verified(signatures, head, one.signature.decode("ascii", "replace"), one.at_us)
        except Rejected as error:
            return replace(found, ok=False, first_bad=one.size, reason=error.reason)
    return found


def _pulled(
    options: argparse.Namespace, signatures: Signatures | None, known: Sequence[Checked]
) -> Verification:
    from gateway.feed.pulled import Bad, Pulled
    from gateway.store.ledger.verify import Verification

    n, hash_ = options.after or (0, bytes(32))
    found = Pulled(
        signatures, {one.size: one for one in known}, not options.some, n, hash_, signer=options.signer
    )
    total = sum(file.stat().st_size for file in options.files)
    try:
        with progress(say("feed.verifying"), total) as advance:
            for bundle in _bundles(options.files, advance):
                found.take(bundle)
        found.end()
    except Bad as bad:
        return Verification(False, found.entries, bad.n, bad.reason)
    if found.tenant and found.tenant != options.tenant and options.heads:
        return Verification(False, found.entries, found.n, "it is of another ledger")
    signed = max((one.size for one in known if one.size <= found.n), default=0)
    return Verification(True, found.entries, root=found.root or b"", signed=signed)


def _bundles(files: Sequence[Path], advance: Callable[[int], None]) -> Iterator[Any]:
    """Yield the Bundles of files: one, or one a line."""
    from gateway.canonical.json import loads

    for file in files:
        with file.open("rb") as lines:
            first = lines.readline()
            try:
                yield _bundle(loads(first))
            except ValueError:
                yield _whole(first + lines.read(), file)
            advance(len(first))
            for line in lines:
                if line.strip():
                    yield _whole(line, file)
                advance(len(line))


def _whole(data: bytes, file: Path) -> Any:
    from gateway.canonical.json import loads

    try:
        return _bundle(loads(data))
    except (ValueError, RecursionError):
        raise Misconfigured(say("feed.no-bundle"), where=str(file)) from None


def _bundle(told: Any) -> Any:
    if not isinstance(told, dict) or told.get("resourceType") != "Bundle":
        raise ValueError
    return told


def _told(options: argparse.Namespace, found: Verification, checked: bool) -> int:
    if options.json:
        said = {"ok": found.ok, "entries": found.entries, "first_bad": found.first_bad}
        more = {
            "reason": found.reason or None,
            "root": found.root.hex() or None,
            "countersigned": found.signed,
        }
        print_json({**said, **more, "purged": found.purged, "signatures": checked})
    elif found.ok:
        print(say("feed.whole", count=found.entries, root=found.root.hex() or "-"))
        print(say("feed.signed" if found.signed else "feed.unsigned", size=found.signed))
        if found.purged:
            print(say("feed.purged", count=found.purged))
        if not checked:
            notice(say("feed.no-trust"))
    else:
        print(say("feed.bad", n=found.first_bad, why=say_fault(found.reason)))
        print(say("feed.bad-do"))
    return 0 if found.ok else 1


def _signatures(settings: Settings, trust: Sequence[str] | None) -> Signatures | None:
    """Return what verifies signatures, None where no authority is trusted."""
    from dataclasses import replace

    from gateway.security.signature import open_signatures

    said = settings.signatures if trust is None else replace(settings.signatures, trust=tuple(trust))
    return open_signatures(said) if said.trust else None


def _steps(advance: Callable[[int], None]) -> Callable[[int, int], None]:
    done = 0

    def told(now: int, _of: int) -> None:
        nonlocal done
        advance(now - done)
        done = now

    return told


def _after(text: str) -> tuple[int, bytes]:
    n, _, hash_ = text.partition(":")
    try:
        found = int(n), bytes.fromhex(hash_)
    except ValueError:
        found = (-1, b"")
    if found[0] < 0 or len(found[1]) != 32:
        raise argparse.ArgumentTypeError(say("feed.after-form"))
    return found
