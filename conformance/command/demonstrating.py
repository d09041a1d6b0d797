"""``qiao conformance demo``: sets up the demo of this project as a target, tests all of it, takes it down.

The demo is a process like any target: nothing of it is imported, what it can do is in its ``target.yaml``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.command import running
from conformance.command.parser import parser
from conformance.command.printed import Stopped, notice
from conformance.command.words import language, say

DEMO = (sys.executable, "-m", "gateway", "demo", "--json")
_PATIENTS = 12
"""Of the day that is played before, so that there are data whose quality can be told."""
_PATIENCE = 60
"""Seconds in which it ends when it is told to."""


def run(options: argparse.Namespace) -> int:
    """Test the demo; the exit code is that of ``run``."""
    with tempfile.TemporaryDirectory(prefix="qiao-conformance-") as folder:
        notice(say("demo.starts"))
        with standing(Path(folder), options.jurisdiction) as target:
            asked = ["run", "--target", str(target), "--report", str(options.report), "--fresh"]
            asked += ["--lang", language(), "--jobs", str(options.jobs)]
            asked += ["--json"] * options.json + ["--no-pdf"] * options.no_pdf
            return running.run(parser().parse_args(asked))


@contextmanager
def standing(folder: Path, jurisdictions: list[str]) -> Iterator[Path]:
    """Yield the ``target.yaml`` of a demo that stands as long. Raises :class:`Stopped`: it does not."""
    target, log = folder / "target.yaml", folder / "demo.log"
    command = [*DEMO, "--dir", str(folder / "day"), "--target", str(target), "--patients", str(_PATIENTS)]
    command += [part for one in jurisdictions for part in ("--jurisdiction", one)]
    # In a session of its own: Ctrl-C ends the run, which still needs it to remove its data.
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 -- our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        ) as program,
    ):
        assert program.stdout is not None
        try:
            if not _stands(program.stdout.readline()):
                raise Stopped(say("demo.failed", why=log.read_text("utf-8", "replace").strip()[-500:]))
            yield target
        finally:
            _end(program)


def _stands(line: bytes) -> bool:
    try:
        return "target" in json.loads(line)
    except (ValueError, TypeError):
        return False


def _end(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()
