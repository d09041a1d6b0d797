"""How the commands print: lines for people on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any


class Stopped(Exception):
    """A command that cannot go on: how it was called, or a file; says what to do."""


def problem(text: str) -> None:
    """Print what went wrong, for people."""
    sys.stderr.write(f"qiao conformance: {text}\n")


def notice(text: str) -> None:
    """Print a line for people."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def line(text: str) -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{text}\n")


def as_json(value: Any) -> None:
    """Print the result as one line of JSON."""
    line(json.dumps(value, ensure_ascii=False, default=str))
