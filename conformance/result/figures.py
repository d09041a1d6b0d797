"""Owns the figures of a run, as they stand in ``result.json``: the score, its topics, and the coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.harness.words import Words
from conformance.result.shape import Shaped


def _nothing() -> Words:
    return Words("", "")


@dataclass(slots=True, frozen=True)
class Topic(Shaped):
    """The score of a part of the catalogue.

    Attributes:
        id: ``A`` to ``H``, or that of the technical rows.
        value: 0 to 100; None where nothing of it counts.
        counted: rows that count.
        weight: of these together.
    """

    id: str
    value: float | None
    counted: int
    weight: float


@dataclass(slots=True, frozen=True)
class Score(Shaped):
    """How good it is; see :mod:`conformance.result.score`.

    Attributes:
        value: 0 to 100, what is shown; cut down to one decimal.
        uncapped: what it were without a cap.
        cap: the lowest cap that holds.
        capped_by: requirements, ``run.complete``, or checks that every target passes.
        formula: what is computed.
        explanation: the same with this run's numbers.
        technical: of the technical rows alone.
        organisational: of the rows about the organisation that were attested.
    """

    value: float
    uncapped: float
    cap: float | None = None
    capped_by: tuple[str, ...] = ()
    formula: Words = field(default_factory=_nothing)
    explanation: Words = field(default_factory=_nothing)
    weights: Mapping[str, float] = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()
    technical: float | None = None
    organisational: float | None = None


@dataclass(slots=True, frozen=True)
class Coverage(Shaped):
    """How much of the documents is looked at; rows, the technical ones apart.

    Attributes:
        automatic: at least one check.
        attestable: no check, but shown by documents or on site.
        with_reason: neither, for a printed reason.
        applicable: where and when this run was.
        tested: came to a verdict in this run, attested ones among them.
        attested: rest on an attestation in force, alone or with checks.
        organisational: duties of the organisation.
        technical: rows of the standard itself, beside the documents.
        percent: of the rows that are not organisational, those with at least one check.
    """

    requirements: int = 0
    automatic: int = 0
    attestable: int = 0
    with_reason: int = 0
    applicable: int = 0
    tested: int = 0
    attested: int = 0
    organisational: int = 0
    technical: int = 0
    percent: float = 0.0
