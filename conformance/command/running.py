"""``qiao conformance run``: tests a target and writes the report."""

from __future__ import annotations

import argparse
import shutil
import signal
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType

from conformance.catalogue import Catalogue, CatalogueError
from conformance.catalogue import load as load_catalogue
from conformance.catalogue.model import EVERYWHERE
from conformance.catalogue.read import JURISDICTIONS
from conformance.command.again import FAILED, Again, failed, nothing
from conformance.command.printed import Stopped, as_json, notice
from conformance.command.progress import Progress
from conformance.command.rows import Rows
from conformance.command.typed import typed
from conformance.command.words import language, said, say
from conformance.command.written import Sealed, signing_key, write
from conformance.harness.suite import FOLDER, Loaded
from conformance.harness.suite import load as load_suites
from conformance.harness.target import Target, Undeclared
from conformance.harness.target_file import made, read
from conformance.harness.target_keys import known
from conformance.report.write import NAMES
from conformance.result.attest import NAME as REGISTER
from conformance.result.attest import load as load_register
from conformance.result.model import Attestation, Result
from conformance.result.proof import FOLDER as ATTESTED
from conformance.result.refused import Refused
from conformance.result.standing import standings
from conformance.runner.journal import NAME as JOURNAL
from conformance.runner.journal import Busy, Unfit, busy
from conformance.runner.plan import Plan, Unknown, plan
from conformance.runner.whole import Asked, Heard, WholeRun

REPORTS = ("result.json", "manifest.json", *NAMES)
"""What a run writes beside evidence."""


def run(options: argparse.Namespace) -> int:
    """Test a target; 0: everything that was tried passed, 1: something did not, or the run is not whole."""
    again = failed(options.only_failed)
    if again is not None and not again.checks:
        return nothing(again, options)
    asked = _asked(options, again)
    key = signing_key(options.key)  # before the first check: who has none is told at once
    result, stopped = _gone(asked, within=options.within, quiet=options.json)
    if stopped:
        notice(say("stopped"))
    beside, wanted = options.attestations.parent, not options.no_pdf
    sealed = write(result, options.report, key, tester=options.who, pdf=wanted, attested=beside)
    _told(result, sealed, options)
    return 0 if not stopped and _well(result) else 1


def _asked(options: argparse.Namespace, again: Again | None) -> Asked:
    """Return what is asked for, and make its folder ready. Raises :class:`Stopped`: it cannot be done."""
    loaded, catalogue = load_suites((FOLDER, *options.suites_from)), the_catalogue()
    target = target_of(options)
    _ruled(target, catalogue)
    stack = stack_of(options.jurisdiction or list(target.jurisdictions))
    if len(stack) == 1:
        notice(say("only-national"))
    day = options.day or (datetime.now(UTC) + timedelta(hours=8)).date()
    chosen = _plan(options, loaded, catalogue, stack, day, again)
    _ready(options)
    register = _register(options.attestations)
    stands = standings(register, catalogue, day, options.attestations.parent)
    return Asked(
        target, stack, chosen, loaded, catalogue, options.report, day, max(1, options.jobs), options.seed,
        keep=options.keep, whole=not (options.suite or options.check or options.only_failed),
        resume=options.resume, lang=language(), command=typed(options.token), attestations=register,
        standings=stands,
    )  # fmt: skip


def target_of(options: argparse.Namespace) -> Target:
    """Return the target of ``--target``. Raises :class:`Stopped`: it cannot be used."""
    try:
        if "://" not in options.target:
            return read(Path(options.target))
        identity = {"operator": {"token": options.token}} if options.token else {}
        tls = {"tls": {"ca": str(options.ca.resolve())}} if options.ca else {}
        return made(
            {"extends": options.profile, "fhir": options.target, "identities": identity, **tls}, Path.cwd()
        )
    except Undeclared as error:
        raise Stopped(say("bad-target", why=said(error.reason))) from None


def _ruled(target: Target, catalogue: Catalogue) -> None:
    """See that rules are told of requirements that there are. Raises :class:`Stopped`."""
    try:
        known(target.rules, catalogue.requirements.keys(), "rules")
    except Undeclared as error:
        raise Stopped(say("bad-target", why=said(error.reason))) from None


def the_catalogue() -> Catalogue:
    """Return the catalogue. Raises :class:`Stopped`: a row of it is wrong."""
    try:
        return load_catalogue()
    except CatalogueError as error:
        raise Stopped(str(error)) from None


def _register(path: Path) -> tuple[Attestation, ...]:
    """Return what was attested; nothing where there is no register."""
    if not path.exists():
        return ()
    try:
        return load_register(path)
    except Refused as error:
        raise Stopped(f"{path}: {said(error.reason)}") from None


def stack_of(jurisdictions: list[str]) -> tuple[str, ...]:
    """Return the jurisdictions of a run; what holds in the whole country always does.

    Raises :class:`Stopped`: one is unknown; a slip of the pen would make a province's law not applicable.
    """
    there = [one for one in JURISDICTIONS if one != EVERYWHERE]
    if unknown := [one for one in jurisdictions if one not in there]:
        raise Stopped(say("no-jurisdiction", which=", ".join(unknown), there=", ".join(there)))
    return tuple(dict.fromkeys(["cn", *jurisdictions]))


