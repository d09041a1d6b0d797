"""Owns the order of a report: what stands in which section. Pure: a result in, sections out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.catalogue.model import TOPICS
from conformance.harness.verdict import Verdict
from conformance.harness.words import Words, same
from conformance.report.wording import DOCUMENTS, TEXT
from conformance.result.model import CheckResult, Result, SuiteResult, Trouble
from conformance.result.requirement import RequirementResult, State

STATES = (State.CONFORMANT, State.PARTIAL, State.NONCONFORMANT, State.NOT_TESTED, State.NOT_APPLICABLE)
"""Verdicts of a requirement, in the order of every table and chart."""
UNRUN = (Verdict.SKIP, Verdict.ERROR, Verdict.NOT_TESTED)
"""Verdicts of a check that say nothing about the target."""
TECHNICAL = "R"


@dataclass(slots=True, frozen=True)
class Clause:
    """A requirement with what was done about it.

    Attributes:
        anchor: name of its place on the page; made here, so that nothing foreign becomes one.
    """

    anchor: str
    requirement: RequirementResult
    checks: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that the target did not pass."""
        return tuple(one for one in self.checks if one.verdict is Verdict.FAIL)

    @property
    def advice(self) -> tuple[Words, ...]:
        """What to do about it: what the failed checks say, then what the catalogue does; each once."""
        own = [one.advice for one in self.failed if one.advice is not None]
        general = [] if self.requirement.advice is None else [self.requirement.advice]
        return tuple(dict.fromkeys([*own, *general]))

    @property
    def unrun(self) -> tuple[CheckResult, ...]:
        """The checks that say nothing about the target."""
        return tuple(one for one in self.checks if one.verdict in UNRUN)


@dataclass(slots=True, frozen=True)
class TopicRow:
    """What became of a topic's requirements.

    Attributes:
        applicable: requirements that apply.
        score: 0 to 100 by the printed formula; None where nothing of it counts.
        tested: percent of what applies; None where nothing does.
    """

    id: str
    title: Words
    counts: Mapping[State, int]
    applicable: int
    score: float | None
    tested: float | None


@dataclass(slots=True, frozen=True)
class SuiteRow:
    """A suite with the requirements that its checks are for."""

    suite: SuiteResult
    counts: Mapping[str, int]
    checks: int
    seconds: float


@dataclass(slots=True, frozen=True)
class View:
    """A result in the order of the report.

    Attributes:
        topics: the rows of the law by their topic; ``total``: all of them; ``basis``: the technical rows.
        every: all requirements, in the order of the report.
        clauses: (topic, its title, clauses that apply).
        findings: nonconformant and partial, critical ones first.
        troubles: errors of the harness, and checks whose requirement nobody knows.
    """

    result: Result
    topics: tuple[TopicRow, ...]
    total: TopicRow
    basis: TopicRow
    suites: tuple[SuiteRow, ...]
    every: tuple[Clause, ...]
    clauses: tuple[tuple[str, Words, tuple[Clause, ...]], ...]
    technical: tuple[Clause, ...]
    findings: tuple[Clause, ...]
    untested: tuple[Clause, ...]
    unrun: tuple[tuple[Clause, CheckResult], ...]
    elsewhere: tuple[RequirementResult, ...]
    anchors: Mapping[str, str]
    troubles: tuple[Trouble, ...]
    documents: tuple[str, ...]

    @property
    def left(self) -> Mapping[str, int]:
        """How many of each type could not be removed."""
        return Counter(one.partition("/")[0] for one in self.result.left)

    @property
    def evident(self) -> bool:
        """Tell whether any exchange was kept."""
        return any(one.evidence for one in self.result.checks)

    @property
    def attested(self) -> tuple[Clause, ...]:
        """The clauses that somebody attested."""
        return tuple(one for one in self.every if one.requirement.attestations)


