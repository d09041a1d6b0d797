"""Parse and parse+map beside the peers: rounds in turn on one core, medians."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

from benchmarks.machine import ROOT, pinned

PEERS = Path(".venv-bench/bin/python")
GROUPS = {
    "parse": ("qiao/parse", "hl7/parse", "hl7apy/flat", "hl7apy/parse", "bridge/parse"),
    "parse + read 16 values": ("qiao/read", "hl7/read"),
    "parse + map": ("qiao/map", "bridge/map"),
}
VALIDATION = ("qiao/validate", "models/validate", "schema/validate")
LABELS = {
    "qiao": "qiao",
    "hl7": "python-hl7",
    "hl7apy/flat": "hl7apy (find_groups=False)",
    "hl7apy/parse": "hl7apy (default)",
    "bridge": "hl7v2-fhir-bridge",
    "models": "fhir.resources (R4B)",
    "schema": "jsonschema-rs",
}


@dataclass(slots=True)
class Contestant:
    """A running `benchmarks.contestant` and the rates of its rounds, messages per second."""

    name: str
    kind: str
    version: str = ""
    made: dict[str, int] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        python = sys.executable if self.name.startswith("qiao/") else str(ROOT / PEERS)
        command = pinned(0, [python, "-m", "benchmarks.contestant", self.name, self.kind, sys.executable])
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        hello = self._answer()
        self.version, self.made = hello["version"], hello["made"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.communicate()

    def _answer(self) -> Any:
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()} on {self.kind}")
        return json.loads(line)

    def round(self, seconds: float) -> None:
        """Run for ``seconds`` and note the rate."""
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        count, spent = self._answer()
        self.rates.append(count / spent)

    @property
    def rate(self) -> float:
        """The median round, messages per second."""
        return median(self.rates)

    @property
    def label(self) -> str:
        """The name that the table shows."""
        return LABELS.get(self.name) or LABELS[self.name.split("/")[0]]

    def row(self, group: str, ours: float) -> dict[str, Any]:
        """Return the figures as one row; ``ours`` is the rate that ``ratio`` compares with."""
        head = {"group": group, "message": self.kind, "name": self.name, "label": self.label}
        figures = {"version": self.version, "rate": self.rate, "rates": self.rates, "ratio": ours / self.rate}
        return head | figures | self.made


def compare(names: tuple[str, ...], kind: str, rounds: int, seconds: float) -> list[Contestant]:
    """Return the contestants after ``rounds`` rounds in turn (A B C, A B C, …) of ``seconds`` each."""
    done = [Contestant(name, kind) for name in names]
    started: list[Contestant] = []
    try:
        started.extend(contestant.__enter__() for contestant in done)
        for _ in range(rounds):
            for contestant in done:
                contestant.round(seconds)
    finally:
        for contestant in started:
            contestant.__exit__(None, None, None)
    return done
