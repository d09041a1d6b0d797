"""``qiao feed reconcile | counts``: what sources state, the ledger has and receivers have, day by day."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import (
    Commands,
    add_settings,
    notice,
    of_the_command,
    padded,
    print_json,
    read_settings,
)
from gateway.cli.stores import existing_store, named_store
from gateway.cli.words import language, say, say_fault
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.feed.reconciliation import Day, Difference, Reconciliation
    from gateway.store import Store
    from gateway.store.reconciliation import Statement


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    comparing = actions.add_parser("reconcile", help=say("regulator.reconcile"), parents=[shared])
    comparing.add_argument("--day", metavar="DAY", default="", help=say("regulator.day"))
    comparing.add_argument("--from", dest="first", metavar="DAY", default="", help=say("regulator.from-day"))
    comparing.add_argument("--to", dest="last", metavar="DAY", default="", help=say("regulator.to-day"))
    comparing.add_argument("--receiver", metavar="NAME", default="", help=say("regulator.receiver"))
    comparing.add_argument("--ask", action="store_true", help=say("regulator.ask"))
    comparing.add_argument("--csv", action="store_true", help=say("regulator.csv"))
    comparing.set_defaults(run=compare)
    counting = actions.add_parser("counts", help=say("regulator.counts"))
    steps = counting.add_subparsers(required=True, metavar="ACTION")
    adding = steps.add_parser("add", help=say("regulator.counts.add"), parents=[shared])
    adding.add_argument("--day", metavar="DAY", required=True, help=say("regulator.day"))
    adding.add_argument("--kind", metavar="KIND", required=True, help=say("regulator.kind"))
    adding.add_argument("--count", metavar="N", type=int, default=None, help=say("regulator.count"))
    who = adding.add_mutually_exclusive_group(required=True)
    who.add_argument("--source", metavar="NAME", help=say("regulator.source"))
    who.add_argument("--receiver", metavar="NAME", help=say("regulator.platform"))
    adding.add_argument("numbers", nargs="*", metavar="NUMBER", help=say("regulator.numbers"))
    adding.set_defaults(run=add_count)
    importing = steps.add_parser("import", help=say("regulator.counts.import"), parents=[shared])
    importing.add_argument("file", metavar="CSV", help=say("regulator.counts.file"))
    importing.add_argument("--source", metavar="NAME", default="", help=say("regulator.source"))
    importing.set_defaults(run=import_counts)
    listing = steps.add_parser("list", help=say("regulator.counts.list"), parents=[shared])
    listing.add_argument("--day", metavar="DAY", default="", help=say("regulator.day"))
    listing.set_defaults(run=list_counts)
    for parser in (comparing, adding, importing, listing):
        parser.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.tenant"))
        add_settings(parser)


def compare(options: argparse.Namespace) -> int:
    """Print the days; 1 where something does not agree."""
    from gateway.feed.calendar import day, days
    from gateway.feed.reconciliation import reconcile
    from gateway.feed.reconciliation.asking import ask_all
    from gateway.feed.reconciliation.table import as_csv

    if options.day and (options.first or options.last):
        raise Misconfigured("say --day, or --from and --to", where="--day")
    first = options.day or options.first or _yesterday()
    last = options.day or options.last or first
    with of_the_command():
        begin, end = (day(text, "--day" if options.day else name)
                      for text, name in ((first, "--from"), (last, "--to")))  # fmt: skip
        days(begin, end)
    settings = read_settings(options)
    sources = settings.supervised(options.tenant).sources
    if options.ask and not sources:
        where = f"[supervision.{options.tenant}.sources]"
        raise Misconfigured("no source is set up to be asked", where=where)
    with existing_store(settings, options.tenant) as store:
        if options.ask:
            for one in ask_all(store, options.tenant, sources, days(begin, end)):
                notice(say("regulator.silent", day=one.day, source=one.source, why=say_fault(one.reason)))
        if options.receiver and not _receives(store, options.tenant, options.receiver):
            raise Misconfigured("there is no such receiver", where=options.receiver)
        found = reconcile(store, options.tenant, begin, end, options.receiver, sources=sources)
    if options.json:
        print_json(found.row())
    elif options.csv:
        print(as_csv(found), end="")
    else:
        _print(found)
    return 0 if found.ok else 1


def _receives(store: Store, tenant: str, name: str) -> bool:
    pushed = store.deliveries.receiver(tenant, name) is not None
    return pushed or name in store.reconciliation.pulled(tenant)


def add_count(options: argparse.Namespace) -> int:
    """Keep one count, or the numbers of the documents."""
    from gateway.feed.reconciliation import of_json

    said: dict[str, object] = {"day": options.day, "kind": options.kind}
    said |= {"source": options.source} if options.source else {"receiver": options.receiver}
    if options.numbers:
        said["numbers"] = options.numbers
    if options.count is not None:
        said["count"] = options.count
    with of_the_command():
        stated = of_json([said])
    return _kept(options, stated)


def import_counts(options: argparse.Namespace) -> int:
    """Keep the counts of a CSV file, ``-`` for standard input."""
    from gateway.feed.reconciliation import of_csv

    try:
        data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected("the body is not UTF-8", code="invalid", where=options.file) from None
    said = of_csv(text, options.source)
    return _kept(options, said)


def list_counts(options: argparse.Namespace) -> int:
    """Print what was stated."""
    with named_store(options) as store:
        found = store.reconciliation.stated(options.tenant, options.day, options.day or "9999")
    for one in found:
        if options.json:
            row = {"day": one.day, "kind": one.kind, "party": one.party, "name": one.name, "count": one.n}
            print_json(row | ({} if one.numbers is None else {"numbers": list(one.numbers)}))
        else:
            listed = "" if one.numbers is None else say("regulator.listed")
            print(f"{one.day}  {padded(one.kind, 14)} {padded(one.name, 20)} {one.n:>8}  {listed}".rstrip())
    return 0


def _kept(options: argparse.Namespace, said: Sequence[Statement]) -> int:
    from gateway.feed.reconciliation import check_counts

    settings = read_settings(options)
    set_up = [name for name, one in settings.receivers.named.items() if one.tenant == options.tenant]
    with existing_store(settings, options.tenant) as store:
        check_counts(store, options.tenant, said, set_up)
        count = store.reconciliation.state(options.tenant, said)
    if options.json:
        print_json({"kept": count})
    else:
        notice(say("regulator.kept", count=count))
    return 0


def _yesterday() -> str:
    from gateway.canonical import now_us
    from gateway.canonical.moments import day_of

    return (day_of(now_us()) - timedelta(days=1)).isoformat()


def _print(found: Reconciliation) -> None:
    for day in found.days:
        _print_day(day)
    wrong = sum(one.counts for day in found.days for one in day.differences)
    notice(say("regulator.agrees") if found.ok else say("regulator.differences", count=wrong))


def _print_day(day: Day) -> None:
    extent = (
        say("regulator.entries", first=day.first, last=day.last) if day.last else say("regulator.no-entries")
    )
    print(f"{day.day}  {extent}{'' if day.closed else say('regulator.still-open')}")
    for line in day.lines:
        stated = say("regulator.not-stated") if line.total is None else str(line.total)
        print(f"  {padded(line.kind, 14)} " + say("regulator.line", stated=stated, ledger=line.documents))
        if line.origins:
            came = ", ".join(f"{name or 'API'} {count}" for name, count in line.origins.items())
            print(f"    {say('regulator.came', came=came)}")
        for name, standing in line.receivers.items():
            row = standing.row()
            platform = say("regulator.not-stated") if row["platform"] is None else row["platform"]
            print(
                f"    {padded(name, 20)} "
                + say("regulator.standing", **{**_named(row), "platform": platform})
            )
    for sent in day.messages:
        print(f"  {padded(sent.sender, 22)} " + say("regulator.messages", state=sent.state, count=sent.n))
    for one in day.differences:
        print(f"  {'!' if one.counts else 'i'} {_said(one)}")


def _named(row: dict[str, object]) -> dict[str, object]:
    return {key.replace("-", "_"): value for key, value in row.items()}


def _said(one: Difference) -> str:
    row = one.row()
    text = row["text_zh"] if language() == "zh" else row["text"]
    named = " ".join(part for part in (one.name, one.number, one.serial) if part)
    entry = f" #{one.entry}" if one.entry else ""
    return f"{one.kind} {named}{entry}: {text}" + (f" ({one.also})" if one.also else "")
