"""Sweep: every mutant against every check; what is found is kept, so that a sweep that is cut goes on.

``python -m mutants.sweep FOLDER`` with this folder's parent on the path; ``--help`` says what else. A mutant
is tried again only where it, the suites or the harness changed. One that is found inexact is tried once more,
alone, at the end: a check that fails under load must not pass for one that looks at too much.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[3]
for _place in (str(ROOT / "tests" / "conformance"), str(ROOT)):
    if _place not in sys.path[:2]:
        sys.path.insert(0, _place)  # before the folder from which the interpreter has the package installed

from mutants.fingerprint import fingerprint, harness  # noqa: E402
from mutants.matrix import CONTROL, Tried, keep, kept, page_of, printed  # noqa: E402
from mutants.mutant import CHONGQING, Mutant, all_mutants  # noqa: E402
from mutants.proof import Worse, run, selections, worse  # noqa: E402
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


def due(mutants: Iterable[Mutant], found: dict[str, Tried], *, share: bool) -> list[Mutant]:
    """Return the mutants that were not tried as they are now; what was tried whole need not be by shares."""
    return [
        one for one in mutants
        if (old := found.get(one.name)) is None or old.fingerprint != fingerprint(one) or old.share > share
    ]  # fmt: skip


def better(one: Sequence[CheckResult], other: Sequence[CheckResult]) -> list[CheckResult]:
    """Return of two runs of the gateway as it is the better verdicts, so that no chance hides a mutant."""
    theirs = {each.id: each for each in other}
    return [
        theirs[each.id] if each.verdict is not Verdict.PASS and each.id in theirs else each for each in one
    ]


def exact(one: Mutant, shown: Worse | Tried) -> bool:
    """Tell whether it fails at its requirement and at no other."""
    return shown.failed == (one.requirement,) and not shown.lost


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
    controls: dict[str, list[CheckResult]] = field(default_factory=dict)
    inexact: list[Mutant] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def go(self, mutants: Sequence[Mutant]) -> None:
        """Try mutants."""
        if not mutants:
            return
        for one in mutants:
            fingerprint(one)  # as it is now: a file may be edited meanwhile
        with self._pool(self.jobs) as pool:
            self._control(pool, sorted({one.jurisdiction for one in mutants}))
            self._all(pool, mutants, ())
        again, self.inexact = self.inexact, []
        first = kept(self.folder)
        if again:
            _say(f"once more, alone: {', '.join(one.name for one in again)}")
            with self._pool(1) as pool:
                self._all(pool, again, first)

    def _pool(self, jobs: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(jobs, get_context("spawn"), with_its_parent)

    def _control(self, pool: ProcessPoolExecutor, jurisdictions: Sequence[str]) -> None:
        """Find out what the gateway as it is can do: two runs each, kept as everything is."""
        asked: dict[str, list[Future[Ran]]] = {}
        for where in jurisdictions:
            if self.anew or not all(self._file(where, n).exists() for n in (1, 2)):
                asked[where] = [pool.submit(attempt, CONTROL, where, "", None) for _ in (1, 2)]
        for where, futures in asked.items():
            for n, future in enumerate(futures, 1):
                ran = future.result()
                assert ran.result is not None, ran.broken
                self._file(where, n).parent.mkdir(parents=True, exist_ok=True)
                save(ran.result, self._file(where, n))
                _say(f"the gateway as it is, {where}: {len(ran.result.checks)} checks, {ran.seconds:.0f} s")
            if where == CHONGQING:
                self._compare()
        for where in jurisdictions:
            one, other = (load(self._file(where, n)) for n in (1, 2))
            self.controls[where] = better(one.checks, other.checks)

    def _file(self, where: str, n: int) -> Path:
        return self.folder / f"{CONTROL}-{harness()[:12]}" / f"{where}-{n}" / "result.json"

    def _compare(self) -> None:
        results = [load(self._file(CHONGQING, n)) for n in (1, 2)]
        different = compare(*results)
        other = {change.id for kind in KINDS for change in getattr(different, kind) if change.kind == "check"}
        if other:
            _say(f"two runs of the gateway as it is differ in {', '.join(sorted(other))}")
        seconds = round(results[0].run.seconds, 1)
        keep(self.folder, Tried(CONTROL, (), (), tuple(sorted(other)), len(results[0].checks), seconds))

    def _all(self, pool: ProcessPoolExecutor, mutants: Sequence[Mutant], first: Iterable[str]) -> None:
        names = {one.name: one for one in mutants}
        began, count = time.monotonic(), len(names)
        before = kept(self.folder) if first else {}
        for n, ran in enumerate(self._runs(pool, mutants), 1):
            one = names[ran.name]
            said = self._found(one, ran, before.get(one.name))
            left = (time.monotonic() - began) / n * (count - n) / 60
            _say(f"[{n}/{count}] {one.name}: {said}; {ran.seconds:.0f} s, {left:.0f} min left")

    def _runs(self, pool: ProcessPoolExecutor, mutants: Sequence[Mutant]) -> Iterator[Ran]:
        asked = [
            pool.submit(attempt, one.name, one.jurisdiction, one.name, (self.shares or {}).get(one.name))
            for one in mutants
        ]
        for future in as_completed(asked):
            yield future.result()

    def _found(self, one: Mutant, ran: Ran, before: Tried | None) -> str:
        """Keep what a run found; returns it in words."""
        if ran.result is None:
            self.broken.append(one.name)
            return f"BROKEN: {ran.broken}"
        shown = worse(self.controls[one.jurisdiction], ran.result)
        seconds, checks = round(ran.seconds, 1), len(ran.result.checks)
        tried = Tried(
            one.name, shown.failed, shown.lost, shown.caught, checks, seconds,
            fingerprint(one), self.shares is not None, before is not None,
            tuple(sorted({*before.failed, *before.lost})) if before else (),
        )  # fmt: skip
        keep(self.folder, tried)
        if exact(one, shown):
            return "ok"
        self.inexact.append(one)
        others = sorted(shown.requirements - {one.requirement})
        missed = "" if one.requirement in shown.failed else f"{one.requirement} does not fail"
        known = (Verdict.PASS, Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE)
        strange = {
            check.id: check.reason.en
            for check in ran.result.checks
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
    parser.add_argument("--no-page", action="store_true", help="do not write the page")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep; 1 where a mutant is inexact, was broken, or has not been tried."""
    asked = _asked(arguments)
    mutants = all_mutants()
    chosen = [one for one in mutants.values()
              if not asked.only or any(part in one.name for part in asked.only)]  # fmt: skip
    found = {} if asked.anew else kept(asked.folder)
    todo = due(chosen, found, share=asked.share)
    known = {name: caught for name, (_, caught) in printed().items()}
    shares = selections(mutants.values(), known) if asked.share else None
    _say(f"{len(todo)} of {len(mutants)} mutants are to be tried")
    sweep = Sweep(asked.folder, asked.jobs, shares, asked.anew)
    sweep.go(todo)
    for one in sweep.inexact:
        _say(f"not exact: {one.name}")
    for name in sweep.broken:
        _say(f"broken: {name}")
    unwritten = 0 if asked.no_page else page_of(asked.folder)
    return 1 if sweep.inexact or sweep.broken or unwritten else 0


if __name__ == "__main__":
    sys.exit(main())
