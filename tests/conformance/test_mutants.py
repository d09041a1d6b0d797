"""The harness proves itself: in a gateway with one behaviour switched off exactly its requirement fails.

Each of some mutants, of requirements that differ, is tried with the checks of its requirement and a share of
all others; ``make mutants`` (``mutants/sweep.py``) tries every mutant with every check.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.append(str(HERE))

from mutants.fingerprint import shared  # noqa: E402
from mutants.matrix import Tried, keep, kept, page, printed  # noqa: E402
from mutants.mutant import VARIABLE, Mutant, all_mutants  # noqa: E402
from mutants.proof import TIMES, doubtful, planned, run, selections, worse  # noqa: E402
from mutants.sweep import due, fingerprint  # noqa: E402

MUTANTS = all_mutants()
QUICK = 48
"""Mutants that are tried where nobody asks for all."""


def _some() -> dict[str, Mutant]:
    """Return the mutants that are tried: the same ones each time, each of another requirement."""
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
    one, chosen = MUTANTS[name], _selections()[name]
    with stand(tmp_path, "--jurisdiction", one.jurisdiction, **{VARIABLE: name}) as standing:
        found = run(standing.target, one.jurisdiction, tmp_path / "report", chosen)
    doubts = doubtful(found)
    shown = worse(control(one.jurisdiction, doubts), found)
    why = {check.id: check.reason.en for check in found.checks if check.id in doubts and check.reason}
    assert shown.failed == (one.requirement,), why
    assert not shown.lost, why


def test_the_shares_are_all_checks_several_times() -> None:
    times = Counter(name for chosen in _selections().values() for name in chosen)
    for jurisdiction in {one.jurisdiction for one in CHOSEN.values()}:
        assert all(times[check.id] >= TIMES for check in planned(jurisdiction).checks)


def test_the_mutants_are_many_and_each_has_checks() -> None:
    assert len(MUTANTS) >= 135
    for one in MUTANTS.values():
        rows = {check.requirement for check in planned(one.jurisdiction).checks}
        assert one.requirement in rows, one.name


def test_the_document_lists_the_mutants_that_there_are() -> None:
    rows = [(name, requirement) for name, (requirement, _) in printed().items()]
    assert rows == sorted((one.name, one.requirement) for one in MUTANTS.values())


def _tried(one: Mutant, **more: Any) -> Tried:
    given = {"fingerprint": fingerprint(one)} | more
    return Tried(one.name, (one.requirement,), (), ("a.b",), 900, 1.0, **given)


def test_a_sweep_that_was_cut_goes_on_with_what_is_missing_or_changed(tmp_path: Path) -> None:
    first, second, third, *_ = MUTANTS.values()
    keep(tmp_path, _tried(first))
    keep(tmp_path, _tried(second, fingerprint="of before"))
    assert due([first, second, third], kept(tmp_path), share=False) == [second, third]


def test_what_was_tried_by_shares_is_tried_whole_and_not_the_other_way_round(tmp_path: Path) -> None:
    first, second, *_ = MUTANTS.values()
    keep(tmp_path, _tried(first, share=True))
    keep(tmp_path, _tried(second))
    assert due([first, second], kept(tmp_path), share=False) == [first]
    assert due([first, second], kept(tmp_path), share=True) == []


def test_a_mutant_has_a_fingerprint_of_its_own(tmp_path: Path) -> None:
    assert len({fingerprint(one) for one in MUTANTS.values()}) == len(MUTANTS)
    file = tmp_path / "m_any.py"
    both = "X = 1\n\n@mutant('R', '', '')\ndef one() -> None: ...\n\ndropped('two')\n"
    file.write_text(both, "utf-8")
    assert shared(file) == "X = 1"


def test_a_second_try_is_printed_with_what_the_first_found() -> None:
    (name, one), *_ = MUTANTS.items()
    text = page({name: one}, {name: _tried(one, again=True, before=("NAT-1",))})
    assert "second try; first: NAT-1" in text
