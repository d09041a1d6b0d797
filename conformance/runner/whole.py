"""A whole run: probe, try every check, remove the data, judge, and write what was found."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from conformance.catalogue import Catalogue
from conformance.evidence.masking import Masker
from conformance.evidence.writer import EvidenceWriter, Unwritten
from conformance.harness.check import Check
from conformance.harness.session import Session
from conformance.harness.suite import Loaded
from conformance.harness.target import Target
from conformance.harness.verdict import Verdict
from conformance.harness.words import Words, same
from conformance.result.coverage import coverage
from conformance.result.judge import judge, sources, strangers
from conformance.result.model import (
    Attestation,
    CheckResult,
    RequirementResult,
    Result,
    Standing,
    Step,
    SuiteResult,
    Tested,
    Trouble,
)
from conformance.result.model import (
    Course as CourseResult,
)
from conformance.result.score import score
from conformance.runner.course import Course
from conformance.runner.definitions import environment, tool
from conformance.runner.journal import Begun, Journal, Unfit
from conformance.runner.lapsed import excused, today
from conformance.runner.plan import Plan
from conformance.runner.probe import Probed, alive, probe
from conformance.runner.removal import remove
from conformance.runner.trial import Trial, untried

_ELSEWHERE = Words("其他辖区或不在有效期内的要求", "a requirement of elsewhere, or not in force")


@dataclass(slots=True, frozen=True)
class Asked:
    """What a run was asked for.

    Attributes:
        stack: jurisdictions, ``cn`` among them.
        day: whose texts are asked for; the target acts today all the same.
        jobs: checks side by side.
        whole: no part was chosen; else the score is that of the requirements that were looked at.
        keep: the test data stays where it was written.
        evidence: what was exchanged is written, masked; masking takes half of a run's processor time.
        command: as it was typed, without credentials.
    """

    target: Target
    stack: tuple[str, ...]
    plan: Plan
    loaded: Loaded
    catalogue: Catalogue
    folder: Path
    day: date
    jobs: int = 4
    seed: int = 7
    keep: bool = False
    evidence: bool = True
    whole: bool = True
    resume: bool = False
    lang: str = "zh"
    command: str = ""
    attestations: tuple[Attestation, ...] = ()
    standings: tuple[Standing, ...] = ()


@dataclass(slots=True)
class Heard:
    """Who is told how it goes; each may be called from any thread, one at a time."""

    probed: Callable[[Probed], None] = lambda _: None
    ended: Callable[[CheckResult], None] = lambda _: None
    removing: Callable[[int, int], None] = lambda *_: None


@dataclass(slots=True)
class WholeRun:
    """One run, from the first look at the target to its result."""

    asked: Asked
    heard: Heard = field(default_factory=Heard)
    stop: threading.Event = field(default_factory=threading.Event)
    _gone: bool = False
    _taken_up: int = 0

    def go(self) -> Result:
        """Run it.

        Raises:
            Unfit: a run that is to go on was another one.
        """
        asked, clock = self.asked, time.monotonic()
        journal, begun, before = self._begun()
        self._taken_up = len(before)
        session = Session(asked.target, begun.number, asked.seed, today())
        session.began = datetime.fromisoformat(begun.started)  # what was done before a break counts
        for name, identity in journal.written.items():  # before a crash: to be removed with the rest
            session.wrote(name, identity)
        session.noting = journal.wrote
        try:
            probed = probe(session)
            self.heard.probed(probed)
            _offer(session.target, probed)
            results = self._tried(session, probed, journal, before)
            left = [] if asked.keep else remove(session, asked.jobs, self.heard.removing)
        finally:
            session.close()
            journal.close(done=not self.stop.is_set() and not self._gone)
        return self._result(begun, probed, results, left, time.monotonic() - clock)

    def _begun(self) -> tuple[Journal, Begun, list[CheckResult]]:
        """Begin a journal, or take up the one that is there."""
        asked = self.asked
        made = tool(asked.loaded).definitions
        suites = hashlib.sha256(repr(sorted(made.suites.items())).encode()).hexdigest()
        definitions = f"{made.catalogue[:16]}/{made.harness[:16]}/{suites[:16]}"
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        target = asked.target.declared or asked.target.fhir
        number, chosen = f"r{secrets.token_hex(3)}", _chosen(asked.plan)
        fresh = Begun(number, asked.seed, target, asked.stack, definitions, now, chosen)
        asked.folder.mkdir(parents=True, exist_ok=True)
        journal = Journal(asked.folder)
        before: list[CheckResult] = []
        found = journal.begun() if asked.resume else None
        if found is not None:
            there, before = found
            wanted = replace(fresh, number=there.number, started=there.started)
            if there != wanted:
                raise Unfit(_differs(there, wanted))
            fresh = there
        journal.open(fresh, before)
        return journal, fresh, before

    def _tried(
        self, session: Session, probed: Probed, journal: Journal, before: Sequence[CheckResult]
    ) -> dict[str, CheckResult]:
        asked = self.asked
        masker = _masker(asked.target)
        writer = EvidenceWriter(asked.folder / "evidence", masker) if asked.evidence else Unwritten()
        numbers = {name: at for at, name in enumerate(sorted(one.id for one in asked.loaded.checks), 1)}
        results = {one.id: one for one in before}

        def told(trial: Trial) -> None:
            trial = excused(trial, asked.catalogue, asked.stack, session.today)
            made = _made(trial, numbers[trial.check.id], writer, masker)
            results[made.id] = made
            if trial.tried:
                journal.note(made)
            self.heard.ended(made)

        self._come_to([one for one in asked.plan.checks if one.id not in results], session, probed, told)
        for one in asked.plan.elsewhere:
            trial = untried(one, Verdict.NOT_APPLICABLE, _ELSEWHERE)
            results[one.id] = _made(trial, numbers[one.id], writer, masker)
        writer.finish()
        # The answer of one check may name, in passing, whom only a later one makes known.
        return {name: _again(one, masker.text) for name, one in results.items()}

    def _come_to(
        self, due: Sequence[Check], session: Session, probed: Probed, told: Callable[[Trial], None]
    ) -> None:
        """Try what is due; of a target that is not there nothing is."""
        if probed.trouble is not None:
            for one in due:
                told(untried(one, Verdict.SKIP, probed.trouble))
            self._gone = True
            return
        course = Course(session, self.asked.jobs, lambda: alive(session), told, self.stop)
        course.go(due)
        self._gone = course.gone.is_set()

    def _scope(self, rows: tuple[RequirementResult, ...]) -> tuple[RequirementResult, ...]:
        """Return the rows that the score is about: of a part only what was looked at."""
        looked = {one.requirement for one in self.asked.plan.checks}
        return rows if self.asked.whole else tuple(one for one in rows if one.id in looked)

    def _result(
        self, begun: Begun, probed: Probed, results: dict[str, CheckResult], left: list[str], seconds: float
    ) -> Result:
        asked, loaded = self.asked, self.asked.loaded
        checks = tuple(results[name] for name in sorted(results))
        missed = Counter(
            one.requirement for one in (*asked.plan.checks, *asked.plan.left_out) if one.id not in results
        )
        rows = judge(
            asked.catalogue, checks, asked.standings, stack=asked.stack, day=asked.day, missed=missed
        )
        complete = not self._gone and all(one.id in results for one in asked.plan.checks)
        basic = {one.id for one in loaded.checks if one.basic}
        named = {one.requirement for one in loaded.checks}
        return Result(
            tool(loaded),
            _course(asked, begun, complete, seconds, self._taken_up),
            _tested(asked.target, probed),
            environment(),
            score(self._scope(rows), complete=complete, checks=checks, basic=basic),
            coverage(rows, named),
            checks, rows, asked.attestations, _suites(loaded, asked.plan, checks), tuple(left),
            (*_troubles(loaded, asked.plan), *strangers(asked.catalogue, checks)), sources(asked.catalogue),
        ).ordered()  # fmt: skip


def _course(asked: Asked, begun: Begun, complete: bool, seconds: float, taken_up: int) -> CourseResult:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return CourseResult(
        begun.number, asked.seed, begun.started, now, round(seconds, 1), complete, asked.stack,
        asked.plan.suites, asked.jobs, asked.lang, asked.command, asked.whole,
        "" if asked.day == today() else asked.day.isoformat(), asked.loaded.foreign, taken_up,
    )  # fmt: skip


def _offer(target: Target, probed: Probed) -> None:
    """Add what the target says it can do to what is declared of it."""
    object.__setattr__(target, "capabilities", target.capabilities | probed.capabilities)


def _masker(target: Target) -> Masker:
    """Return what masks evidence; it knows the target's secrets from the start."""
    masker = Masker()
    for identity in target.identities.values():
        masker.places("", identity.headers)
        for secret in identity.secrets:
            masker.learn("secret", secret)
    return masker


