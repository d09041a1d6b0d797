"""``qiao match``: patients of several systems who may be one person: list, show, accept, reject, undo."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
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
from gateway.cli.words import language, say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.canonical import Resource
    from gateway.feed.matching import Decided
    from gateway.store import Desk, Store

_PAGE = 200


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "match")
    listing = actions.add_parser("list", help=say("match.list"), parents=[shared])
    listing.add_argument("--all", action="store_true", help=say("match.all"))
    listing.set_defaults(run=list_)
    showing = actions.add_parser("show", help=say("match.show"), parents=[shared])
    showing.set_defaults(run=show)
    accepting = actions.add_parser("accept", help=say("match.accept"), parents=[shared])
    accepting.add_argument("--survivor", metavar="PATIENT", default="", help=say("match.survivor"))
    accepting.set_defaults(run=accept)
    rejecting = actions.add_parser("reject", help=say("match.reject"), parents=[shared])
    rejecting.set_defaults(run=reject)
    undoing = actions.add_parser("undo", help=say("match.undo"), parents=[shared])
    undoing.set_defaults(run=undo)
    undoing.add_argument("id", metavar="ID", help=say("match.merged"))
    for parser in (listing, showing, accepting, rejecting, undoing):
        add_settings(parser)
        parser.add_argument("--tenant", default="default", metavar="NAME", help=say("match.tenant"))
    for parser in (showing, accepting, rejecting):
        parser.add_argument("id", metavar="ID", help=say("match.id"))
    for parser in (accepting, rejecting, undoing):
        parser.add_argument("--reason", metavar="TEXT", default="", help=say("match.reason"))
        parser.add_argument("--by", metavar="NAME", default="", help=say("match.by"))


def list_(options: argparse.Namespace) -> int:
    """Print the proposals that wait for somebody; 1 where there is any."""
    count = 0
    with named_store(options) as store:
        for task in _tasks(store, options.tenant, every=options.all):
            count += 1
            _print(task, as_json=options.json)
    if not options.json:
        notice(say("match.counted", count=count))
    return 1 if count and not options.all else 0


def show(options: argparse.Namespace) -> int:
    """Print one proposal with its reasons."""
    with named_store(options) as store:
        _print(_one(store, options), as_json=options.json, whole=True)
    return 0


def accept(options: argparse.Namespace) -> int:
    """Link the two, or merge them where it is said which of them goes on."""
    return _decide(options, "merge" if options.survivor else "link", options.survivor)


def reject(options: argparse.Namespace) -> int:
    """Remember that the two are two; who was linked is linked no longer."""
    return _decide(options, "reject", "")


def undo(options: argparse.Namespace) -> int:
    """Take a merge back: that of a match, or by which a Patient ended."""
    if not options.id.startswith("Patient/"):
        return _decide(options, "unmerge", "")
    from gateway.feed.matching import undo as undone
    from gateway.matching import load_rules

    named = read_settings(options).matching.rules
    rules, id_ = load_rules(Path(named) if named else None), options.id.removeprefix("Patient/")
    by = options.by or _user()
    act = partial(undone, rules=rules, patient=id_, by=by, reason=options.reason)
    with named_store(options) as store:
        return _done(options, store, act)


def _decide(options: argparse.Namespace, decision: str, survivor: str) -> int:
    from gateway.feed.matching import decide

    by = options.by or _user()
    with named_store(options) as store:
        id_ = str(_one(store, options)["id"])
        act = partial(decide, id_=id_, decision=decision, by=by, survivor=survivor, reason=options.reason)
        return _done(options, store, act)


def _done(options: argparse.Namespace, store: Store, act: Callable[[Desk], Decided]) -> int:
    from gateway.feed.matching import Decided
    from gateway.store import Transact

    (done,) = store.write([Transact(options.tenant, "cli", [], act=act, joins=True)])
    if done.error is not None:
        with of_the_command():
            raise done.error
    assert isinstance(done.answer, Decided)
    _print(done.answer.task, as_json=options.json)
    if not options.json:
        _tell(done.answer)
    return 0


def _tell(done: Decided) -> None:
    from gateway.feed.matching.proposal import outcome_of

    word = "match.back" if outcome_of(done.task) == "unmerge" else "match.moved"
    if done.moved:
        notice(say(word, count=done.moved))
    if done.left:
        notice(say("match.left", count=len(done.left)))
    for name in done.left:
        print(f"  {name}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _tasks(store: Store, tenant: str, *, every: bool) -> Iterator[Resource]:
    from gateway.canonical.json import loads
    from gateway.feed.matching import CODE, is_proposal
    from gateway.feed.own import TASKS

    asked = [
        ("code", f"{TASKS}|{CODE}"),
        ("_count", str(_PAGE)),
        *([] if every else [("status", "requested")]),
    ]
    cursor: str | None = ""
    while cursor is not None:
        page = store.search(tenant, "Task", [*asked, *([("_cursor", cursor)] if cursor else [])])
        yield from (task for one in page.matches if is_proposal(task := loads(one.body)))
        cursor = page.cursor if page.more else None


def _one(store: Store, options: argparse.Namespace) -> Resource:
    from gateway.canonical.json import loads
    from gateway.feed.matching import is_proposal

    version = store.read(options.tenant, "Task", options.id.removeprefix("Task/"))
    task: Resource | None = loads(version.body) if version is not None and not version.deleted else None
    if task is None or not is_proposal(task):
        raise Misconfigured("there is no such match", where=options.id)
    return task


def _row(task: Resource) -> dict[str, Any]:
    from gateway.feed.matching.proposal import grade_of, ids_of, left_of, outcome_of, reasons_of

    told = [one.get("text", "").partition(" / ") for one in reasons_of(task)]
    return {
        "id": task["id"],
        "status": task["status"],
        "grade": grade_of(task),
        "decision": outcome_of(task),
        "patients": [f"Patient/{one}" for one in ids_of(task)],
        "reasons": [{"en": en, "zh": zh} for en, _, zh in told],
        "by": task.get("owner", {}).get("display", ""),
        "at": task.get("lastModified", ""),
        "left": left_of(task),
    }


def _print(task: Resource, *, as_json: bool, whole: bool = False) -> None:
    row = _row(task)
    if as_json:
        print_json(row)
        return
    state = say(f"match.decision.{row['decision']}") if row["decision"] else say("match.open")
    grade = say(f"match.grade.{row['grade']}")
    print("  ".join((row["id"], grade, state, *row["patients"])))
    told = [one[language()] for one in row["reasons"]]
    if whole:
        for one in told:
            print(f"  {one}")
        print(f"  {row['at']} {row['by']}".rstrip())
    else:
        print(f"    {'; '.join(told)}")
