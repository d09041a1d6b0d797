"""``qiao policy``: check the packs, list the rules, explain one, and say what they cover."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, add_group, notice, padded, print_json
from gateway.cli.words import language, say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.policy.policy import Policy
    from gateway.policy.rule import Pack, Rule


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "policy")
    checking = actions.add_parser("check", help=say("policy.check"), parents=[shared])
    checking.set_defaults(run=check)
    listing = actions.add_parser("list", help=say("policy.list"), parents=[shared])
    listing.add_argument(
        "--jurisdiction", action="append", default=[], metavar="NAME", help=say("policy.jurisdiction")
    )
    listing.add_argument("--day", type=_day, default=None, metavar="DAY", help=say("policy.day"))
    listing.set_defaults(run=list_)
    explaining = actions.add_parser("explain", help=say("policy.explain"), parents=[shared])
    explaining.add_argument("name", metavar="RULE", help=say("policy.name"))
    explaining.set_defaults(run=explain)
    covering = actions.add_parser("coverage", help=say("policy.coverage"), parents=[shared])
    covering.set_defaults(run=cover)
    for parser in (checking, listing, explaining, covering):
        parser.add_argument("--packs", type=Path, default=None, metavar="DIR", help=say("policy.packs"))


def check(options: argparse.Namespace) -> int:
    """Load every pack over the national one and run its cases; 1 if one is wrong."""
    from gateway.policy.check import checked

    packs = rules = cases = wrong = 0
    for policy, pack in _packs(options.packs):
        packs, rules = packs + 1, rules + len(pack.rules)
        for one in checked(policy, [pack]):
            cases += 1
            if not one.wrong:
                continue
            wrong += 1
            kind = "fires" if one.fires else "passes"
            if options.json:
                print_json({"rule": one.rule, "kind": kind, "case": one.number, "wrong": one.wrong})
            else:
                print(say("policy.wrong", rule=one.rule, number=one.number, kind=kind, wrong=one.wrong))
    if options.json:
        print_json({"ok": not wrong, "packs": packs, "rules": rules, "cases": cases, "wrong": wrong})
    else:
        notice(say("policy.checked", packs=packs, rules=rules, cases=cases, wrong=wrong))
    return 1 if wrong else 0


def list_(options: argparse.Namespace) -> int:
    """Print the rules of a day, a line each; without a jurisdiction those of all packs."""
    from gateway.policy.policy import BASE, load_policy, pack_files

    day = options.day or _today()
    asked = options.jurisdiction or [name for name in pack_files(options.packs) if name != BASE]
    for rule, lapsed in load_policy(asked, options.packs).in_force(day):
        text = rule.text_zh if language() == "zh" else rule.text
        if options.json:
            print_json(_row(rule) | {"lapsed": lapsed})
        else:
            note = f"  ({say('policy.lapsed', day=rule.end)})" if lapsed else ""
            print(f"{padded(rule.id, 34)} {padded(rule.verdict, 7)} {rule.article}  {text}{note}")
    return 0


def explain(options: argparse.Namespace) -> int:
    """Print a rule with everything that stands behind it, or a condition with its parameters."""
    from gateway.policy.condition import conditions

    for policy, pack in _packs(options.packs):
        for rule in pack.rules:
            if rule.id == options.name:
                _explain(rule, policy, options.json)
                return 0
    one = conditions().get(options.name)
    if one is None:
        names = [*(rule.id for _, pack in _packs(options.packs) for rule in pack.rules), *conditions()]
        raise _unknown(options.name, names)
    if options.json:
        print_json({"condition": one.name, "text": one.text, "parameters": dict(one.kinds)})
    else:
        print(f"{one.name}: {one.text}")
        for name, kind in one.kinds.items():
            print(f"  {padded(name, 20)} {kind}")
    return 0


def cover(options: argparse.Namespace) -> int:
    """Print the rows of the requirements with the rules that decide them, and the lists of drugs."""
    from gateway.policy.coverage import coverage
    from gateway.policy.drugs import catalogue

    rows = coverage(pack for _, pack in _packs(options.packs))
    for row in rows:
        if options.json:
            print_json(
                {"id": row.id, "section": row.section, "text": row.text, "text_zh": row.text_zh}
                | {"state": row.state, "reason": row.reason, "rules": list(row.rules)}
            )
            continue
        text = row.text_zh if language() == "zh" else row.text
        print(f"{row.section}  {padded(row.id, 12)} {padded(row.state, 8)} {text}")
        if row.rules:
            print(f"   {'':<12} {'':<8} {', '.join(row.rules)}")
        if row.reason:
            print(f"   {'':<12} {'':<8} {row.reason}")
    if not options.json:
        for one in catalogue().lists.values():
            title = one.title_zh if language() == "zh" else one.title
            print(say("policy.drugs", list=title, count=one.count, source=one.source))
        count = {state: sum(row.state == state for row in rows) for state in ("decided", "partly", "not")}
        notice(say("policy.counted", decided=count["decided"], partly=count["partly"], not_=count["not"]))
    return 0


def _unknown(name: str, names: Sequence[str]) -> Misconfigured:
    near = get_close_matches(name, names, 3) or [one for one in names if name in one][:3]
    told = "no pack has a rule, no table a condition of this name"
    return Misconfigured(f"{told}; near it: {', '.join(near)}" if near else told, where=name)


def _packs(folder: Path | None) -> Iterator[tuple[Policy, Pack]]:
    """Yield every pack with the policy in which it stands alone over the national one; that one first."""
    from gateway.policy.policy import BASE, load_policy, pack_files

    names = pack_files(folder)
    for name in sorted(names, key=lambda one: (one != BASE, one)):
        policy = load_policy([] if name == BASE else [name], folder)
        yield policy, policy.packs[-1]


def _explain(rule: Rule, policy: Policy, as_json: bool) -> None:
    if as_json:
        named = {name: policy.parameters[name] for name in _named(rule.when) if name in policy.parameters}
        print_json(_row(rule) | {"when": rule.when, "parameters": named, "basis": rule.basis})
        return
    print(f"{rule.id}\n  {rule.text_zh}\n  {rule.text}")
    ends = f"{rule.start} – {rule.end or ''}".rstrip()
    cases = say("policy.fires", fires=len(rule.fires), passes=len(rule.passes))
    told = {
        "article": rule.article,
        "quote": rule.quote,
        "basis": rule.basis,
        "observed": say("policy.practice") if rule.observed else "",
        "requirement": ", ".join(rule.requirements),
        "validity": ends,
        "on": ", ".join(rule.on),
        "when": json.dumps(rule.when, ensure_ascii=False),
        "parameters": ", ".join(
            f"{name} = {policy.parameters[name]}" for name in _named(rule.when) if name in policy.parameters
        ),
        "verdict": f"{rule.verdict} ({rule.code})",
        "overrides": ", ".join(rule.overrides),
        "cases": cases,
    }
    for key, value in told.items():
        if value:
            print(f"  {padded(say(f'policy.{key}'), 14)} {value}")


def _row(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "requirements": list(rule.requirements),
        "article": rule.article,
        "quote": rule.quote,
        "observed": rule.observed,
        "from": str(rule.start),
        "to": None if rule.end is None else str(rule.end),
        "on": list(rule.on),
        "verdict": rule.verdict,
        "code": rule.code,
        "text": rule.text,
        "text_zh": rule.text_zh,
        "overrides": list(rule.overrides),
    }


def _named(when: object) -> list[str]:
    """Return the parameters of the pack that a condition names."""
    if isinstance(when, dict):
        return [name for value in when.values() for name in _named(value)]
    if isinstance(when, list):
        return [name for value in when for name in _named(value)]
    return [when[1:]] if isinstance(when, str) and when.startswith("$") else []


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("YYYY-MM-DD") from None


def _today() -> date:
    from gateway.canonical import now_us
    from gateway.canonical.moments import day_of

    return day_of(now_us())
