"""``qiao terminology``: import code systems, value sets and concept maps, list them, look a code up."""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.cli.output import (
    Commands,
    add_group,
    add_settings,
    notice,
    padded,
    print_json,
    progress,
    read_settings,
)
from gateway.cli.words import say
from gateway.settings import terminology_file


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "terminology")
    importing = actions.add_parser("import", help=say("terminology.import"), parents=[shared])
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE", help=say("terminology.files"))
    importing.add_argument("--system", default="", metavar="URL", help=say("terminology.system"))
    importing.add_argument("--version", default="", metavar="V", help=say("terminology.version"))
    importing.set_defaults(run=import_)
    listing = actions.add_parser("list", help=say("terminology.list"), parents=[shared])
    listing.set_defaults(run=list_)
    looking = actions.add_parser("lookup", help=say("terminology.lookup"), parents=[shared])
    looking.add_argument("system", metavar="SYSTEM", help=say("terminology.lookup.system"))
    looking.add_argument("code", metavar="CODE", help=say("terminology.lookup.code"))
    looking.set_defaults(run=lookup)
    for parser in (importing, listing, looking):
        add_settings(parser)


def import_(options: argparse.Namespace) -> int:
    """Read all files, then take them in together; a fault in one of them changes nothing."""
    from gateway.validation.terminology import LoadedFile
    from gateway.validation.terminology.checks import check_together
    from gateway.validation.terminology.load import load
    from gateway.validation.terminology.reading import read

    path = terminology_file(read_settings(options))
    found = [one for file in options.files for one in read(file, options.system, options.version)]
    there = LoadedFile(path)
    check_together(found, lambda url: there.artefact(url, "ValueSet"))
    total = sum(len(one.get("concept", ())) for one in found)
    with progress(say("terminology.progress"), total) as advance:
        concepts = load(path, found, advance)
    if options.json:
        for one in found:
            version = one.get("version", "")
            print_json({"kind": one["resourceType"], "url": one["url"], "version": version})
    notice(say("terminology.imported", artefacts=len(found), concepts=concepts, path=path))
    return 0


def list_(options: argparse.Namespace) -> int:
    """Print what is imported."""
    from gateway.validation.terminology import LoadedFile

    path = terminology_file(read_settings(options))
    rows = LoadedFile(path).rows()
    for one in rows:
        if options.json:
            print_json(
                {"kind": one.kind, "url": one.url, "version": one.version, "name": one.name}
                | ({} if one.concepts is None else {"concepts": one.concepts})
            )
        else:
            count = "" if one.concepts is None else f"{one.concepts:>8}"
            url = f"{one.url}|{one.version}" if one.version else one.url
            print(f"{one.kind:<10} {count:>8}  {padded(url, 60)}  {one.name}".rstrip())
    if not rows and not options.json:
        notice(say("terminology.none", path=path))
    return 0


def lookup(options: argparse.Namespace) -> int:
    """Print what a code system says of a code; 1 if it is not known."""
    from gateway.validation.r4 import Definitions
    from gateway.validation.terminology import LoadedFile, Terminology
    from gateway.validation.terminology.operations.coding import Asked
    from gateway.validation.terminology.operations.lookup import lookup as look

    system, _, version = options.system.partition("|")
    terminology = Terminology(Definitions(), LoadedFile(terminology_file(read_settings(options))))
    found = look(terminology, Asked(options.code, system, version))
    concept = found.concept
    told: dict[str, object] = {
        "system": system,
        "version": found.version,
        "name": found.name,
        "code": concept.code,
        "display": concept.display,
        "designations": [one.value for one in concept.designations],
        "properties": [{"code": name, "value": value} for name, value in concept.properties],
        "parents": list(concept.parents),
        "children": list(concept.children),
    }
    if options.json:
        print_json(told)
        return 0
    print(f"{concept.code}  {concept.display}".rstrip())
    for name in ("name", "version"):
        if told[name]:
            print(f"{name:<12} {told[name]}")
    for one in concept.designations:
        print(f"{one.language or 'designation':<12} {one.value}")
    for name, value in concept.properties:
        print(f"{name:<12} {value}")
    for name, codes in (("parent", concept.parents), ("child", concept.children)):
        if codes:
            print(f"{name:<12} {' '.join(codes)}")
    return 0
