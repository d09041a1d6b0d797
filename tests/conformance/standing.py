"""Starts demos that stand as targets: imports the gateway once and forks for each, a second instead of three.

A line of JSON in, one out: ``{"start": {"arguments": …, "environment": …, "errors": FILE}}``,
``{"stop": PID}``.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml  # noqa: F401 -- imported here, once, with everything that a demo imports

from gateway import cli
from gateway.cli import demo_target  # noqa: F401
from tests.forking import load

READING: dict[int, int] = {}
"""Process → end of the pipe on which it says where it stands, and at the end its figures."""


def start(arguments: Sequence[str], environment: dict[str, str], errors: str) -> dict[str, Any]:
    """Return process and what it says when it stands; ``failed`` where it does not."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        _become(arguments, environment, errors, writing)
    os.close(writing)
    READING[process] = reading
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(reading, 1)
        if not piece:
            return {"failed": Path(errors).read_text("utf-8"), **stop(process)}
        line += piece
    return {"process": process, **json.loads(line)}


def _become(arguments: Sequence[str], environment: dict[str, str], errors: str, out: int) -> NoReturn:
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(os.open(errors, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 2)
        os.environ.update(environment)
        _mutate(environment)
        code = cli.main(["demo", "--json", *arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException as error:  # noqa: BLE001 -- it ends with the process, and is told
        sys.stderr.write(f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _mutate(environment: dict[str, str]) -> None:
    """Switch off what a mutant lacks, before anything is built."""
    from mutants.mutant import VARIABLE, switch_off

    if VARIABLE in environment:
        switch_off(environment[VARIABLE])


def stop(process: int) -> dict[str, Any]:
    """End one as an operator does; return its exit code and what it said last."""
    os.kill(process, signal.SIGTERM)
    with os.fdopen(READING.pop(process), "rb") as rest:
        lines = rest.read().splitlines()
    _, status = os.waitpid(process, 0)
    return {"code": os.waitstatus_to_exitcode(status), "figures": json.loads(lines[-1]) if lines else {}}


def main() -> None:
    """Do what is asked until nobody asks any more; then nothing is left running."""
    load()
    gc.set_threshold(20_000, 20, 50)  # each demo lives for one run
    for line in sys.stdin:
        asked = json.loads(line)
        answer = start(**asked["start"]) if "start" in asked else stop(asked["stop"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for process in list(READING):
        stop(process)


if __name__ == "__main__":
    main()
