"""``qiao inbox replay --all``: every kept message since a moment, translated anew, in its order."""

from __future__ import annotations

import argparse
from dataclasses import replace

from gateway.cli.moment import moment
from gateway.cli.output import maps_of, notice, print_json, progress, read_settings
from gateway.cli.stores import existing_store
from gateway.cli.words import say, say_reason
from gateway.errors import Misconfigured


def run(options: argparse.Namespace) -> int:
    """Replay and print the counts; 1 if a message could not be stored, 130 where it was stopped."""
    from gateway import registry
    from gateway.pipeline.again import Replayed, replay_all
    from gateway.store import Walk

    if not options.since:
        raise Misconfigured(say("inbox.replay.since"), where="--since")
    since, settings = moment(options.since), read_settings(options)
    maps, adapters = maps_of(settings), registry.find()
    total, stopped = Replayed(""), False
    with existing_store(settings) as store:
        walk = Walk(since_us=since.us, first=since.id, sender=options.sender or "")
        count, last = store.inbox_extent(walk)
        rejected, _ = store.inbox_extent(replace(walk, states=("rejected",)))
        with progress(say("inbox.replay.progress"), count) as advance:
            try:
                batches = replay_all(store, maps, adapters, replace(walk, until=last), dry=options.dry_run)
                for done in batches if count else ():
                    total.absorb(done)
                    advance(done.messages)
            except BaseException as error:
                if total.last:
                    notice(say("inbox.replay.stopped", id=total.last))
                if not isinstance(error, KeyboardInterrupt):
                    raise
                stopped = True
    _report(total, count, rejected, options)
    tell_rejected(rejected)
    return 130 if stopped else 1 if total.quarantined else 0


def tell_rejected(count: int) -> None:
    """Say that what was given back to its sender is left alone, where there is any."""
    if count:
        notice(say("inbox.replay.left", count=count))


def _report(total: object, count: int, rejected: int, options: argparse.Namespace) -> None:
    from gateway.pipeline.again import Replayed

    assert isinstance(total, Replayed)
    figures = {
        "messages": total.messages,
        "of": count,
        "stored": total.stored,
        "unchanged": total.unchanged,
        "quarantined": total.quarantined.total(),
        "kept": total.kept,
        "rejected": rejected,
        "reasons": dict(total.quarantined.most_common()),
        "versions": dict(sorted(total.versions.items())),
        "last": total.last,
        "dry_run": options.dry_run,
    }
    if options.json:
        print_json(figures)
        return
    print(say("inbox.replay.dry" if options.dry_run else "inbox.replay.done", **figures))
    for reason, times in total.quarantined.most_common():
        print(f"  {times:>8}  {say_reason(reason)}")
    for type_, versions in sorted(total.versions.items()):
        print(f"  {versions:>8}  {type_}")
