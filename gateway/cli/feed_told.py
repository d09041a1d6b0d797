"""``qiao feed told``: whether a document has reached everybody who is owed it."""

from __future__ import annotations

import argparse

from gateway.cli.output import Commands, add_settings, notice, padded, print_json, read_settings
from gateway.cli.stores import existing_store
from gateway.cli.words import say


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    asking = actions.add_parser("told", help=say("feed.told"), parents=[shared])
    asking.set_defaults(run=told)
    add_settings(asking)
    asking.add_argument("document", metavar="DOCUMENT", nargs="+", help=say("feed.told.document"))
    asking.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.dead.tenant"))


def told(options: argparse.Namespace) -> int:
    """Print how every entry stands at every receiver; 1 unless there are some and all are acknowledged."""
    from gateway.feed.standing import standing

    well = True
    with existing_store(read_settings(options), options.tenant) as store:
        for name in options.document:
            found = standing(store, options.tenant, name)
            if not found:
                notice(say("feed.told.none", name=name))
            well = well and bool(found) and all(one.delivery.state == "acknowledged" for one in found)
            for one in found:
                _print(one.row(), options.json)
    return 0 if well else 1


def _print(row: dict[str, str | int], as_json: bool) -> None:
    if as_json:
        print_json(row)
        return
    state = padded(say(f"feed.state.{row['state']}"), 8)
    print(f"{row['receiver']} {row['entry']:>8} {state} {row['kind']} {row['event']} {row['at']}")
    if row["reason"] or row["receipt"]:
        print(f"    {row['reason'] or row['receipt']}")
