"""``qiao adapter``: the ways in and their settings; one that is run once; the views for a vendor."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from gateway.cli import adapter_run, adapter_template
from gateway.cli.output import Commands, add_group, print_json
from gateway.cli.words import language, say


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    actions = add_group(commands, "adapter")
    parser = actions.add_parser("list", help=say("adapter.list"), parents=[shared])
    parser.set_defaults(run=run)
    adapter_run.add(actions, shared)
    adapter_template.add(actions, shared)


def run(options: argparse.Namespace) -> int:
    """Print every adapter with its settings, their defaults and what they mean; and what stays closed."""
    from gateway import registry

    for spec in registry.find().values():
        title = spec.title_zh if language() == "zh" else spec.title
        if options.json:
            fields = [asdict(field) for field in spec.fields]
            told = {"id": spec.id, "title": title, "content_type": spec.content_type, "fields": fields}
            print_json({**told, "asked": not registry.opens(spec, {})})
            continue
        print(f'[adapters."{spec.id}"]  # {title}')
        if not registry.opens(spec, {}):
            print(f"  # {say('adapter.asked')}")
        for field in spec.fields:
            print(f"  {field.name:<16} {field.default!r:<14} {field.doc}")
    return 0
