"""``qiao inbox list | show | replay``: what came in, what became of it, and another try."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gateway.cli import replay_all
from gateway.cli.output import (
    Commands,
    add_group,
    add_settings,
    at_least_one,
    maps_of,
    notice,
    padded,
    print_json,
    read_settings,
)
from gateway.cli.stores import named_store
from gateway.cli.words import language, say, say_fault, say_reason, say_state
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.store import InboxEntry, InboxRow, Store

STATES = ("received", "stored", "quarantined", "refused", "rejected")


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command and its three actions."""
    actions = add_group(commands, "inbox")
    listing = actions.add_parser("list", help=say("inbox.list"), parents=[shared])
    listing.add_argument("--state", choices=STATES, help=say("inbox.state"))
    listing.add_argument("--reason", help=say("inbox.reason"))
    listing.add_argument("--limit", type=at_least_one, default=50, help=say("inbox.limit"))
    listing.set_defaults(run=list_)
    showing = actions.add_parser("show", help=say("inbox.show"), parents=[shared])
    showing.add_argument("id", metavar="ID", help=say("inbox.id"))
    showing.add_argument("--account", action="store_true", help=say("inbox.account"))
    showing.set_defaults(run=show)
    replaying = actions.add_parser("replay", help=say("inbox.replay"), parents=[shared])
    replaying.add_argument("id", metavar="ID", nargs="?", help=say("inbox.id"))
    replaying.add_argument("--quarantined", action="store_true", help=say("inbox.replay.all"))
    replaying.add_argument("--rejected", action="store_true", help=say("inbox.replay.rejected"))
    replaying.add_argument("--all", action="store_true", help=say("inbox.replay.every"))
    replaying.add_argument("--since", default="", metavar="TIME", help=say("since"))
    replaying.add_argument("--sender", metavar="NAME", help=say("inbox.replay.sender"))
    replaying.add_argument("--as-received", action="store_true", help=say("inbox.replay.as-received"))
    replaying.add_argument("--dry-run", action="store_true", help=say("inbox.replay.dry-run"))
    replaying.set_defaults(run=replay)
    for parser in (listing, showing, replaying):
        add_settings(parser)


def list_(options: argparse.Namespace) -> int:
    """Print the newest messages, one line each."""
    with named_store(options) as store:
        count = 0
        for row in _rows(store, options.state, options.reason, options.limit):
            count += 1
            if options.json:
                print_json(asdict(row))
            else:
                print(f"{row.id}  {_time(row.received_us)}  {row.adapter:<15} {row.sender:<12} "
                      f"{padded(say_state(row.state), 16)} {say_reason(row.reason)}".rstrip())  # fmt: skip
    if not count and not options.json:
        notice(say("inbox.empty"))
    return 0


def show(options: argparse.Namespace) -> int:
    """Print one message: what is known of it, then its bytes as they came."""
    with named_store(options) as store:
        entry = _entry(store, options.id)
    if options.account:
        return _account(options, entry)
    if options.json:
        print_json(_as_json(entry))
        return 0
    for name, value in asdict(entry.row).items():
        print(f"{padded(say(f'inbox.show.{name}'), 12)} {_shown(name, value)}")
    for issue in entry.issues:
        text = issue.text_zh if language() == "zh" and issue.text_zh else say_fault(issue.text)
        print(f"{padded(say(f'issue.{issue.severity}'), 12)} {issue.where} {text}")
    for ref in entry.refs:
        print(f"{padded(say('inbox.show.wrote'), 12)} {ref}")
    for path, count in sorted(entry.unmapped.items()):
        print(f"{padded(say('inbox.show.unmapped'), 12)} {path} {count}")
    print(flush=True)
    sys.stdout.buffer.write(entry.envelope.raw.replace(b"\r", b"\n") + b"\n")
    return 0


def _shown(name: str, value: object) -> str:
    if name == "received_us":
        return _time(int(str(value)))
    return {"reason": say_reason, "state": say_state}.get(name, str)(str(value))


