"""``qiao feed measure | evidence | findings``: figures, dated documents, what the regulator asks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

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
from gateway.cli.words import language, say

if TYPE_CHECKING:
    from gateway.feed.measure.shipped import Shipped


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    measuring = actions.add_parser("measure", help=say("regulator.measure"), parents=[shared])
    measuring.add_argument(
        "name", nargs="?", default="", metavar="MEASURE", help=say("regulator.measure-name")
    )
    measuring.add_argument("--period", metavar="PERIOD", default="", help=say("regulator.period"))
    measuring.add_argument("--size", type=int, default=None, metavar="N", help=say("feed.size"))
    measuring.add_argument("--list", action="store_true", help=say("regulator.measure-list"))
    measuring.set_defaults(run=measure)
    proving = actions.add_parser("evidence", help=say("regulator.evidence"), parents=[shared])
    proving.set_defaults(run=evidence)
    finding = actions.add_parser("findings", help=say("regulator.findings"), parents=[shared])
    finding.add_argument("--all", action="store_true", help=say("regulator.findings-all"))
    finding.set_defaults(run=findings)
    for parser in (measuring, proving, finding):
        parser.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.tenant"))
        add_settings(parser)


def measure(options: argparse.Namespace) -> int:
    """Print the figures of a month, quarter or year; with ``--json`` a MeasureReport a line."""
    from gateway.canonical import now_us
    from gateway.canonical.json import dumps
    from gateway.canonical.moments import day_of
    from gateway.feed.measure import evaluate, load_measures, period_of
    from gateway.feed.measure.extract import extract
    from gateway.feed.measure.report import figures

    with of_the_command():
        asked = [load_measures().of(options.name)] if options.name else list(load_measures())
        period = period_of(options.period or day_of(now_us()).isoformat()[:7])
    if options.list:
        return _list(asked, options.json)
    with named_store(options) as store:
        found = extract(store, options.tenant, period, options.size)
        reports = [(one, evaluate(one, found, now_us())) for one in asked]
    for one, report in reports:
        if options.json:
            print(dumps(report).decode())
            continue
        print(f"{one.resource['title'] if language() == 'zh' else one.name}{'' if one.from_ledger else ' *'}")
        for group, what, figure in figures(report):
            print(f"  {padded(group, 16)} {padded(what, 28)} {figure}")
    if not options.json:
        notice(say("regulator.measured", first=period.first, last=period.last, size=found.head.size,
                   head=found.head.head.hex()))  # fmt: skip
    return 0


def evidence(options: argparse.Namespace) -> int:
    """Print how the evidence stands; 1 where something is missing or over."""
    from gateway.canonical import now_us
    from gateway.feed.obligations import Obligations

    settings = read_settings(options)
    with existing_store(settings, options.tenant) as store:
        found = Obligations(store, settings.tenant, settings.supervised).evidence(options.tenant, now_us())
    for one in found:
        row = one.row()
        if options.json:
            print_json(row)
            continue
        text = row["text_zh"] if language() == "zh" else row["text"]
        line = f"{padded(say(f'regulator.{one.colour}'), 7)} {padded(one.kind.kind, 24)} {padded(text, 18)}"
        print(f"{line} {padded(row['end'] or '', 11)} {one.kind.requirement} {one.kind.article}")
    red = sum(one.colour == "red" for one in found)
    if not options.json:
        notice(say("regulator.red-ones", count=red))
    return 1 if red else 0


def findings(options: argparse.Namespace) -> int:
    """Print what the hospital has to answer; 1 where something is overdue."""
    from gateway.canonical import now_us
    from gateway.canonical.json import loads
    from gateway.canonical.moments import moment
    from gateway.feed.feedback.states import OPEN
    from gateway.feed.feedback.task import DISPLAYS, TASKS, due_of, state_of

    pairs = [("code", ",".join(f"{TASKS}|{code}" for code in DISPLAYS)), ("_count", "1000")]
    with named_store(options) as store:
        tasks = [loads(one.body) for one in store.search(options.tenant, "Task", pairs).matches]
        zone = store.zone
    late, now = 0, now_us()
    for task in tasks:
        state, due = state_of(task), moment(due_of(task))
        is_late = state in OPEN and due is not None and now > due
        late += is_late
        if options.all or state in OPEN or state == "answered":
            _print_task(task, state, is_late, options.json, zone)
    return 1 if late else 0


def _print_task(task: dict[str, Any], state: str, late: bool, as_json: bool, zone: str) -> None:
    from gateway.canonical.moments import moment
    from gateway.feed.feedback.states import TEXTS
    from gateway.feed.feedback.task import about_of, course_of, due_of
    from gateway.store.day import day_of

    course, due, about = course_of(task), due_of(task), about_of(task)
    if as_json:
        said = {"task": f"Task/{task['id']}", "course": course, "state": state, "due": due, "late": late}
        print_json({**said, "about": about, "owner": task.get("owner")})
        return
    text = TEXTS[state][language() == "zh"]  # type: ignore[index]
    mark = "!" if late else " "
    at = moment(due)
    until = "" if at is None else day_of(at, zone, "%Y-%m-%d %H:%M")
    print(f"{mark} {padded(text, 14)} {padded(course, 14)} {until:<16}  Task/{task['id']}  {about}".rstrip())


def _list(asked: list[Shipped], as_json: bool) -> int:
    for one in asked:
        if as_json:
            said = {"name": one.name, "url": one.resource["url"], "title": one.resource["title"]}
            print_json(said | {"from_ledger": one.from_ledger})
        else:
            text = one.resource["title"] if language() == "zh" else one.resource["description"]
            print(f"{padded(one.name, 24)} {text}{'' if one.from_ledger else ' *'}")
    return 0
