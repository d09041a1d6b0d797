"""The harness proves itself: in a gateway with one behaviour switched off exactly its requirement fails.

Each of some mutants, of requirements that differ, is tried with the checks of its requirement and a share of
all others; ``make mutants`` tries every mutant with every check. ``QIAO_MUTANTS`` names the folder where it
keeps what was found, with ``QIAO_MUTANTS_SHARE=1`` by the shares.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.result.compare import compare
from conformance.result.model import Result

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.append(str(HERE))

from mutants.matrix import CONTROL, Tried, keep, printed  # noqa: E402
from mutants.mutant import CHONGQING, VARIABLE, Mutant, all_mutants  # noqa: E402
from mutants.proof import TIMES, Worse, doubtful, planned, run, selections, worse  # noqa: E402

MUTANTS = all_mutants()
KEPT = os.environ.get("QIAO_MUTANTS")
WHOLE = bool(KEPT) and os.environ.get("QIAO_MUTANTS_SHARE") != "1"
QUICK = 48
"""Mutants that are tried where nobody asks for all."""
KINDS = ("failures", "lost", "mended", "changed", "came", "went", "reasons")


def _some() -> dict[str, Mutant]:
    """Return the mutants that are tried: the same ones each time, each of another requirement."""
    if KEPT:
        return MUTANTS
    ordered = sorted(MUTANTS.values(), key=lambda one: hashlib.sha256(one.name.encode()).digest())
    by_requirement = {one.requirement: one for one in reversed(ordered)}
    chosen = [one for one in ordered if by_requirement[one.requirement] is one][:QUICK]
    return {one.name: one for one in chosen}


CHOSEN = _some()


@cache
def _selections() -> dict[str, set[str]]:
    return selections(CHOSEN.values(), {name: caught for name, (_, caught) in printed().items()})


Control = Callable[[str, Iterable[str]], list[Any]]


@pytest.fixture(scope="session")
def control(stand: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """``control("cn-yunnan", ids)`` → what the gateway as it is makes of some checks."""
    demos: dict[str, Path] = {}
    known: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:

        def asked(jurisdiction: str, ids: Iterable[str]) -> list[Any]:
            wanted, found = set(ids), known.setdefault(jurisdiction, {})
            if wanted - set(found):
                if jurisdiction not in demos:
                    folder = tmp_path_factory.mktemp(f"control-{jurisdiction}")
                    demo = stack.enter_context(stand(folder, "--jurisdiction", jurisdiction))
                    demos[jurisdiction] = demo.target
                folder = tmp_path_factory.mktemp("control")
                result = run(demos[jurisdiction], jurisdiction, folder, wanted - set(found))
                found.update({one.id: one for one in result.checks})
            return [found[name] for name in sorted(wanted)]

        yield asked


@pytest.mark.parametrize("name", sorted(CHOSEN))
def test_a_mutant_fails_at_its_requirement_and_at_no_other(
    name: str, stand: Any, control: Control, tmp_path: Path
) -> None:
    one = MUTANTS[name]
    began = time.monotonic()
    with stand(tmp_path, "--jurisdiction", one.jurisdiction, **{VARIABLE: name}) as standing:
        ids = None if WHOLE else _selections()[name]
        found = run(standing.target, one.jurisdiction, tmp_path / "report", ids)
    seconds = time.monotonic() - began
    doubts = doubtful(found)
    shown = worse(control(one.jurisdiction, doubts), found)
    _keep(name, shown, found, seconds)
    why = {check.id: check.reason.en for check in found.checks if check.id in doubts and check.reason}
    assert shown.failed == (one.requirement,), why
    assert not shown.lost, why


def _keep(name: str, shown: Worse, found: Result, seconds: float) -> None:
    if KEPT:
        tried = Tried(name, shown.failed, shown.lost, shown.caught, len(found.checks), round(seconds, 1))
        keep(Path(KEPT), tried)


if WHOLE:

    def test_two_runs_without_a_mutant_compare_equal(stand: Any, tmp_path: Path) -> None:
        began, results = time.monotonic(), []
        for name in "ab":
            (tmp_path / name).mkdir()
            with stand(tmp_path / name, "--jurisdiction", CHONGQING) as standing:
                results.append(run(standing.target, CHONGQING, tmp_path / name / "report"))
        different = compare(*results)
        other = {change.id for kind in KINDS for change in getattr(different, kind) if change.kind == "check"}
        seconds = (time.monotonic() - began) / 2
        _keep(CONTROL, Worse((), (), tuple(sorted(other))), results[0], seconds)
        assert different.equal, different

else:

    def test_the_shares_are_all_checks_several_times() -> None:
        times = Counter(name for chosen in _selections().values() for name in chosen)
        for jurisdiction in {one.jurisdiction for one in CHOSEN.values()}:
            assert all(times[check.id] >= TIMES for check in planned(jurisdiction).checks)

    def test_the_mutants_are_many_and_each_has_checks() -> None:
        assert len(MUTANTS) >= 45
        for one in MUTANTS.values():
            rows = {check.requirement for check in planned(one.jurisdiction).checks}
            assert one.requirement in rows, one.name

    def test_the_document_lists_the_mutants_that_there_are() -> None:
        rows = [(name, requirement) for name, (requirement, _) in printed().items()]
        assert rows == sorted((one.name, one.requirement) for one in MUTANTS.values())
