"""Owns what a TestScript says, typed: fixtures, variables, actions (R4 TestScript)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.harness.words import Words
from conformance.simulators.exact import Resource


@dataclass(slots=True, frozen=True)
class Fixture:
    """``TestScript.fixture``: a resource that the script works with."""

    id: str
    reference: str
    autocreate: bool = False
    autodelete: bool = False


@dataclass(slots=True, frozen=True)
class Variable:
    """``TestScript.variable``; of ``header_field``, ``path`` and ``expression`` at most one is given."""

    name: str
    default: str | None = None
    header_field: str = ""
    path: str = ""
    expression: str = ""
    source_id: str = ""
    hint: str = ""


@dataclass(slots=True, frozen=True)
class Capability:
    """``TestScript.metadata.capability`` that a server has to have: the least CapabilityStatement."""

    reference: str
    destination: int | None = None


@dataclass(slots=True, frozen=True)
class Operation:
    """``TestScript.setup.action.operation``."""

    system: str = ""
    code: str = ""
    resource: str = ""
    accept: str = ""
    content_type: str = ""
    destination: int | None = None
    origin: int | None = None
    encode: bool = True
    method: str = ""
    params: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    request_id: str = ""
    response_id: str = ""
    source_id: str = ""
    target_id: str = ""
    url: str = ""


@dataclass(slots=True, frozen=True)
class Assertion:
    """``TestScript.setup.action.assert``.

    Attributes:
        asked: element that says what is asserted, and what it says: ``("responseCode", "200")``.
        stops: whether the test ends where it fails: as in R4, unless R5's ``stopTestOnFail`` says otherwise.
    """

    asked: tuple[str, str]
    direction: str = "response"
    operator: str = "equals"
    value: str | None = None
    source_id: str = ""
    compare_to: str = ""
    compare_expression: str = ""
    compare_path: str = ""
    warning_only: bool = False
    stops: bool = True


@dataclass(slots=True, frozen=True)
class Action:
    """One step.

    Attributes:
        kind: ``operation`` or ``assert``.
        fault: why it cannot be carried out, where the script itself is wrong.
    """

    kind: str
    label: str = ""
    description: str = ""
    operation: Operation | None = None
    assertion: Assertion | None = None
    fault: Words | None = None


@dataclass(slots=True, frozen=True)
class Test:
    """``TestScript.test``."""

    name: str
    description: str
    actions: tuple[Action, ...]


@dataclass(slots=True, frozen=True)
class Script:
    """A TestScript as it was read.

    Attributes:
        problem: why nothing of it can be run; ``None`` for a script that can.
        required: what servers have to be able to do for it to be run.
        profiles: id → reference.
    """

    file: Path
    url: str = ""
    version: str = ""
    name: str = ""
    title: str = ""
    origins: tuple[int, ...] = ()
    destinations: tuple[int, ...] = ()
    fixtures: tuple[Fixture, ...] = ()
    profiles: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    contained: Mapping[str, Resource] = field(default_factory=dict)
    setup: tuple[Action, ...] = ()
    tests: tuple[Test, ...] = ()
    teardown: tuple[Action, ...] = ()
    required: tuple[Capability, ...] = ()
    problem: Words | None = None
