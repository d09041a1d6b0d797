"""``qiao mapping coverage``: the HL7 v2-to-FHIR guide row by row, beside our maps."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, print_json
from gateway.cli.words import language, say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.mapping.guide import Coverage, Verdict


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command below ``qiao mapping``."""
    parser = actions.add_parser("coverage", help=say("mapping.coverage"), parents=[shared])
    parser.add_argument("names", nargs="*", metavar="MAP", help=say("mapping.coverage.maps"))
    parser.add_argument("--missing", action="store_true", help=say("mapping.coverage.missing"))
    parser.add_argument("--excluded", action="store_true", help=say("mapping.coverage.excluded"))
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the counts and the rows asked for; 1 where a ``guide:`` key names what the guide has not."""
    from gateway.mapping import load_maps
    from gateway.mapping.guide import cover, read_exclusions, read_guide

    guide = read_guide()
    for name in options.names:
        if name not in guide.kinds:
            raise Misconfigured(say("mapping.guide.unknown", name=name))
    maps = load_maps(Path(options.maps) if options.maps else None)
    coverage = cover(guide, maps, read_exclusions())
    wanted = {"missing": options.missing, "excluded": options.excluded}
    listed = [
        one
        for one in coverage.verdicts
        if wanted.get(one.state) and (one.row.map in options.names or not options.names)
    ]
    show = _show_json if options.json else _show
    show(coverage, options.names, listed)
    return 1 if coverage.problems else 0


def _show_json(coverage: Coverage, names: list[str], listed: list[Verdict]) -> None:
    maps = {name: counts for name, counts in coverage.maps().items() if name in names or not names}
    shown: dict[str, object] = {**coverage.counts(names), "maps": maps}
    if listed:
        shown["rows"] = [
            {
                "row": one.row.id,
                "target": one.row.target,
                "state": one.state,
                "reason": one.reason,
                "text": _text(one),
            }
            for one in listed
        ]
    if coverage.problems:
        shown["problems"] = coverage.problems
    print_json(shown)


def _show(coverage: Coverage, names: list[str], listed: list[Verdict]) -> None:
    print(_line("", (say(f"mapping.coverage.{one}") for one in ("rows", "done", "left", "lack"))))
    for name, counts in coverage.maps().items():
        if name in names or not names:
            print(_line(name, counts.values()))
    totals = coverage.counts(names)
    for kind, counts in totals.items():
        if counts["rows"]:
            print(_line(kind.upper(), counts.values()))
    for one in listed:
        print(f"{one.row.id}  {one.row.target}  {one.reason} {_text(one)}".rstrip())
    for problem in coverage.problems:
        print(problem)
    total = totals["total"]
    if total["rows"] and not names:
        share, accounted = total["implemented"] / total["rows"], 1 - total["missing"] / total["rows"]
        bare = sum(1 for one in coverage.verdicts if one.reason == "no-source-code")
        print(say("mapping.coverage.note", share=share, accounted=accounted, bare=bare))


def _text(one: Verdict) -> str:
    return one.zh if one.zh and language() == "zh" else one.text


def _line(name: str, cells: Iterable[object]) -> str:
    return f"{name:<50}" + "".join(f"{cell!s:>12}" for cell in cells)
