"""``qiao mapping seed``: official maps of the HL7 v2-to-FHIR guide as first drafts in our row format."""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from gateway.cli.output import Commands, notice, print_json
from gateway.cli.words import say


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command below ``qiao mapping``."""
    parser = actions.add_parser("seed", help=say("mapping.seed"), parents=[shared])
    parser.add_argument("names", nargs="+", metavar="MAP", help=say("mapping.seed.maps"))
    parser.add_argument("--write", action="store_true", help=say("mapping.seed.write"))
    parser.add_argument("--maps", default="", metavar="DIR", help=say("mapping.root"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print or write the drafts; 1 where a file is there already."""
    from gateway.mapping.guide import names, place, read_guide, translate

    root = Path(options.maps) if options.maps else Path(str(files("mappings")))
    guide, (maps, tables) = read_guide(), names(root)
    refused = 0
    for name in options.names:
        text = translate(guide, name, maps, tables)
        if not options.write:
            print_json({"map": name, "text": text}) if options.json else print(text)
            continue
        path = root / "hl7v2" / place(guide, name)
        if path.exists():
            notice(say("mapping.seed.there", path=path))
            refused = 1
            continue
        path.write_text(text, encoding="utf-8")
        print_json({"map": name, "path": str(path)}) if options.json else print(
            say("mapping.seed.written", path=path)
        )
    return refused
