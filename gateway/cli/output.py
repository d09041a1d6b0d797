"""Output: how commands print, and the arguments that several of them share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings, load, override

Commands = argparse._SubParsersAction  # noqa: SLF001 -- argparse has no public name for it

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def print_json(value: object) -> None:
    """Print one line of JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def notice(text: str) -> None:
    """Print one line for people on standard error."""
    print(text, file=sys.stderr, flush=True)


def at_least_one(text: str) -> int:
    """Return the number that an option was given, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(say("at-least-one"))
    return int(text)


def port_number(text: str) -> int:
    """Return the TCP port that an option was given, for argparse."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(say("port-number"))
    return int(text)


@contextmanager
def naming_the_port() -> Iterator[None]:
    """Name the option and the setting where the API's port is taken."""
    try:
        yield
    except Misconfigured as error:
        if error.where != "[api]":
            raise
        raise Misconfigured(f"{error.reason} ({say('port.option')})", where=error.where) from None


def add_group(commands: Commands[argparse.ArgumentParser], name: str) -> Commands[argparse.ArgumentParser]:
    """Add a command that only groups others (``qiao inbox …``) and return its sub-commands."""
    return commands.add_parser(name, help=say(name)).add_subparsers(required=True, metavar="ACTION")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and ``--store``."""
    parser.add_argument("--config", metavar="FILE", type=Path, help=say("config"))
    parser.add_argument("--store", metavar="URL", default="", help=say("store"))


def read_settings(options: argparse.Namespace, *, host: str = "", port: int | None = None) -> Settings:
    """Return the settings that the options name. Raises ``Misconfigured``."""
    return override(load(options.config), store_url=options.store, host=host, port=port)
