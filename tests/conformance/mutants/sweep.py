"""Sweep: every mutant against every check; what is found is kept, so that a sweep that is cut goes on.

It begins with what the repository has of the last one (``found.json``).

``python -m mutants.sweep FOLDER`` with this folder's parent on the path; ``--help`` says what else. On a
mutant only that is tried again which changed (``remaining``). One that is found inexact is tried once more,
alone and with all checks, at the end: a check that fails under load must not pass for one that looks at too
much, nor one that needs what others wrote for one that notices nothing.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[3]
for _place in (str(ROOT / "tests" / "conformance"), str(ROOT)):
    if _place not in sys.path[:2]:
        sys.path.insert(0, _place)  # before the folder from which the interpreter has the package installed

from mutants.fingerprint import fingerprint  # noqa: E402
from mutants.found import remember, seed  # noqa: E402
from mutants.matrix import CONTROL, Tried, keep, kept, page_of, printed  # noqa: E402
from mutants.mutant import CHONGQING, Mutant, all_mutants  # noqa: E402
from mutants.outlook import ahead, taken  # noqa: E402
from mutants.proof import run, selections, worse  # noqa: E402
from mutants.reach import harness, rows  # noqa: E402
from mutants.remaining import Due, checks, due, exact, joined, requirements, suites_of  # noqa: E402
from mutants.stage import Stage  # noqa: E402

from conformance.harness.verdict import Verdict  # noqa: E402
from conformance.result.compare import compare  # noqa: E402
from conformance.result.model import CheckResult, Result, load, save  # noqa: E402

KINDS = ("failures", "lost", "mended", "changed", "came", "went", "reasons")
_STAGES: list[Stage] = []
"""The stage of this process."""


@dataclass(slots=True, frozen=True)
class Ran:
    """What a run found: ``result``, or, where the mutant broke more than it should, ``broken``."""

    name: str
    result: Result | None
    seconds: float
    broken: str = ""


def with_its_parent() -> None:
    """End this process when the one that asks is gone, however it went; the stage ends its demos then."""

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def attempt(name: str, jurisdiction: str, mutant: str, ids: Collection[str] | None) -> Ran:
    """Try all checks, or some, on a demo; in a process that has one stage for all."""
    if not _STAGES:
        _STAGES.append(Stage())
        gc.set_threshold(20_000, 20, 50)  # a run keeps nearly all that it makes
    began = time.monotonic()
    try:
        with TemporaryDirectory() as report, _STAGES[0].demo(jurisdiction, mutant) as target:
            result = run(target, jurisdiction, Path(report) / "report", ids)
    except Exception as error:  # noqa: BLE001 -- a mutant breaks what it likes; the others are still tried
        return Ran(name, None, time.monotonic() - began, f"{type(error).__name__}: {error}")
    return Ran(name, result, time.monotonic() - began)


def better(one: Sequence[CheckResult], other: Sequence[CheckResult]) -> list[CheckResult]:
    """Return of two runs of the gateway as it is the better verdicts, so that no chance hides a mutant."""
    theirs = {each.id: each for each in other}
    return [
        theirs[each.id] if each.verdict is not Verdict.PASS and each.id in theirs else each for each in one
    ]


@cache
def commit() -> str:
    """Return the state of the repository, as git names it; ``""`` where there is none."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@dataclass(slots=True)
