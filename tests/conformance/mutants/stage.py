"""Stage: a process that starts demos, each with its mutant, from the folder in which this file lies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mutants.mutant import VARIABLE

ROOT = Path(__file__).parents[3]


class Broken(Exception):
    """A demo did not start, or did not end as an operator ends one."""


class Stage:
    """Starts and ends demos."""

    def __init__(self) -> None:
        # A copy of the repository is tried as it is, whichever folder the interpreter has it installed from.
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(ROOT / "tests" / "conformance" / "standing.py")]
        self._program = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _ask(self, said: dict[str, Any]) -> dict[str, Any]:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(said) + "\n")
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        if not line:
            raise Broken("the program that starts demos is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @contextmanager
    def demo(self, jurisdiction: str, mutant: str = "") -> Iterator[Path]:
        """Run one until the block ends; yields its ``target.yaml``, in a folder that is gone then.

        Raises:
            Broken: it did not start, or ended with an error.
        """
        with tempfile.TemporaryDirectory(prefix="mutant-") as name:
            folder = Path(name)
            given = [
                "--dir",
                name,
                "--target",
                f"{name}/target.yaml",
                "--jurisdiction",
                jurisdiction,
                "--idle",
            ]
            environment = {VARIABLE: mutant} if mutant else {}
            start = {"arguments": given, "environment": environment, "errors": f"{name}/errors"}
            answer = self._ask({"start": start})
            if "failed" in answer:
                raise Broken(answer["failed"][-500:])
            try:
                yield folder / "target.yaml"
            finally:
                ended = self._ask({"stop": answer["process"]})
            if ended["code"]:
                raise Broken((folder / "errors").read_text("utf-8")[-500:])

    def close(self) -> None:
        """End the process, and every demo that it still has."""
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait()
