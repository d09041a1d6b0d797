"""``qiao mapping gaps``: codes without a map, by sender and table, with the line that would map them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, add_settings, at_least_one, maps_of, print_json, read_settings
from gateway.cli.stores import existing_store
from gateway.cli.words import say

if TYPE_CHECKING:
    from gateway.mapping import Maps
    from gateway.settings import Settings
    from gateway.store import Gap


BETWEEN = "|"
"""Between the parts of a test that has no map (``gateway.mapping.local_tests``)."""


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command below ``qiao mapping``."""
    parser = actions.add_parser("gaps", help=say("mapping.gaps"), parents=[shared])
    parser.add_argument("--sender", metavar="NAME", help=say("mapping.gaps.sender"))
    parser.add_argument("--table", metavar="TABLE", help=say("mapping.gaps.table"))
    parser.add_argument("--limit", type=at_least_one, default=50, metavar="N", help=say("inbox.limit"))
    add_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the codes that today's tables still lack, most frequent first."""
    settings = read_settings(options)
    with existing_store(settings) as store:
        counted = store.gaps(sender=options.sender, table=options.table)
    maps = maps_of(settings)
    open_ = [one for one in counted if _is_open(one, maps)]
    since = len(counted) - len(open_)
    shown = open_[: options.limit]
    places = {name: place(settings, name) for name in {one.table for one in shown}}
    if options.json:
        print_json({
            "codes": len(open_),
            "values": sum(one.count for one in open_),
            "mapped_since": since,
            "gaps": [_as_json(one, places[one.table]) for one in shown],
        })  # fmt: skip
        return 0
    _print(shown, places)
    print(say("mapping.gaps.total", codes=len(open_), shown=len(shown), since=since))
    return 0


def _is_open(gap: Gap, maps: Maps) -> bool:
    """Tell whether today's tables still lack a code; of a test, with its unit and specimen."""
    from gateway.mapping.local_tests import is_of_tests, resolve, said

    table = maps.tables.get(gap.table)
    if table is None:
        return True
    if not is_of_tests(table):
        return table.get(gap.code) is None
    profile = maps.profiles.get(gap.sender)
    names = profile.tests if profile is not None else (gap.table,)
    return isinstance(resolve([maps.tables[name] for name in names], said(gap.code)), str)


def place(settings: Settings, table: str) -> Path:
    """Return the file to edit: the hospital's own where it has a folder for them, else that of the table."""
    if settings.mapping.codes:
        own = Path(settings.mapping.codes)
        return next(iter(sorted(own.glob(f"{table}.*"))), own / f"{table}.yaml")
    root = Path(settings.mapping.root) if settings.mapping.root else Path(str(files("mappings")))
    folders = (root / "hl7v2" / "codes", root / "conceptmaps")
    there = (path for folder in folders for path in sorted(folder.glob(f"{table}.*")))
    return next(there, folders[0] / f"{table}.yaml")


def line(code: str, path: Path) -> str:
    """Return the line that maps a code, for the form of that file, its target in capitals."""
    if path.suffix == ".csv" and BETWEEN in code:  # a test: its unit and specimen are checked
        test, unit, specimen, *name = code.split(BETWEEN)
        return f"{test},LOINC,{' '.join(name) or 'DISPLAY'},{specimen},{unit}"
    if path.suffix == ".csv":
        quoted = f'"{code.replace(chr(34), chr(34) * 2)}"' if set(code) & set(',"\n') else code
        return f"{quoted},CODE,DISPLAY"
    written = json.dumps(code, ensure_ascii=False)
    if path.suffix == ".json":
        target = '{"code": "CODE", "display": "DISPLAY", "equivalence": "equivalent"}'
        return f'{{"code": {written}, "target": [{target}]}}'
    return f"  {written}: [CODE, DISPLAY]"


def _print(shown: Iterable[Gap], places: dict[str, Path]) -> None:
    def heading(one: Gap) -> tuple[str, str]:
        return one.sender, one.table

    sums: dict[tuple[str, str], int] = {}
    listed = list(shown)
    for one in listed:
        sums[heading(one)] = sums.get(heading(one), 0) + one.count
    listed.sort(key=lambda one: (-sums[heading(one)], heading(one)))
    for (sender, table), codes in groupby(listed, heading):
        path = places[table]
        print(f"{sender}  {table}  {sums[sender, table]}")
        print(
            "  " + say("mapping.gaps.edit" if path.exists() else "mapping.gaps.make", path=path, table=table)
        )
        for one in codes:
            print(f"  {one.count:>8}  {line(one.code, path)}")


def _as_json(one: Gap, path: Path) -> dict[str, object]:
    return {
        "tenant": one.tenant,
        "sender": one.sender,
        "table": one.table,
        "code": one.code,
        "count": one.count,
        "file": str(path),
        "line": line(one.code, path),
    }