class Sweep:
    """One sweep.

    Args:
        folder: where is kept what was found.
        shares: by mutant, the checks of the quick proof; None: all are tried.
        anew: the gateway as it is may be another one than before.
    """

    folder: Path
    jobs: int
    shares: dict[str, set[str]] | None = None
    anew: bool = False
    controls: dict[tuple[str, frozenset[str] | None], list[CheckResult]] = field(default_factory=dict)
    inexact: list[Mutant] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def go(self, todo: Sequence[Due]) -> None:
        """Try what is to be tried."""
        if not todo:
            return
        self._try(todo, self.jobs, {})
        again, self.inexact = self.inexact, []
        if again:
            _say(f"once more, alone: {', '.join(one.name for one in again)}")
            self._try([Due(one) for one in again], 1, kept(self.folder))

    def _try(self, todo: Sequence[Due], jobs: int, first: Mapping[str, Tried]) -> None:
        for one in todo:  # as they are now: a file may be edited meanwhile
            fingerprint(one.mutant)
            rows(one.mutant.jurisdiction)
        with ProcessPoolExecutor(jobs, get_context("spawn"), with_its_parent) as pool:
            self._control(pool, list({one.where: one for one in todo}.values()))
            self._all(pool, todo, first)

    def _control(self, pool: ProcessPoolExecutor, unlike: Sequence[Due]) -> None:
        """Find out what the gateway as it is can do: two runs each, kept as everything is."""
        asked: list[tuple[Due, list[Future[Ran]]]] = []
        for one in unlike:
            if one.where in self.controls:
                continue
            if self.anew or not all(self._file(one, n).exists() for n in (1, 2)):
                given = (CONTROL, one.mutant.jurisdiction, "", checks(one))
                asked.append((one, [pool.submit(attempt, *given) for _ in (1, 2)]))
        for one, futures in asked:
            for n, future in enumerate(futures, 1):
                ran = future.result()
                assert ran.result is not None, ran.broken
                self._file(one, n).parent.mkdir(parents=True, exist_ok=True)
                save(ran.result, self._file(one, n))
                where, count = one.mutant.jurisdiction, len(ran.result.checks)
                _say(f"the gateway as it is, {where}: {count} checks, {ran.seconds:.0f} s")
            if one.mutant.jurisdiction == CHONGQING:
                self._compare(one)
        for one in unlike:
            pair = (load(self._file(one, n)) for n in (1, 2))
            self.controls[one.where] = better(*(each.checks for each in pair))

    def _file(self, one: Due, n: int) -> Path:
        """Return where a run of the gateway as it is lies; another one where anything of it changed."""
        where, asked = one.where
        made = sorted(row for row in rows(where).items() if asked is None or row[0] in asked)
        key = hashlib.sha256(repr((harness(), made)).encode()).hexdigest()[:12]
        return self.folder / f"{CONTROL}-{key}" / f"{where}-{n}" / "result.json"

    def _compare(self, one: Due) -> None:
        results = [load(self._file(one, n)) for n in (1, 2)]
        different = compare(*results)
        other = {change.id for kind in KINDS for change in getattr(different, kind) if change.kind == "check"}
        if other:
            _say(f"two runs of the gateway as it is differ in {', '.join(sorted(other))}")
        seconds = round(results[0].run.seconds, 1)
        tried = Tried(CONTROL, (), (), tuple(sorted(other)), len(results[0].checks), seconds)
        keep(self.folder, self._whole(one, tried, kept(self.folder).get(CONTROL)))

    def _whole(self, one: Due, tried: Tried, before: Tried | None) -> Tried:
        """Return a finding with what it depends on, joined to the one before where it is a part."""
        where = one.mutant.jurisdiction
        made = {name: hashed for name, hashed in rows(where).items() if one.rows is None or name in one.rows}
        tried = replace(tried, harness=harness(), commit=commit(), rows=made)
        if one.rows is None or before is None:
            return tried
        apart = suites_of(where, checks(one) or ())
        return joined(before, replace(tried, apart=apart), requirements(where))

    def _all(self, pool: ProcessPoolExecutor, todo: Sequence[Due], first: Mapping[str, Tried]) -> None:
        names = {one.mutant.name: one for one in todo}
        began, count = time.monotonic(), len(names)
        for n, ran in enumerate(self._runs(pool, todo), 1):
            said = self._found(names[ran.name], ran, first.get(ran.name))
            left = (time.monotonic() - began) / n * (count - n) / 60
            _say(f"[{n}/{count}] {ran.name}: {said}; {ran.seconds:.0f} s, {left:.0f} min left")

    def _runs(self, pool: ProcessPoolExecutor, todo: Sequence[Due]) -> Iterator[Ran]:
        asked = []
        for each in todo:
            one = each.mutant
            ids = checks(each) if self.shares is None else self.shares.get(one.name)
            asked.append(pool.submit(attempt, one.name, one.jurisdiction, one.name, ids))
        for future in as_completed(asked):
            yield future.result()

    def _found(self, due: Due, ran: Ran, first: Tried | None) -> str:
        """Keep what a run found; returns it in words."""
        one = due.mutant
        if ran.result is None:
            self.broken.append(one.name)
            return f"BROKEN: {ran.broken}"
        shown = worse(self.controls[due.where], ran.result)
        seconds, count = round(ran.seconds, 1), len(ran.result.checks)
        tried = Tried(
            one.name, shown.failed, shown.lost, shown.caught, count, seconds,
            fingerprint(one), self.shares is not None, first is not None,
            tuple(sorted({*first.failed, *first.lost})) if first else (),
        )  # fmt: skip
        tried = self._whole(due, tried, kept(self.folder).get(one.name))
        keep(self.folder, tried)
        if exact(one, tried):
            return "ok"
        self.inexact.append(one)
        return _inexact(one, tried, ran.result)


