"""``qiao feed purge``: takes documents away for good whose time is over; the ledger keeps hash and tombstone.

Of the store of a gateway that is stopped, or beside one that runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, add_settings, notice, of_the_command, print_json, read_settings, said
from gateway.cli.stores import existing_store
from gateway.cli.words import language, say
from gateway.errors import Misconfigured, QiaoError, Refusal

if TYPE_CHECKING:
    from gateway.feed.purging import Purged
    from gateway.feed.visit.hospital import Hospitals
    from gateway.store import Store

AT_ONCE = 500
"""Documents for which the ledger is read through together."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    purging = actions.add_parser("purge", help=say("purge"), parents=[shared])
    purging.add_argument("documents", nargs="+", metavar="SERIAL|TYPE/ID", help=say("purge.documents"))
    purging.add_argument("--reason", metavar="TEXT", default="", help=say("purge.reason"))
    purging.add_argument("--dry-run", action="store_true", help=say("purge.dry"))
    purging.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.tenant"))
    add_settings(purging)
    purging.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Purge each document; 1 where one must be kept, or there is none."""
    from gateway.feed.visit.hospital import Hospitals, bookkeeping_of
    from gateway.feed.visit.signing import Checked

    settings = read_settings(options)
    hospitals = Hospitals(settings.tenant, Checked(None))
    with of_the_command():
        governed = hospitals.of(options.tenant)
    if governed is None:
        raise Misconfigured(say("purge.ungoverned"), where=options.tenant)
    kept = 0
    with existing_store(settings, options.tenant) as store:
        store.keep_books(options.tenant, bookkeeping_of(settings.tenant(options.tenant)))
        for at in range(0, len(options.documents), AT_ONCE):
            for name, done in _purged(store, hospitals, options, options.documents[at : at + AT_ONCE]):
                if isinstance(done, QiaoError):
                    kept += 1
                    _print_kept(options, name, done)
                else:
                    _print(options, done)
    return 1 if kept else 0


def _purged(
    store: Store, hospitals: Hospitals, options: argparse.Namespace, names: Sequence[str]
) -> Iterator[tuple[str, Purged | QiaoError]]:
    """Yield what became of each document."""
    from gateway.canonical.actor import Principal
    from gateway.feed.purging import Plan, Purged, draw_all, purge
    from gateway.store import Transact

    for name, plan in zip(names, draw_all(store, options.tenant, names), strict=True):
        if not isinstance(plan, Plan):
            yield name, plan
            continue
        act = partial(
            purge,
            hospitals=hospitals,
            plan=plan,
            principal=Principal("qiao feed purge"),
            reason=options.reason,
            dry=options.dry_run,
        )
        (done,) = store.write([Transact(options.tenant, "cli", [], act=act)])
        if done.error is not None:
            yield name, done.error
            continue
        assert isinstance(done.answer, Purged)
        yield name, done.answer


def _print(options: argparse.Namespace, done: Purged) -> None:
    if options.json:
        print_json(done.row())
        return
    words = "purge.done" if done.done else "purge.would"
    entries = ", ".join(f"#{n}" for n in done.entries) or "-"
    print(say(words, name=done.asked, versions=done.versions, resources=len(done.resources), entries=entries))
    for name in done.kept:
        print(f"  {say('purge.kept', name=name)}")
    if done.messages:
        print(f"  {say('purge.messages', count=len(done.messages))}")


def _print_kept(options: argparse.Namespace, name: str, error: QiaoError) -> None:
    """Say why a document stays, with the article."""
    grounds = error.issues if isinstance(error, Refusal) else ()
    if options.json:
        rules = [
            {"rule": one.rule, "requirement": one.requirement, "article": one.article} for one in grounds
        ]
        print_json({"document": name, "purged": False, "reason": said(error), "rules": rules})
        return
    notice(say("purge.must-stay", name=name) if grounds else _named(name, error))
    for one in grounds:
        text = one.text_zh if language() == "zh" else one.text
        notice(f"  {text} [{one.requirement}: {one.article}]")


def _named(name: str, error: QiaoError) -> str:
    """Return an error with the document in front, once."""
    told = said(error)
    return told if told.startswith(f"{name}: ") else f"{name}: {told}"
