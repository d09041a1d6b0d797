"""``qiao conformance``: hands over to the program that tests gateways over the network, ours too."""

from __future__ import annotations

import argparse
import importlib

from gateway.cli.output import Commands
from gateway.cli.words import language, say

PROGRAM = "conformance.command"
"""Module with ``main(arguments, language) -> exit code``."""


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command; ``--help``, ``--lang`` and ``--json`` behind its name are the program's own."""
    # No prefix that anybody types: whatever follows is an argument of that program, its options too.
    parser = commands.add_parser("conformance", help=say("conformance"), add_help=False, prefix_chars="\0")
    parser.add_argument("rest", nargs="*", metavar="…", help=say("conformance.rest"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the program; returns its exit code."""
    # By name, and not before it is asked for: the gateway knows nothing of what tests it, nor does any other
    # command wait for it.
    program = importlib.import_module(PROGRAM)
    return int(program.main(options.rest, language()))
