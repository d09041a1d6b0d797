"""``qiao mapping translate``: what a code table says about one code."""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.cli.output import Commands, add_settings, print_json, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command below ``qiao mapping``."""
    parser = actions.add_parser("translate", help=say("mapping.translate"), parents=[shared])
    parser.add_argument("table", metavar="TABLE", help=say("mapping.translate.table"))
    parser.add_argument("code", metavar="CODE", help=say("mapping.translate.code"))
    parser.add_argument("--system", default="", metavar="URI", help=say("mapping.translate.system"))
    parser.add_argument("--reverse", action="store_true", help=say("mapping.translate.reverse"))
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    parser.add_argument("--codes", default="", metavar="DIR", help=say("mapping.codes"))
    add_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the translations; 1 if the code has none."""
    from gateway.mapping import load_maps
    from gateway.mapping.translate import find, translate

    settings = read_settings(options).mapping
    root, codes = options.maps or settings.root, options.codes or settings.codes
    tables = load_maps(Path(root) if root else None, Path(codes) if codes else None).tables
    table = find(tables, options.table)
    if table is None:
        raise Misconfigured(
            say("mapping.translate.unknown", name=options.table, known=", ".join(sorted(tables)))
        )
    matches = translate([table], options.code, options.system, reverse=options.reverse)
    entry = None if options.reverse else table.get(options.code)
    extra = dict(entry.extra) if entry else {}
    if options.json:
        found = [{"equivalence": one.equivalence, "concept": dict(one.coding)} for one in matches]
        print_json({"table": table.name, "url": table.url, "result": bool(matches), "match": found, **extra})
    else:
        for one in matches:
            print(
                "  ".join(
                    [one.equivalence, *(one.coding.get(part, "") for part in ("code", "display", "system"))]
                )
            )
        for name, value in extra.items():
            print(name, value)
        if not matches and not extra:
            print(say("mapping.translate.none", name=table.name))
    return 0 if matches or extra else 1