def _account(options: argparse.Namespace, entry: InboxEntry) -> int:
    """Print what becomes of every leaf with today's maps; 1 where the message cannot be translated."""
    from gateway import registry
    from gateway.canonical import Translation
    from gateway.mapping.account import Accountant, compact, totals
    from gateway.mapping.layout.laid import Laid
    from gateway.pipeline import steps

    maps, envelope = maps_of(read_settings(options)), replace(entry.envelope, charset="")
    spec = registry.find().get(envelope.adapter)
    if spec is None:
        raise Rejected(f"adapter {envelope.adapter} is gone")
    reading = steps.read(spec, maps, envelope)
    result = steps.translate(maps, envelope, reading)
    if reading.record is None or not isinstance(result, Translation):
        reason = getattr(result, "reason", "refused")
        raise Rejected(say("inbox.account.none", reason=say_reason(reason)), where=entry.row.id)
    leaves = Accountant(maps).account(reading.record, envelope, reading.profile, result)
    left = reading.record.left if isinstance(reading.record, Laid) else {}
    sums = totals(leaves)
    sums["unmapped"] += sum(left.values())
    if options.json:
        account = {"id": entry.row.id, "totals": sums, "leaves": compact(leaves)}
        print_json({**account, "left": left} if left else account)
        return 0
    for leaf in leaves:
        said = "; ".join(
            " ".join(part for part in (use.rule, "→", use.to, use.part) if part) for use in leaf.uses
        )
        print(f"{leaf.segment:>4}  {leaf.path:<16} {leaf.state:<10} {said}".rstrip())
    for path, count in sorted(left.items()):
        print(f"   -  {path:<16} {'unmapped':<10} {count}")
    print("  ".join(f"{state} {count}" for state, count in sums.items()))
    return 0


def replay(options: argparse.Namespace) -> int:
    """Translate again with today's maps; 1 if a message still cannot be stored."""
    if bool(options.id) + options.quarantined + options.rejected + options.all != 1:
        raise Misconfigured(say("inbox.which"), where="inbox replay")
    if options.as_received and not options.id:
        raise Misconfigured(say("inbox.replay.as-received-one"), where="inbox replay")
    if options.all:
        return replay_all.run(options)
    if options.since or options.sender or options.dry_run:
        raise Misconfigured(say("inbox.replay.only-all"), where="inbox replay")
    from gateway import registry
    from gateway.pipeline.recovery import as_received, finish_released
    from gateway.pipeline.recovery import replay as again
    from gateway.store import Walk
    from gateway.wire.hl7v2 import refuses

    settings = read_settings(options)
    maps, adapters = maps_of(settings), registry.find()
    left = 0
    with named_store(options) as store:
        state = "rejected" if options.rejected else "quarantined"
        ids = [options.id] if options.id else [row.id for row in _rows(store, state, None, 1_000_000)]
        for id_ in ids:
            entry = _entry(store, id_)
            envelope = entry.envelope
            if not envelope.raw:
                raise Rejected(say("inbox.purged"), where=id_)
            settle = again(maps, adapters, envelope)
            written = store.write([as_received(settle) if options.as_received else settle])[0]
            finish_released(store, maps, adapters, settings.pipeline)
            row = _entry(store, id_).row
            left += row.state != "stored"
            refs = getattr(written.outcome, "refs", [])
            late = row.state == "stored" and refuses(entry.answer or b"")
            if late:
                notice(say("inbox.replay.order", id=id_, sender=row.sender or "default"))
            if options.json:
                told = {"id": id_, "state": row.state, "reason": row.reason, "refs": refs}
                print_json({**told, "heard": "not-taken"} if late else told)
            else:
                print(f"{id_}  {padded(say_state(row.state), 16)} {say_reason(row.reason) or len(refs)}")
        if options.quarantined:
            replay_all.tell_rejected(store.inbox_extent(Walk(states=("rejected",)))[0])
    return 1 if left else 0


def _rows(store: Store, state: str | None, reason: str | None, limit: int) -> Iterator[InboxRow]:
    before: str | None = None
    while limit > 0:
        page = store.inbox_list(state=state, limit=500, before=before)  # type: ignore[arg-type]
        for row in page:
            if not reason or row.reason == reason:
                yield row
                limit -= 1
            if limit <= 0:
                return
        if len(page) < 500:
            return
        before = page[-1].id


def _entry(store: Store, id_: str) -> InboxEntry:
    entry = store.inbox_show(id_)
    if entry is None:
        raise Rejected(say("inbox.none", id=id_))
    return entry


def _as_json(entry: InboxEntry) -> dict[str, object]:
    answer = entry.answer.decode("utf-8", "replace") if entry.answer is not None else None
    return {
        **asdict(entry.row),
        "charset": entry.envelope.charset,
        "meta": dict(entry.envelope.meta),
        "raw": entry.envelope.raw.decode("utf-8", "replace"),
        "answer": answer,
        "refs": list(entry.refs),
        "issues": [asdict(issue) for issue in entry.issues],
        "unmapped": dict(entry.unmapped),
        "gaps": [list(gap) for gap in entry.gaps],
    }


def _time(microseconds: int) -> str:
    moment = datetime.fromtimestamp(microseconds / 1e6, UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")