def view(result: Result) -> View:
    """Return a result in the order of the report."""
    clauses = _clauses(result)
    law = [one for one in clauses if not one.requirement.technical]
    applying = [one for one in clauses if one.requirement.applies]
    topics = _topics(law)
    return View(
        result=result,
        topics=tuple(_topic_row(result, topic, _of(law, topic)) for topic in topics),
        total=_row("", Words("合计", "Total"), law, result.score.value),
        basis=_topic_row(result, TECHNICAL, [one for one in clauses if one.requirement.technical]),
        suites=tuple(_suite_row(one, result.checks) for one in result.suites),
        every=tuple(clauses),
        clauses=tuple(
            (topic, topic_title(topic), tuple(found))
            for topic in topics
            if (found := [one for one in _of(law, topic) if one.requirement.applies])
        ),
        technical=tuple(one for one in applying if one.requirement.technical),
        findings=tuple(sorted((one for one in applying if _finding(one)), key=_gravity)),
        untested=tuple(one for one in applying if one.requirement.verdict is State.NOT_TESTED),
        unrun=tuple((one, check) for one in applying for check in one.unrun),
        elsewhere=tuple(one.requirement for one in clauses if not one.requirement.applies),
        anchors={one.requirement.id: one.anchor for one in applying},
        troubles=(*result.errors, *_strays(result)),
        documents=_documents(result),
    )


def topic_title(topic: str) -> Words:
    """Return the title of a topic, with a capital in English; one that nobody knows is its own title."""
    title = TOPICS.get(topic, same(topic))
    return Words(title.zh, title.en[:1].upper() + title.en[1:])


def _clauses(result: Result) -> list[Clause]:
    checks: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        checks.setdefault(check.requirement, []).append(check)
    rows = sorted(result.requirements, key=_place)
    return [
        Clause(f"c{number}", row, tuple(sorted(checks.get(row.id, ()), key=lambda one: _natural(one.id))))
        for number, row in enumerate(rows, 1)
    ]


def _place(row: RequirementResult) -> tuple[object, ...]:
    return (row.technical, row.topic, _document(row.document), _natural(row.id))


def _documents(result: Result) -> tuple[str, ...]:
    """The documents that hold in this run: a row that is named after another applies by a text that does."""
    stack, day = {*result.run.jurisdictions, "cn", "any"}, result.run.day or result.run.started[:10]
    void = {
        one.id
        for one in result.documents
        if one.jurisdiction not in stack or not (one.since or "") <= day <= (one.until or "9999")
    }
    applying = [row for row in result.requirements if row.applies]
    cited = {row.document for row in applying} | {one.document for row in applying for one in row.also}
    return tuple(sorted(cited - void, key=_document))


def _document(name: str) -> tuple[int, str]:
    known = list(DOCUMENTS)
    return (known.index(name) if name in known else len(known), name)


def _natural(id: str) -> list[tuple[int, int | str]]:
    """``2.10`` stands after ``2.9``."""
    parts = re.split(r"([0-9]{1,9})", id)
    return [(0, int(part)) if at % 2 else (1, part) for at, part in enumerate(parts)]


def _topics(law: Iterable[Clause]) -> list[str]:
    return sorted({one.requirement.topic for one in law})


def _of(clauses: Iterable[Clause], topic: str) -> list[Clause]:
    return [one for one in clauses if one.requirement.topic == topic]


def _topic_row(result: Result, topic: str, clauses: list[Clause]) -> TopicRow:
    if topic == TECHNICAL:
        return _row(topic, topic_title(topic), clauses, result.score.technical)
    score = next((one.value for one in result.score.topics if one.id == topic), None)
    return _row(topic, topic_title(topic), clauses, score)


def _row(topic: str, title: Words, clauses: Iterable[Clause], score: float | None) -> TopicRow:
    counts = Counter(one.requirement.verdict for one in clauses)
    applicable = sum(counts.values()) - counts[State.NOT_APPLICABLE]
    tested = 100 * (applicable - counts[State.NOT_TESTED]) / applicable if applicable else None
    return TopicRow(topic, title, counts, applicable, score, tested)


def _suite_row(suite: SuiteResult, checks: Iterable[CheckResult]) -> SuiteRow:
    own = [one for one in checks if one.suite == suite.id]
    counts = Counter(str(one.verdict) for one in own)
    return SuiteRow(suite, counts, len(own), sum(one.seconds for one in own))


def _finding(clause: Clause) -> bool:
    return clause.requirement.verdict in (State.NONCONFORMANT, State.PARTIAL)


def _gravity(clause: Clause) -> tuple[object, ...]:
    row = clause.requirement
    return (not row.critical, row.verdict is State.PARTIAL, not clause.failed, _place(row))


def _strays(result: Result) -> list[Trouble]:
    """A check whose requirement is not in the catalogue stands in no clause: it is told as an error."""
    known = {one.id for one in result.requirements}
    return [
        Trouble(one.id, f"{TEXT['no-such'].zh} / {TEXT['no-such'].en}: {one.requirement} ({one.verdict})")
        for one in result.checks
        if one.requirement not in known
    ]
