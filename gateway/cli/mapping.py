"""``qiao mapping check``: load and check every map, and what the maps say about the guide."""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.cli import coverage, diff, gaps, seed, translate
from gateway.cli.output import Commands, add_group, print_json
from gateway.cli.words import say
from gateway.errors import Misconfigured


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    actions = add_group(commands, "mapping")
    parser = actions.add_parser("check", help=say("mapping.check"), parents=[shared])
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    parser.set_defaults(run=run)
    for command in (coverage, seed, translate, gaps, diff):
        command.add(actions, shared)


def run(options: argparse.Namespace) -> int:
    """Print the problems; 1 if there are any."""
    count, problems = examine(options.maps)
    if options.json:
        print_json({"messages": count, "problems": problems})
    else:
        for problem in problems:
            print(problem)
        print(say("mapping.problems", count=len(problems)) if problems else say("mapping.ok", count=count))
    return 1 if problems else 0


def examine(root: str = "") -> tuple[int, list[str]]:
    """Return how many message types have maps, and what is wrong with the maps."""
    from gateway.mapping import load_maps
    from gateway.mapping.guide import check

    try:
        maps = load_maps(Path(root) if root else None)
        return len(maps.messages), check(maps)
    except Misconfigured as error:
        return 0, [str(error)]
