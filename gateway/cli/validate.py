"""``qiao validate``: everything that is wrong with FHIR resources in files, each with its line and column."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from gateway.cli.output import Commands, add_config, notice, print_json, progress, read_settings
from gateway.cli.words import language, say
from gateway.errors import Misconfigured

if TYPE_CHECKING:
    from gateway.validation import Examination, Located

LEVELS = ("error", "warning", "information")
SUFFIXES = (".json", ".ndjson", ".xml")
NO_RESOURCES = ("package.json", ".index.json")
"""Files of an unpacked FHIR package that are about it."""
RANK = {"fatal": 0, "error": 0, "warning": 1, "information": 2}


class Text(NamedTuple):
    """One resource as it was found: file, line where it begins (0 for the only one of a file), bytes."""

    file: str
    line: int
    data: bytes


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("validate", help=say("validate"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("validate.files"))
    parser.add_argument("--profile", action="append", default=[], metavar="URL", help=say("validate.profile"))
    parser.add_argument(
        "--definitions", action="append", default=[], metavar="FILE", help=say("validate.definitions")
    )
    parser.add_argument("--level", choices=LEVELS, default="information", help=say("validate.level"))
    parser.add_argument("--must-support", action="store_true", help=say("validate.must-support"))
    parser.add_argument("--no-best-practice", action="store_true", help=say("validate.best-practice"))
    add_config(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check every file; 1 where one is not valid."""
    from gateway.validation import examine, validator_of

    settings = read_settings(options)
    paths = list(_paths(options.files))
    validator = validator_of(settings, [Path(one) for one in options.definitions])
    validator.profiles.must_support = options.must_support
    for url in options.profile:
        if validator.definitions.structure(url) is None:
            raise Misconfigured(say("validate.no-profile", url=url), where="--profile")
    counts: Counter[str] = Counter()
    with progress(say("validate.progress"), sum(size for _, size in paths)) as advance:
        for path, size in paths:
            for text in _texts(path):
                found = examine(validator, text.data, options.profile, not options.no_best_practice)
                counts["valid" if found.valid else "invalid"] += 1
                _print(text, found, options.level, as_json=options.json)
            advance(size)
    if not options.json:
        notice(say("validate.total", valid=counts["valid"], invalid=counts["invalid"]))
    return 1 if counts["invalid"] else 0


def _paths(files: list[str]) -> Iterator[tuple[str, int]]:
    """Files and their sizes; a folder is every JSON and XML file below it."""
    for one in files:
        path = Path(one)
        if one == "-":
            yield one, 0
        elif path.is_dir():
            inside = sorted(
                below
                for below in path.rglob("*")
                if below.suffix in SUFFIXES and below.name not in NO_RESOURCES
            )
            yield from ((str(below), below.stat().st_size) for below in inside)
        elif path.exists():
            yield one, path.stat().st_size
        else:
            raise Misconfigured(say("validate.no-file"), where=one)


def _texts(path: str) -> Iterator[Text]:
    """Resources of a file: one, or one per line (``.ndjson``); no more of each than is taken, and a byte."""
    from gateway.validation.source_text import LARGEST

    if path == "-":
        yield from _piped(sys.stdin.buffer, LARGEST + 1)
        return
    with Path(path).open("rb") as file:
        if not path.endswith(".ndjson"):
            yield Text(path, 0, file.read(LARGEST + 1))
            return
        for number, line in enumerate(_lines(file, LARGEST + 1), 1):
            if line.strip():
                yield Text(path, number, line)


def _piped(file: BinaryIO, most: int) -> Iterator[Text]:
    """Resources of standard input, which has no name: one per line where the first line is one by itself."""
    lines = _lines(file, most)
    head = [next(lines, b"")]
    while (not head[-1].strip() or len(head) == 1) and len(head) < 1000:  # up to a second line with something
        line = next(lines, b"")
        if not line:
            break
        head.append(line)
    if len(head) > 1 and head[-1].strip() and _alone(head[0]):
        for number, line in enumerate(chain(head, lines), 1):
            if line.strip():
                yield Text("-", number, line)
        return
    rest = most - sum(map(len, head))
    yield Text("-", 0, b"".join(chain(head, _until(lines, rest))))


def _alone(line: bytes) -> bool:
    """Tell whether a line is a whole JSON object."""
    from gateway.canonical.json import loads

    try:
        return isinstance(loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _until(lines: Iterator[bytes], most: int) -> Iterator[bytes]:
    while most > 0 and (line := next(lines, b"")):
        yield line[:most]
        most -= len(line)


def _lines(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Lines of a file; of a longer one only the beginning is kept."""
    while line := file.readline(most):
        rest = line
        while len(rest) == most and not rest.endswith(b"\n"):
            rest = file.readline(most)
        yield line


def _print(text: Text, found: Examination, level: str, *, as_json: bool) -> None:
    shown = [one for one in found.issues if RANK[one.issue.severity] <= RANK[level]]
    if as_json:
        head: dict[str, object] = {"file": text.file}
        if text.line:
            head["record"] = text.line
        print_json(head | {"valid": found.valid, "issues": [_as_json(one, text) for one in shown]})
        return
    for one in shown:
        line = text.line or one.line
        place = f"{text.file}:{line}:{one.column}" if line else text.file
        issue = one.issue
        where = f"{issue.where}: " if issue.where else ""
        print(f"{place}: {say('severity.' + issue.severity)}: {where}{_message(one)} [{issue.rule}]")


def _as_json(one: Located, text: Text) -> dict[str, object]:
    issue = one.issue
    return {
        "severity": issue.severity,
        "code": issue.code,
        "rule": issue.rule,
        "location": issue.where,
        "line": text.line or one.line,
        "column": one.column,
        "message": _message(one),
    }


def _message(one: Located) -> str:
    return one.issue.text_zh if language() == "zh" and one.issue.text_zh else one.issue.text
