"""``qiao feed``: the ledger and what the regulator gets of it; each file ``feed_*.py`` has actions of it."""

from __future__ import annotations

import argparse
from importlib import import_module
from pkgutil import iter_modules

import gateway.cli
from gateway.cli.output import Commands, add_group


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands: those of every module ``gateway.cli.feed_*``, by its ``add(actions, shared)``."""
    actions = add_group(commands, "feed")
    for name in sorted(one.name for one in iter_modules(gateway.cli.__path__)):
        if name.startswith("feed_"):
            import_module(f"gateway.cli.{name}").add(actions, shared)
