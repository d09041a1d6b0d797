"""What became of an import: counts, and each line that could not be taken with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.api import outcome
from gateway.canonical.json import dumps
from gateway.canonical.operation_outcome import issue, operation_outcome

MOST = 1000
"""Faults that are told; of more the first ones."""
COUNTS = ("created", "updated", "unchanged", "deleted", "failed")


@dataclass(slots=True, frozen=True)
class Fault:
    """Why a line was not taken.

    Attributes:
        line: from 1.
        code: type of the issue (R4 ValueSet issue-type).
        text: without anything that stood in the line; ``text_zh`` where the tables of faults have none.
        where: path of the element, ``""`` for none.
        source: file or URL, ``""`` where there is one only.
    """

    line: int
    code: str
    text: str
    where: str = ""
    source: str = ""
    text_zh: str = ""


@dataclass(slots=True)
class Summary:
    """Counts of one import by what became of the lines, and the first faults."""

    lines: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def fail(self, fault: Fault) -> None:
        """Count a line that was not taken."""
        self.counts["failed"] += 1
        if len(self.faults) < MOST:
            self.faults.append(fault)

    def parameters(self, zh: bool = False) -> dict[str, Any]:
        """Return a Parameters resource: the counts, and an OperationOutcome of the faults, if any."""
        counted = [("lines", self.lines), *((name, self.counts[name]) for name in COUNTS)]
        listed: list[dict[str, Any]] = [{"name": name, "valueInteger": count} for name, count in counted]
        if self.faults:
            listed.append(
                {"name": "outcome", "resource": operation_outcome([_issue(one, zh) for one in self.faults])}
            )
        return {"resourceType": "Parameters", "parameter": listed}

    def ndjson(self, zh: bool = False) -> Iterator[bytes]:
        """Yield lines: an OperationOutcome for each fault, and at the end the counts."""
        for one in self.faults:
            yield dumps(operation_outcome([_issue(one, zh)])) + b"\n"
        told = self.parameters()
        told["parameter"] = [one for one in told["parameter"] if "resource" not in one]
        yield dumps(told) + b"\n"


def _issue(fault: Fault, zh: bool) -> dict[str, Any]:
    line = f"第 {fault.line} 行：" if zh else f"line {fault.line}: "
    place = f"{fault.source}:{fault.line}: " if fault.source else line
    text = (fault.text_zh or outcome.spoken(fault.text, zh)) if zh else fault.text
    at = [{"url": outcome.LINE, "valueInteger": fault.line}]
    return {"extension": at, **issue("error", fault.code, f"{place}{text}", fault.where)}