def _inexact(one: Mutant, tried: Tried, found: Result) -> str:
    others = sorted({*tried.failed, *tried.lost} - {one.requirement})
    missed = "" if one.requirement in tried.failed else f"{one.requirement} does not fail"
    known = (Verdict.PASS, Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE)
    strange = {
        check.id: check.reason.en
        for check in found.checks
        if check.requirement in others and check.reason and check.verdict not in known
    }
    return f"NOT EXACT: {', '.join([*others, *([missed] if missed else [])])} {strange or ''}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mutants.sweep", description="Every mutant against every check.")
    parser.add_argument("folder", type=Path, help="where is kept what was found")
    parser.add_argument("--jobs", type=int, default=2, help="demos side by side")
    parser.add_argument("--only", nargs="*", default=[], metavar="PART", help="of names")
    parser.add_argument("--anew", action="store_true", help="also what did not change since it was tried")
    parser.add_argument(
        "--share", action="store_true", help="by the shares of the quick proof, not all checks"
    )
    parser.add_argument(
        "--only-suites", action="store_true", help="what changed in the harness changes no verdict: I looked"
    )
    parser.add_argument("--say", action="store_true", help="only say what is to be tried, and about how long")
    parser.add_argument("--no-page", action="store_true", help="do not write the page")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep; 1 where a mutant is inexact, was broken, or has not been tried."""
    asked = _asked(arguments)
    mutants = all_mutants()
    chosen = [one for one in mutants.values()
              if not asked.only or any(part in one.name for part in asked.only)]  # fmt: skip
    if not asked.anew:
        seed(asked.folder)
    found = {} if asked.anew else kept(asked.folder)
    todo = due(chosen, found, share=asked.share, only_suites=asked.only_suites)
    known = {name: caught for name, (_, caught) in printed().items()}
    shares = selections(mutants.values(), known) if asked.share else None
    _say(f"{len(todo)} of {len(mutants)} mutants are to be tried")
    if not asked.share:
        for line in ahead(todo, found, taken(asked.folder), asked.jobs):
            _say(line)
    if asked.say:
        return 0
    sweep = Sweep(asked.folder, asked.jobs, shares, asked.anew)
    sweep.go(todo)
    for one in sweep.inexact:
        _say(f"not exact: {one.name}")
    for name in sweep.broken:
        _say(f"broken: {name}")
    unwritten = 0 if asked.no_page else page_of(asked.folder, only_suites=asked.only_suites)
    if not asked.no_page and not unwritten:
        remember(asked.folder)
    return 1 if sweep.inexact or sweep.broken or unwritten else 0


if __name__ == "__main__":
    sys.exit(main())
