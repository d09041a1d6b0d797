"""``qiao critical``: critical values (危急值) that somebody must take note of: list, show, acknowledge."""

from __future__ import annotations

import argparse
import getpass
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.cli.output import (
    Commands,
    add_group,
    add_settings,
    notice,
    of_the_command,
    print_json,
    read_settings,
)
from gateway.cli.stores import named_store
from gateway.cli.words import say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.canonical import Resource
    from gateway.store import Store


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "critical")
    listing = actions.add_parser("list", help=say("critical.list"), parents=[shared])
    listing.add_argument("--all", action="store_true", help=say("critical.all"))
    listing.set_defaults(run=list_)
    showing = actions.add_parser("show", help=say("critical.show"), parents=[shared])
    showing.set_defaults(run=show)
    taking = actions.add_parser("acknowledge", help=say("critical.acknowledge"), parents=[shared])
    taking.add_argument("--by", metavar="NAME", default="", help=say("critical.by"))
    for name in ("reported-by", "read-back", "treatment", "text"):
        taking.add_argument(f"--{name}", metavar="TEXT", default="", help=say(f"critical.{name}"))
    taking.set_defaults(run=acknowledge)
    checking = actions.add_parser("rules", help=say("critical.rules"), parents=[shared])
    checking.set_defaults(run=rules)
    for parser in (listing, showing, taking):
        parser.add_argument("--tenant", default="default", metavar="NAME", help=say("match.tenant"))
    for parser in (listing, showing, taking, checking):
        add_settings(parser)
    for parser in (showing, taking):
        parser.add_argument("id", metavar="ID", help=say("critical.id"))


def list_(options: argparse.Namespace) -> int:
    """Print the critical values that nobody has acknowledged, the oldest first; 1 where one is overdue."""
    from gateway.feed.critical import UNREAD, tasks

    with named_store(options) as store:
        rows = [_row(one) for one in tasks(store, options.tenant, every=options.all)]
        unread = [_row(one) for one in tasks(store, options.tenant, every=options.all, code=UNREAD)]
    late = sum(one["overdue"] for one in rows)
    for row in (*rows, *unread):
        _print(row, as_json=options.json)
    if not options.json:
        old = sum(row["state"] == "old" for row in rows)
        notice(say("critical.counted", count=len(rows), late=late, old=old))
    return 1 if late else 0


def show(options: argparse.Namespace) -> int:
    """Print one of them with what was said of it."""
    with named_store(options) as store:
        task = _one(store, options)
        _print(_row(task), as_json=options.json)
        if not options.json:
            for one in task.get("note", ()):
                who = one.get("authorString") or one.get("authorReference", {}).get("reference", "")
                print(f"  {one.get('time', '')} {who} {one['text']}".rstrip())
    return 0


def acknowledge(options: argparse.Namespace) -> int:
    """Say that somebody has taken note."""
    from gateway.canonical.actor import Principal
    from gateway.feed.critical import Said
    from gateway.feed.critical import acknowledge as acknowledged
    from gateway.store import Transact

    with named_store(options) as store:
        id_ = str(_one(store, options)["id"])
        said = Said(
            options.by or _user(), options.text, options.reported_by, options.read_back, options.treatment
        )
        act = partial(acknowledged, id_=id_, said=said, principal=Principal(f"cli:{_user()}"))
        (done,) = store.write([Transact(options.tenant, "cli", [], act=act)])
        if done.error is not None:
            with of_the_command():
                raise done.error
        task: Any = done.answer
        _print(_row(task), as_json=options.json)
    return 0


def rules(options: argparse.Namespace) -> int:
    """Print the limits in force; a file that is wrong is named with the test in it."""
    from pathlib import Path

    from gateway.feed.critical import load_rules

    said = read_settings(options).laboratory
    found = load_rules(Path(said.critical_rules) if said.critical_rules else None)
    rows = [
        {
            "system": code[0],
            "code": code[1],
            "test": test.names[1],
            "limits": [one.text for one in test.limits],
        }
        for code, test in found.by_code.items()
    ]
    if options.json:
        print_json(
            {
                "on": said.critical,
                "minutes": found.minutes,
                "recent_hours": found.recent_hours,
                "flags": sorted(found.flags),
                "required": found.required,
                "escalate": found.escalate,
                "tests": rows,
            }
        )
        return 0
    if not said.critical:
        notice(say("critical.off"))
    for row in rows:
        print("  ".join((str(row["code"]), str(row["test"]), "; ".join(row["limits"]))))
    return 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _one(store: Store, options: argparse.Namespace) -> Resource:
    from gateway.canonical.json import loads
    from gateway.feed.critical import is_critical

    version = store.read(options.tenant, "Task", options.id.removeprefix("Task/"))
    task: Resource | None = loads(version.body) if version is not None and not version.deleted else None
    if task is None or not is_critical(task):
        raise Misconfigured("there is no such critical value", where=options.id)
    return task


def _row(task: Resource) -> dict[str, Any]:
    from gateway.canonical import now_us
    from gateway.canonical.elements import first
    from gateway.feed.critical import is_overdue

    return {
        "id": task["id"],
        "kind": first(task, "code.coding.code", ""),
        "status": task["status"],
        "state": first(task, "businessStatus.coding.code", ""),
        "overdue": is_overdue(task, now_us()),
        "said": task.get("description", ""),
        "patient": first(task, "for.reference", ""),
        "observation": first(task, "focus.reference", ""),
        "since": task.get("authoredOn", ""),
        "due": first(task, "restriction.period.end", ""),
        "inbox": _said(task, "inbox"),
        "sender": _said(task, "sender"),
    }


def _said(task: Resource, name: str) -> str:
    from gateway.canonical.elements import each

    return next((one["valueString"] for one in each(task, "input") if one["type"]["text"] == name), "")


def _print(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(row)
        return
    state = say("critical.overdue") if row["overdue"] else say(f"critical.state.{row['state']}")
    print(
        "  ".join(
            one for one in (row["id"], state, row["said"], row["patient"] or row["inbox"], row["due"]) if one
        )
    )