def _made(trial: Trial, number: int, writer: EvidenceWriter, masker: Masker) -> CheckResult:
    """Return a trial as the result keeps it, its exchanges written and masked."""
    check, mask = trial.check, masker.text
    ids = writer.write(number, check.id, trial.book)
    steps = tuple(
        Step(
            one.action,
            one.expected,
            _masked(one.actual, mask),
            one.ok,
            tuple(ids[at - 1] for at in one.evidence),
        )
        for one in trial.steps
    )
    reason = None if trial.reason is None else _masked(trial.reason, mask)
    return CheckResult(
        check.id, check.suite, check.requirement, check.title, check.critical, trial.verdict, reason, None,
        steps, tuple(ids), round(trial.seconds, 3),
    )  # fmt: skip


def _again(one: CheckResult, mask: Callable[[str], str]) -> CheckResult:
    steps = tuple(replace(step, actual=_masked(step.actual, mask)) for step in one.steps)
    return replace(one, steps=steps, reason=None if one.reason is None else _masked(one.reason, mask))


def _masked(words: Words, mask: Callable[[str], str]) -> Words:
    return Words(mask(words.zh), mask(words.en))


def _tested(target: Target, probed: Probed) -> Tested:
    return Tested(
        target.name, target.fhir, probed.software, probed.version, probed.fhir_version,
        tuple(target.capabilities), target.declared, probed.offset,
    )  # fmt: skip


def _suites(loaded: Loaded, plan: Plan, checks: Sequence[CheckResult]) -> tuple[SuiteResult, ...]:
    counts: dict[str, dict[str, int]] = {}
    for one in checks:
        verdicts = counts.setdefault(one.suite, {})
        verdicts[one.verdict.value] = verdicts.get(one.verdict.value, 0) + 1
    here = {name: one for name, one in loaded.suites.items() if name in plan.suites}
    read = [SuiteResult(name, one.title, counts.get(name, {})) for name, one in here.items()]
    broken = [one for one in loaded.unreadable if one.suite in plan.suites]
    return (*read, *(SuiteResult(one.suite, same(one.suite), {}, one.what) for one in broken))


def _troubles(loaded: Loaded, plan: Plan) -> list[Trouble]:
    return [
        Trouble(f"suites/{one.suite}.py", one.what) for one in loaded.unreadable if one.suite in plan.suites
    ]


def _chosen(plan: Plan) -> str:
    ids = sorted(one.id for one in (*plan.checks, *plan.elsewhere))
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]


def _differs(there: Begun, wanted: Begun) -> list[str]:
    names = ("seed", "target", "jurisdictions", "definitions", "checks")
    return [name for name in names if getattr(there, name) != getattr(wanted, name)]
