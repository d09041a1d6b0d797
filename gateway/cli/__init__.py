"""``qiao``: the command line. One file per command; nothing heavy is imported before a command runs.

Design §4. Exit codes: 0 done, 1 something in the data was refused or failed, 2 usage or configuration.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from gateway.cli import (
    adapter,
    cda,
    client,
    conformance,
    convert,
    critical,
    db,
    demo,
    doctor,
    export,
    feed,
    import_,
    inbox,
    mapping,
    match,
    policy,
    profiles,
    send,
    serve,
    signature,
    terminology,
    validate,
)
from gateway.cli.output import said
from gateway.cli.usage import Parser, speak_argparse
from gateway.cli.words import say, speak
from gateway.errors import Misconfigured, QiaoError
from gateway.settings import language

COMMANDS = (
    demo,
    serve,
    client,
    convert,
    validate,
    cda,
    send,
    export,
    import_,
    inbox,
    match,
    critical,
    mapping,
    profiles,
    policy,
    signature,
    feed,
    conformance,
    terminology,
    adapter,
    db,
    doctor,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    speak(language(_asked_language(given)))
    speak_argparse()
    options = _parser().parse_args(given)
    try:
        return int(options.run(options))
    except QiaoError as error:
        print(f"qiao: {said(error)}", file=sys.stderr)
        return 2 if isinstance(error, Misconfigured) else 1
    except BrokenPipeError:
        # The reader (`| head`) has gone; without this the interpreter complains again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except FileNotFoundError as error:
        print(f"qiao: {error.filename or ''}: {say('validate.no-file')}", file=sys.stderr)
        return 2
    except OSError as error:
        # A full disk, a folder that may not be written: the operator's to mend, and no fault of the program.
        print(f"qiao: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _asked_language(arguments: Sequence[str]) -> str:
    """Return the value of ``--lang``, which must be known before the help texts are made."""
    for this, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if this == "--lang":
            return following
        if this.startswith("--lang="):
            return this.removeprefix("--lang=")
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="qiao", description=say("qiao"), epilog=say("qiao.settings"))
    parser.add_argument("--version", action=_Version, help=say("version"))
    shared = argparse.ArgumentParser(add_help=False)
    for one in (parser, shared):
        # SUPPRESS: a default of the sub-command would overwrite what was given before it.
        one.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=say("lang"))
    shared.add_argument("--json", action="store_true", help=say("json"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands, shared)
    return parser


class _Version(argparse.Action):
    """Print the version; reading the installed metadata is postponed until it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str = "") -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from gateway.registry import version

        print(f"qiao {version()}")
        parser.exit()
