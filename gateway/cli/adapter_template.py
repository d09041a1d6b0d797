"""``qiao adapter template``: the views that a hospital's vendor is asked for, as SQL with comments."""

from __future__ import annotations

import argparse

from gateway.cli.output import Commands, add_config, maps_of, print_json, read_settings
from gateway.cli.words import language, say
from gateway.errors import Misconfigured

DIALECTS = ("postgresql", "mysql", "oracle", "mssql", "dm", "sqlite")

VIEWS = "his/sql_view"
"""The adapter that reads views."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = actions.add_parser("template", help=say("adapter.template"), parents=[shared])
    parser.add_argument(
        "adapter", metavar="ADAPTER", nargs="?", default=VIEWS, help=say("adapter.run.adapter")
    )
    parser.add_argument("--dialect", choices=DIALECTS, required=True, help=say("adapter.template.dialect"))
    parser.add_argument(
        "--as", dest="form", choices=("view", "table"), default="view", help=say("adapter.template.as")
    )
    parser.add_argument(
        "--view", action="append", default=[], metavar="NAME", help=say("adapter.template.view")
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the statements."""
    from gateway.mapping.layout.ddl import statements

    if options.adapter != VIEWS:
        raise Misconfigured(say("adapter.template.none", only=VIEWS), where=options.adapter)
    files = [one for one in maps_of(read_settings(options)).layouts.files.values() if one.data.get("view")]
    known = {one.name: one for one in files}
    if unknown := sorted({*options.view} - {*known}):
        raise Misconfigured(say("adapter.template.unknown", known=", ".join(known)), where=unknown[0])
    chosen = [one for name, one in known.items() if not options.view or name in options.view]
    shared = {detail["view"] for one in chosen for detail in (one.data.get("details") or {}).values()}
    chosen += [one for one in files if one not in chosen and one.data["view"] in shared]
    said = statements(chosen, options.dialect, table=options.form == "table", zh=language() == "zh")
    if options.json:
        print_json({"dialect": options.dialect, "sql": said})
    else:
        print(said, end="")
    return 0
