"""``qiao mapping check``: load and check every map, and what the maps say about the guide."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from gateway import registry
from gateway.cli import coverage, diff, gaps, seed, translate
from gateway.cli.output import Commands, add_config, add_group, maps_of, print_json, read_settings, said
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings
from gateway.spec import Lays


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    actions = add_group(commands, "mapping")
    parser = actions.add_parser("check", help=say("mapping.check"), parents=[shared])
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    add_config(parser)
    parser.set_defaults(run=run)
    for command in (coverage, seed, translate, gaps, diff):
        command.add(actions, shared)


def run(options: argparse.Namespace) -> int:
    """Print the problems; 1 if there are any."""
    count, problems = examine(read_settings(options), options.maps)
    if options.json:
        print_json({"messages": count, "problems": problems})
    else:
        for problem in problems:
            print(problem)
        print(say("mapping.problems", count=len(problems)) if problems else say("mapping.ok", count=count))
    return 1 if problems else 0


def _doors(settings: Settings) -> Iterator[Lays]:
    """Yield the doors that are set up, and whose lines may name a layout; none of them is opened."""
    for name, spec in registry.find().items():
        if name in settings.adapters:
            options = registry.options(spec, settings.adapters[name], settings.file)
            options.pop("enabled")
            door = spec.source(options)
            if isinstance(door, Lays):
                yield door


def examine(settings: Settings, root: str = "") -> tuple[int, list[str]]:
    """Return how many message types have maps, and what is wrong with the maps and code tables."""
    from gateway.mapping.guide import check
    from gateway.mapping.rows import FORMS

    try:
        maps_of(settings, root, frozenset(FORMS))
        maps = maps_of(settings, root)
        for door in _doors(settings):
            maps.layouts.check_named(door.layouts)
        return len(maps.messages), check(maps)
    except Misconfigured as error:
        return 0, [said(error)]
