"""``qiao feed receivers`` and ``qiao feed dead``: how receivers stand, and what they have refused."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, add_settings, notice, padded, print_json, read_settings
from gateway.cli.stores import existing_store, named_store
from gateway.cli.words import say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.store import Store
    from gateway.store.deliveries import Delivery, Receiver, State

Found = tuple[str, str, "Receiver"]
"""Tenant, name, and how it stands."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    standing = actions.add_parser("receivers", help=say("feed.receivers"), parents=[shared])
    standing.set_defaults(run=receivers)
    add_settings(standing)
    dead = actions.add_parser("dead", help=say("feed.dead"), parents=[shared])
    inner = dead.add_subparsers(dest="dead_action", required=True, metavar="ACTION")
    listing = inner.add_parser("list", help=say("feed.dead.list"), parents=[shared])
    listing.set_defaults(run=list_)
    listing.add_argument("--held", action="store_true", help=say("feed.dead.held"))
    showing = inner.add_parser("show", help=say("feed.dead.show"), parents=[shared])
    showing.set_defaults(run=show)
    retrying = inner.add_parser("retry", help=say("feed.dead.retry"), parents=[shared])
    retrying.set_defaults(run=retry)
    dropping = inner.add_parser("drop", help=say("feed.dead.drop"), parents=[shared])
    dropping.set_defaults(run=drop)
    dropping.add_argument("--reason", required=True, help=say("feed.dead.reason"))
    for parser in (listing, showing, retrying, dropping):
        add_settings(parser)
        parser.add_argument("receiver", metavar="RECEIVER", nargs="?" if parser is listing else None,
                            help=say("feed.dead.receiver"))  # fmt: skip
        tenant, words = (None, "feed.dead.of") if parser is listing else ("default", "feed.dead.tenant")
        parser.add_argument("--tenant", default=tenant, metavar="NAME", help=say(words))
    for parser in (showing, dropping):
        parser.add_argument("n", metavar="N", type=int, nargs="+", help=say("feed.dead.n"))
    retrying.add_argument("n", metavar="N", type=int, nargs="*", help=say("feed.dead.n"))
    retrying.add_argument("--all", action="store_true", help=say("feed.dead.all"))


def receivers(options: argparse.Namespace) -> int:
    """Print how every receiver stands; 1 where one is in trouble."""
    settings = read_settings(options)
    trouble = False
    with existing_store(settings) as store:
        for tenant, name, found in _all(settings, store):
            counts = store.deliveries.counts(found)
            trouble = trouble or counts["refused"] + counts["held"] + found.failures > 0
            if options.json:
                print_json(_row(store, tenant, found))
                continue
            told = [f"{say(f'feed.state.{state}')} {count}" for state, count in counts.items() if count]
            if (behind := store.deliveries.head(found) - found.upto) > 0:
                told.append(say("feed.behind", count=behind))
            print(f"{padded(f'{tenant}/{name}', 32)} {', '.join(told) or '-'}  {found.error}".rstrip())
    return 1 if trouble else 0


def list_(options: argparse.Namespace) -> int:
    """Print what was refused, with the reason; 1 where there is anything."""
    settings = read_settings(options)
    count = 0
    with existing_store(settings, options.tenant or "default") as store:
        for tenant, name, found in _all(settings, store, options.receiver or "", options.tenant or ""):
            for one in _letters(store, tenant, found, held=options.held):
                count += 1
                _print(one, name, options.json)
    if not options.json:
        notice(say("feed.dead.counted", count=count))
    return 1 if count else 0


def show(options: argparse.Namespace) -> int:
    """Print all that is known of some entries at a receiver."""
    settings = read_settings(options)
    with existing_store(settings) as store:
        found = _one(store, options)
        for n in options.n:
            one = store.deliveries.delivery(options.tenant, found, n)
            if one is None:
                raise Misconfigured("the receiver is not owed this entry", where=str(n))
            _print(one, options.receiver, options.json)
    return 0


