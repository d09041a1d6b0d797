"""``qiao profiles``: the profiles that qiao ships, and the FHIR package that other tools load."""

from __future__ import annotations

import argparse
from pathlib import Path

from gateway.cli.output import Commands, add_group, notice, padded, print_json
from gateway.cli.words import say


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "profiles")
    listing = actions.add_parser("list", help=say("profiles.list"), parents=[shared])
    listing.set_defaults(run=list_)
    packing = actions.add_parser("package", help=say("profiles.package"), parents=[shared])
    packing.add_argument(
        "-o", "--output", required=True, type=Path, metavar="FILE", help=say("profiles.output")
    )
    packing.set_defaults(run=package)


def list_(options: argparse.Namespace) -> int:
    """Print every profile and extension with its type."""
    from gateway.validation.artefacts import shipped_artefacts

    for url, one in sorted(shipped_artefacts().items()):
        if one["resourceType"] != "StructureDefinition":
            continue
        if options.json:
            print_json({"url": url, "type": one["type"], "id": one["id"], "title": one["title"]})
        else:
            print(f"{padded(url, 42)} {padded(one['type'], 20)} {one['title']}")
    return 0


def package(options: argparse.Namespace) -> int:
    """Write the package."""
    from gateway.registry import version
    from gateway.validation.package import NAME, fhir_package

    data = fhir_package(version())
    options.output.write_bytes(data)
    if options.json:
        print_json({"file": str(options.output), "name": NAME, "version": version(), "bytes": len(data)})
    else:
        notice(say("profiles.written", file=options.output, name=NAME, version=version()))
    return 0
