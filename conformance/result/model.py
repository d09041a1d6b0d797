"""Owns what a run found, as it stands in ``result.json``: reports are made of it, runs are compared by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.result.figures import Coverage, Score, Topic
from conformance.result.file import read_json, write_json
from conformance.result.requirement import (
    Attestation,
    Cited,
    Evidence,
    Method,
    RequirementResult,
    Standing,
    State,
    by_day,
)
from conformance.result.shape import Shaped

__all__ = [
    "SCHEMA",
    "Attestation",
    "CheckResult",
    "Cited",
    "Course",
    "Coverage",
    "Definitions",
    "Environment",
    "Evidence",
    "Excluded",
    "Method",
    "RequirementResult",
    "Result",
    "Score",
    "Source",
    "Standing",
    "State",
    "Step",
    "SuiteResult",
    "Tested",
    "Tool",
    "Topic",
    "Trouble",
    "load",
    "save",
]

SCHEMA = "urn:qiao:conformance:result:1"


@dataclass(slots=True, frozen=True)
class Definitions(Shaped):
    """SHA-256 of what the run was made by; ``suites``: by the suite's id."""

    catalogue: str = ""
    suites: Mapping[str, str] = field(default_factory=dict)
    harness: str = ""


@dataclass(slots=True, frozen=True)
class Tool(Shaped):
    """The program that ran."""

    name: str
    version: str
    definitions: Definitions = field(default_factory=Definitions)


@dataclass(slots=True, frozen=True)
class Course(Shaped):
    """When and how it ran (``run`` of the file).

    Attributes:
        complete: every check that was chosen came to a verdict.
        whole: every check there is was chosen; False: the score is that of a part.
        command: as it was typed, without credentials.
        day: whose law was asked for, ``YYYY-MM-DD``, where it is not the day of the run; else empty.
        foreign: suites that do not come with the program.
        taken_up: checks that an earlier sitting of this run had ended.
    """

    id: str
    seed: int
    started: str
    finished: str
    seconds: float
    complete: bool
    jurisdictions: tuple[str, ...]
    suites: tuple[str, ...]
    jobs: int = 1
    lang: str = "zh"
    command: str = ""
    whole: bool = True
    day: str = ""
    foreign: tuple[str, ...] = ()
    taken_up: int = 0


@dataclass(slots=True, frozen=True)
class Tested(Shaped):
    """What was tested (``target`` of the file).

    Attributes:
        fhir: base URL.
        declared: SHA-256 of its ``target.yaml``; empty where there is none.
        clock_offset_seconds: how far its clock is ahead of ours.
    """

    name: str
    fhir: str
    software: str = ""
    version: str = ""
    fhir_version: str = field(default="", metadata={"json": "fhirVersion"})
    capabilities: tuple[str, ...] = ()
    declared: str = ""
    clock_offset_seconds: float = 0.0


@dataclass(slots=True, frozen=True)
class Environment(Shaped):
    """Where the program ran; ``packages``: name → version."""

    python: str = ""
    platform: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Step(Shaped):
    """One thing that a check did; ``evidence``: numbers of exchanges."""

    action: Words
    expected: Words
    actual: Words
    ok: bool
    evidence: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class CheckResult(Shaped):
    """What became of a check."""

    id: str
    suite: str
    requirement: str
    title: Words
    critical: bool
    verdict: Verdict
    reason: Words | None = None
    advice: Words | None = None
    steps: tuple[Step, ...] = ()
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True, frozen=True)
class SuiteResult(Shaped):
    """What became of a suite; ``counts``: verdict → checks; ``error``: why its file could not be read."""

    id: str
    title: Words
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


@dataclass(slots=True, frozen=True)
class Trouble(Shaped):
    """Something of the harness that went wrong, and where (``errors`` of the file)."""

    where: str
    what: str


@dataclass(slots=True, frozen=True)
class Excluded(Shaped):
    """Articles that ask a gateway for nothing, and why."""

    articles: tuple[str, ...]
    reason: Words


@dataclass(slots=True, frozen=True)
class Source(Shaped):
    """A document that requirements are drawn from.

    Attributes:
        number: what it is cited by.
        since, until: first and last day in force, ``YYYY-MM-DD``; None: not stated.
        legal: False: a specification.
    """

    id: str
    title: Words
    number: str
    jurisdiction: str
    since: str | None = None
    until: str | None = None
    sha256: str = ""
    legal: bool = True
    note: Words | None = None
    excluded: tuple[Excluded, ...] = ()


@dataclass(slots=True, frozen=True)
class Result(Shaped):
    """All of ``result.json``.

    Attributes:
        left: seeded data that could not be removed.
        errors: of the harness.
        documents: what the requirements were drawn from, so that a report needs no catalogue.
    """

    tool: Tool
    run: Course
    target: Tested
    environment: Environment
    score: Score
    coverage: Coverage
    checks: tuple[CheckResult, ...] = ()
    requirements: tuple[RequirementResult, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    suites: tuple[SuiteResult, ...] = ()
    left: tuple[str, ...] = ()
    errors: tuple[Trouble, ...] = ()
    documents: tuple[Source, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what stands in the file: the same run, the same bytes, in whatever order its parts came."""
        return {"schema": SCHEMA, **super(Result, self.ordered()).to_json()}

    def ordered(self) -> Result:
        """Return it with every list that has no order of its own sorted by id."""
        return replace(
            self,
            run=replace(
                self.run,
                jurisdictions=tuple(sorted(self.run.jurisdictions)),
                suites=tuple(sorted(self.run.suites)),
            ),
            target=replace(self.target, capabilities=tuple(sorted(self.target.capabilities))),
            checks=tuple(sorted(self.checks, key=lambda one: one.id)),
            requirements=tuple(sorted(self.requirements, key=lambda one: one.id)),
            attestations=tuple(sorted(self.attestations, key=by_day)),
            suites=tuple(sorted(self.suites, key=lambda one: one.id)),
            left=tuple(sorted(self.left)),
            errors=tuple(sorted(self.errors, key=lambda one: (one.where, one.what))),
            documents=tuple(sorted(self.documents, key=lambda one: one.id)),
        )


def load(path: Path) -> Result:
    """Read a ``result.json``, or that of a report's folder.

    Raises:
        Refused: there is none, it is another kind of file, of a newer version, or broken; it says where.
    """
    file = path / "result.json" if path.is_dir() else path
    return Result.from_json(read_json(file, SCHEMA))


def save(result: Result, path: Path) -> None:
    """Write a ``result.json``, or that of a report's folder, whole or not at all. Raises ``OSError``."""
    write_json(path / "result.json" if path.is_dir() else path, result.to_json())