def retry(options: argparse.Namespace) -> int:
    """Let refused entries be sent again."""
    from gateway.canonical import now_us

    if not options.n and not options.all:
        raise Misconfigured("name the entries, or give --all")
    with named_store(options) as store:
        receiver = _one(store, options)
        _say_what_stays(store, receiver, options, ("refused", "given-up"))
        count = store.deliveries.retry(receiver, options.n or None, now_us())
    _told(options, "retried", count)
    return 0 if count or options.all else 1


def drop(options: argparse.Namespace) -> int:
    """Give entries up: what is held behind them goes on."""
    from gateway.canonical import now_us

    if not options.reason.strip():
        raise Misconfigured(say("feed.dead.unreasoned"))
    with named_store(options) as store:
        receiver = _one(store, options)
        _say_what_stays(store, receiver, options, ("waiting", "sent", "refused"))
        count = store.deliveries.drop(receiver, options.n, options.reason, now_us())
    _told(options, "dropped", count)
    return 0 if count else 1


def _all(settings: Settings, store: Store, only: str = "", tenant: str = "") -> Iterator[Found]:
    """Yield the receivers of all tenants, those too that are not set up any more."""
    names = {"default", *settings.tenants, *(one.tenant for one in settings.receivers.named.values())}
    names |= {one.tenant for one in settings.writeback.values()}
    for each in [tenant] if tenant else sorted(names):
        for found in store.deliveries.receivers(each):
            if only in ("", found.name):
                yield each, found.name, found


def _one(store: Store, options: argparse.Namespace) -> Receiver:
    found = store.deliveries.receiver(options.tenant, options.receiver)
    if found is None:
        raise Misconfigured("there is no such receiver", where=options.receiver)
    return found


def _say_what_stays(
    store: Store, receiver: Receiver, options: argparse.Namespace, moved: Sequence[State]
) -> None:
    """Say of each entry that is named but not in one of these states how it stands."""
    for n in () if options.json else options.n:
        one = store.deliveries.delivery(options.tenant, receiver, n)
        if one is None or one.state not in moved:
            state = say(f"feed.state.{one.state}") if one else say("feed.dead.unowed")
            notice(say("feed.dead.stays", n=n, state=state))


def _letters(store: Store, tenant: str, receiver: Receiver, *, held: bool) -> Iterator[Delivery]:
    after = 0
    while page := store.deliveries.find(
        tenant, receiver, ("refused", "held") if held else ("refused",), after
    ):
        yield from page
        after = page[-1].entry.n


def _row(store: Store, tenant: str, receiver: Receiver) -> dict[str, object]:
    row: dict[str, object] = {"tenant": tenant, "receiver": receiver.name}
    row.update({str(state): count for state, count in store.deliveries.counts(receiver).items()})
    row["behind"] = store.deliveries.head(receiver) - receiver.upto
    return row | {"failures": receiver.failures, "error": receiver.error, "signed_in": receiver.signed}


def _print(one: Delivery, receiver: str, as_json: bool) -> None:
    from gateway.store.clock import instant

    entry = one.entry
    if as_json:
        row = {"receiver": receiver, "n": entry.n, "kind": entry.kind, "event": entry.event}
        row |= {"serial": entry.serial, "about": entry.reference, "state": one.state}
        row |= {"attempts": one.attempts, "at": instant(one.at_us), "receipt": one.receipt}
        print_json(row | {"reason": one.reason})
        return
    state = padded(say(f"feed.state.{one.state}"), 8)
    name = entry.serial or entry.reference
    print(f"{receiver} {entry.n:>8} {state} {entry.kind} {entry.event} {name}")
    if one.reason or one.receipt:
        print(f"    {one.reason or one.receipt}")


def _told(options: argparse.Namespace, what: str, count: int) -> None:
    if options.json:
        print_json({what: count})
    else:
        notice(say(f"feed.dead.{what}", count=count))
