"""``qiao mapping coverage``: the HL7 v2-to-FHIR guide row by row, beside our maps."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

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
    if options.json:
        _show_json(coverage, options.names, listed)
    else:
        _show(coverage, options.names, listed, all_maps=not any(wanted.values()))
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


def _show(coverage: Coverage, names: list[str], listed: list[Verdict], *, all_maps: bool) -> None:
    """Print a table of the maps that are named or have a row in the list, the totals, and the rows."""
    shown = {*names} or {one.row.map for one in listed}
    print(_line("", (say(f"mapping.coverage.{one}") for one in ("rows", "done", "left", "lack"))))
    for name, counts in coverage.maps().items():
        if name in shown or (all_maps and not names):
            print(_line(name, counts.values()))
    totals = coverage.counts(names)
    for kind, counts in totals.items():
        if counts["rows"]:
            print(_line(kind.upper(), counts.values()))
    _show_rows(listed, names)
    for problem in coverage.problems:
        print(problem)
    total = totals["total"]
    if total["rows"] and not names:
        share, accounted = total["implemented"] / total["rows"], 1 - total["missing"] / total["rows"]
        bare = sum(1 for one in coverage.verdicts if one.reason == "no-source-code")
        print(say("mapping.coverage.note", share=share, accounted=accounted, bare=bare))


def _show_rows(listed: list[Verdict], names: list[str]) -> None:
    """Print the rows, those of a code system that is not named only as their number for each reason."""
    codes: Counter[tuple[str, str]] = Counter()
    for one in listed:
        if one.row.kind == "codesystems" and one.row.map not in names:
            codes[one.row.map, _why(one)] += 1
        else:
            print(f"{one.row.id}  {one.row.target}  {_why(one)}".rstrip())
    for (name, why), count in codes.items():
        print(say("mapping.coverage.codes", name=name, count=count, why=why).rstrip())
    if codes:
        print(say("mapping.coverage.codes.more", name=next(iter(codes))[0]))


def _why(one: Verdict) -> str:
    """Return why a row is left out, ``""`` for one that is missing."""
    if not one.reason:
        return ""
    return say("mapping.coverage.why", reason=say(f"mapping.coverage.why.{one.reason}"), text=_text(one))


def _text(one: Verdict) -> str:
    return one.zh if one.zh and language() == "zh" else one.text


def _line(name: str, cells: Iterable[object]) -> str:
    return f"{name:<50}" + "".join(_right(str(cell), 12) for cell in cells)


def _right(text: str, width: int) -> str:
    """Return a text moved to the right; a Chinese character takes two places."""
    wide = sum(1 for sign in text if east_asian_width(sign) in "FW")
    return text.rjust(width - wide)
