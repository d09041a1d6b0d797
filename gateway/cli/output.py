"""Output: how commands print, and the arguments that several of them share."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.words import say, say_fault
from gateway.errors import Misconfigured, QiaoError, Rejected
from gateway.settings import Settings, load, override

if TYPE_CHECKING:
    from gateway.mapping import Maps

Commands = argparse._SubParsersAction  # noqa: SLF001 -- argparse has no public name for it

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def said(error: QiaoError) -> str:
    """Return an error in the chosen language, its place in front."""
    if not isinstance(error, Rejected):
        return say_fault(str(error))
    return f"{error.where}: {say_fault(error.reason)}" if error.where else say_fault(error.reason)


def print_json(value: object) -> None:
    """Print one line of JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def notice(text: str) -> None:
    """Print one line for people on standard error."""
    print(text, file=sys.stderr, flush=True)


def padded(text: str, width: int) -> str:
    """Return ``text`` filled up to ``width`` columns of a terminal, where a Chinese character takes two."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    return sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


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
    add_config(parser)
    parser.add_argument("--store", metavar="URL", default="", help=say("store"))


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``."""
    parser.add_argument("--config", metavar="FILE", type=Path, help=say("config"))


def read_settings(
    options: argparse.Namespace, *, host: str = "", port: int | None = None, guarded: bool = True
) -> Settings:
    """Return the settings that the options name (see ``settings.override``). Raises ``Misconfigured``."""
    found = load(options.config, guarded=False)
    store_url = getattr(options, "store", "")
    return override(found, store_url=store_url, host=host, port=port, guarded=guarded)


@contextmanager
def of_the_command() -> Iterator[None]:
    """Let what is wrong with an option be a mistake of the command, not of the data.

    Raises:
        Misconfigured: in place of ``Rejected``.
    """
    try:
        yield
    except Rejected as error:
        raise Misconfigured(error.reason, code=error.code, where=error.where) from None


def maps_of(settings: Settings, root: str = "", forms: frozenset[str] = frozenset()) -> Maps:
    """Return the maps that ``qiao serve`` would use, or those below ``root``. Raises ``Misconfigured``.

    Args:
        forms: what the messages are to be written out as; nothing that is stored has one.
    """
    from gateway.mapping import load_maps

    root, codes = root or settings.mapping.root, settings.mapping.codes
    return load_maps(Path(root) if root else None, Path(codes) if codes else None, forms)


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, nothing elsewhere; what it gives is told how much more is done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda size: bar.update(task, advance=size)