def _plan(
    options: argparse.Namespace,
    loaded: Loaded,
    catalogue: Catalogue,
    stack: tuple[str, ...],
    day: date,
    again: Again | None,
) -> Plan:
    try:
        ids = again.checks if again is not None else None
        chosen = plan(loaded, Rows(catalogue), stack, day, suites=options.suite, only=options.check, ids=ids)
    except Unknown as error:
        raise Stopped(said(error.reason)) from None
    if not chosen.checks and not chosen.elsewhere and not loaded.unreadable:
        raise Stopped(say("no-checks"))
    return chosen


def _ready(options: argparse.Namespace) -> None:
    """See that the folder is fit, and clear it where that is asked. Raises :class:`Stopped`."""
    folder: Path = options.report
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {one.name for one in folder.iterdir()}
        going_on = JOURNAL in names
        if going_on and busy(folder):
            raise Stopped(say("busy", path=folder))
        if options.resume and not going_on:
            raise Stopped(say("nothing-to-resume", path=folder))
        if not names & {"result.json", JOURNAL} and (others := names - {REGISTER, "evidence"}):
            raise Stopped(say("other-files", path=folder, file=min(others)))  # all of it would be sealed
        if names & {"result.json", JOURNAL} and not options.resume and not options.fresh:
            raise Stopped(say("exists", path=folder))
        if options.fresh:
            _cleared(folder, keep_attested=options.attestations.resolve().parent == folder.resolve())
    except OSError as error:
        raise Stopped(f"{folder}: {error.strerror}") from None


def _cleared(folder: Path, *, keep_attested: bool) -> None:
    """Take away what an earlier run wrote, so that none of it is sealed as part of the next.

    Args:
        keep_attested: the register of attestations lies here: its files are no run's.
    """
    for name in (*REPORTS, JOURNAL):
        (folder / name).unlink(missing_ok=True)
    for one in (folder / "evidence").glob("*.json"):
        one.unlink()
    if not keep_attested:
        shutil.rmtree(folder / ATTESTED, ignore_errors=True)


def _gone(asked: Asked, *, within: float, quiet: bool) -> tuple[Result, bool]:
    """Run it; Ctrl-C ends it after the checks that are under way, once more at once."""
    stop = threading.Event()

    def interrupted(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, interrupted)
    clock = threading.Timer(within, stop.set)
    clock.daemon = True
    if within > 0:
        clock.start()
    try:
        with Progress(len(asked.plan.checks), quiet=quiet) as progress:
            heard = Heard(progress.probed, progress.ended, progress.removing)
            return WholeRun(asked, heard, stop).go(), stop.is_set()
    except Busy:
        raise Stopped(say("busy", path=asked.folder)) from None
    except Unfit as error:
        raise Stopped(say("other-choice" if error.choice else "other-run", what=error)) from None
    except OSError as error:  # a full disk: what ended is in the journal
        raise Stopped(f"{error.filename or asked.folder}: {error.strerror or error}") from None
    finally:
        clock.cancel()
        signal.signal(signal.SIGINT, before)


def _told(result: Result, sealed: Sealed, options: argparse.Namespace) -> None:
    counts: dict[str, int] = {}
    for one in result.checks:
        counts[one.verdict.value] = counts.get(one.verdict.value, 0) + 1
    if options.json:
        as_json(_summary(result, sealed, counts, options.report))
        return
    tried = _tried(counts)
    notice(
        say(
            "summary-nothing" if not tried else "summary" if result.run.whole else "summary-part",
            score=result.score.value,
            passed=counts.get("pass", 0),
            failed=counts.get("fail", 0),
            skipped=counts.get("skip", 0) + counts.get("not-tested", 0),
            errors=counts.get("error", 0),
            all=len(result.checks) - counts.get("not-applicable", 0),
            seconds=result.run.seconds,
        )
    )
    if not result.run.whole:
        notice(say("part"))
    if not result.run.complete and tried:
        notice(say("not-complete"))
    if result.left:
        notice(say("left", count=len(result.left)))
    for trouble in result.errors:
        notice(f"  {trouble.where}: {trouble.what}")
    for note in sealed.notes:
        notice(say("no-pdf-made", why=said(note)))
    notice(say("written", path=options.report / "index.html"))


def _tried(counts: dict[str, int]) -> bool:
    """Tell whether anything was found out: of nothing there is no score."""
    return bool(counts.get("pass") or counts.get("fail"))


def _summary(result: Result, sealed: Sealed, counts: dict[str, int], folder: Path) -> dict[str, object]:
    score = result.score.value if _tried(counts) else None
    return {
        "report": str(folder), "score": score if result.run.whole else None,
        "partScore": None if result.run.whole else score, "complete": result.run.complete,
        "whole": result.run.whole, "checks": counts, "left": len(result.left), "seconds": result.run.seconds,
        "errors": len(result.errors), "fingerprint": sealed.fingerprint,
    }  # fmt: skip


def _well(result: Result) -> bool:
    """Tell whether all that was tried passed, and something did: what was only skipped shows nothing."""
    verdicts = {one.verdict.value for one in result.checks}
    return result.run.complete and not result.errors and "pass" in verdicts and verdicts.isdisjoint(FAILED)
