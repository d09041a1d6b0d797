"""``qiao doctor``: checks this installation and says what to do about what it finds."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from gateway.cli import (
    looks,
    looks_clients,
    looks_doors,
    looks_inbox,
    looks_laboratory,
    looks_ports,
    looks_receivers,
    looks_signing,
    looks_subscriptions,
)
from gateway.cli.looks import Finding, Level, Remark
from gateway.cli.output import Commands, add_settings, print_json, read_settings, said
from gateway.cli.words import say
from gateway.errors import QiaoError
from gateway.settings import Settings

MARKS: dict[Level, str] = {"ok": "✓", "info": "·", "bad": "✗"}

LOOKS: dict[str, Callable[[Settings], str]] = {
    "versions": looks.versions,
    "sqlite": looks.sqlite,
    "root": looks.root,
    "zone": looks.zone,
    "adapters": looks.adapters,
    "codes": looks.codes,
    "maps": looks.maps,
    "cache": looks.cache,
    "disk": looks.disk,
    "wal": looks.wal,
    "database": looks.database,
    "store": looks.store,
    "inbox": looks_inbox.waiting,
    "senders": looks_inbox.senders,
    "critical": looks_laboratory.critical,
    "clients": looks_clients.clients,
    "subscriptions": looks_subscriptions.subscriptions,
    "receivers": looks_receivers.receivers,
    "signing": looks_signing.signing,
    "ports": looks_ports.ports,
    "doors": looks_doors.doors,
}
"""Everything that is looked at, in this order: the log before the store, which empties it when it closes."""


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("doctor", help=say("doctor"), parents=[shared])
    add_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look at everything; 1 if anything is to be mended."""
    settings = read_settings(options)
    findings = [examine(name, look, settings) for name, look in LOOKS.items()]
    bad = sum(finding.level == "bad" for finding in findings)
    if options.json:
        print_json({"ok": not bad, "checks": [_as_json(one) for one in findings]})
        return 1 if bad else 0
    for finding in findings:
        print(f"{MARKS[finding.level]} {finding.name:<10} {finding.text}")
        if finding.advice:
            print(f"{'':<12} → {finding.advice}")
    print(say("doctor.bad", count=bad) if bad else say("doctor.ok"))
    return 1 if bad else 0


def examine(name: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    """Return what one look finds; whatever is not well comes with what to do about it."""
    try:
        return Finding(name, "ok", look(settings))
    except Remark as remark:
        return Finding(name, remark.level, remark.text, remark.advice or say(f"doctor.do.{name}"))
    except QiaoError as error:
        return Finding(name, "bad", said(error), say(f"doctor.do.{name}"))
    except ImportError as error:
        return Finding(name, "bad", str(error), say("doctor.do.versions"))
    except OSError as error:
        text = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
        return Finding(name, "bad", text, say(f"doctor.do.{name}"))


def _as_json(one: Finding) -> dict[str, object]:
    shown: dict[str, object] = {"name": one.name, "ok": one.level != "bad", "level": one.level}
    return {**shown, "text": one.text, "advice": one.advice}
