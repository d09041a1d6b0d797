"""The harness proves itself: in a gateway with one behaviour switched off exactly its requirement fails.

Each of some mutants, of requirements that differ, is tried with the checks of its requirement and a share of
all others; ``make mutants`` (``mutants/sweep.py``) tries every mutant with every check.
"""

from __future__ import annotations

import fnmatch
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.append(str(HERE))

from mutants.fingerprint import fingerprint, shared  # noqa: E402
from mutants.found import FILE, packed, unpacked  # noqa: E402
from mutants.matrix import Tried, keep, kept, page, printed  # noqa: E402
from mutants.mutant import VARIABLE, Mutant, all_mutants  # noqa: E402
from mutants.outlook import ahead  # noqa: E402
from mutants.proof import TIMES, doubtful, planned, run, selections, worse  # noqa: E402
from mutants.reach import HOUSE, harness, reached, rows  # noqa: E402
from mutants.remaining import Due, checks, due, joined, requirements  # noqa: E402

MUTANTS = all_mutants()
QUICK = 32
"""Mutants that are tried where nobody asks for all."""
SLOW = frozenset({"acknowledged-too-early"})
"""Mutants that the harness tells by what does not come, for which it waits two minutes."""
KNOWN = yaml.safe_load((HERE / "known-nonconformities.yaml").read_text("utf-8"))
LEFT_OUT = {
    # They fail on the gateway as it is, and so tell nothing of a mutant.
    *(name for one in KNOWN.values() for name in one.get("fails", ())),
    # They wait a quarter of a minute for what a gateway does in its own time.
    "security_transport.slow_cut",
    "exchange_his.view_late",
}
"""Checks, or patterns of them, that are tried on no mutant here."""


def _some() -> dict[str, Mutant]:
    """Return the mutants that are tried: the same ones each time, each of another requirement."""
    quick = (one for one in MUTANTS.values() if one.name not in SLOW)
    ordered = sorted(quick, key=lambda one: hashlib.sha256(one.name.encode()).digest())
    by_requirement = {one.requirement: one for one in reversed(ordered)}
    chosen = [one for one in ordered if by_requirement[one.requirement] is one][:QUICK]
    return {one.name: one for one in chosen}


CHOSEN = _some()


@cache
def _selections() -> dict[str, set[str]]:
    found = selections(CHOSEN.values(), {name: caught for name, (_, caught) in printed().items()})
    return {name: {one for one in chosen if not _left_out(one)} for name, chosen in found.items()}


def _left_out(check: str) -> bool:
    return any(fnmatch.fnmatchcase(check, name) for name in LEFT_OUT)


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
        here = [check.id for check in planned(jurisdiction).checks]
        assert all(times[one] >= TIMES for one in here if not _left_out(one))


def test_the_mutants_are_many_and_each_has_checks() -> None:
    assert len(MUTANTS) >= 135
    for one in MUTANTS.values():
        rows = {check.requirement for check in planned(one.jurisdiction).checks}
        assert one.requirement in rows, one.name


def test_the_document_lists_the_mutants_that_there_are() -> None:
    rows = [(name, requirement) for name, (requirement, _) in printed().items()]
    assert rows == sorted((one.name, one.requirement) for one in MUTANTS.values())


def _tried(one: Mutant, **more: Any) -> Tried:
    """Return an exact finding of today."""
    given = {
        "fingerprint": fingerprint(one),
        "harness": harness(),
        "rows": dict(rows(one.jurisdiction)),
    } | more
    return Tried(one.name, (one.requirement,), (), ("a.b",), 900, 1.0, **given)


def test_a_sweep_that_was_cut_goes_on_with_what_is_missing_or_changed(tmp_path: Path) -> None:
    first, second, third, *_ = MUTANTS.values()
    keep(tmp_path, _tried(first))
    keep(tmp_path, _tried(second, fingerprint="of before"))
    assert due([first, second, third], kept(tmp_path)) == [Due(second), Due(third)]


def test_what_a_sweep_found_comes_back_from_the_repository() -> None:
    one = Tried(
        "a", ("R4-READ",), (), ("fhir_api.read",), 930, 60.1, "f", rows={"R4-READ": "x"}, apart=("fuzz",)
    )
    found = {
        "a": one,
        "b": replace(one, name="b", failed=(), caught=(), rows={"R4-READ": "y"}),
        "c": replace(one, name="c"),
    }
    assert unpacked(packed(found)) == found
    assert set(MUTANTS) <= set(unpacked(FILE.read_text("utf-8"))), "each has been tried"


def test_what_was_tried_by_shares_is_tried_whole_and_not_the_other_way_round(tmp_path: Path) -> None:
    first, second, *_ = MUTANTS.values()
    keep(tmp_path, _tried(first, share=True))
    keep(tmp_path, _tried(second))
    assert due([first, second], kept(tmp_path)) == [Due(first)]
    assert due([first, second], kept(tmp_path), share=True) == []


def _before(one: Mutant, *changed: str, **more: Any) -> dict[str, Tried]:
    made = dict(rows(one.jurisdiction)) | dict.fromkeys(changed, "of before")
    return {one.name: _tried(one, rows=made, **more)}


def test_only_the_requirements_of_suites_that_changed_are_tried_again() -> None:
    one, *_ = MUTANTS.values()
    assert due([one], _before(one)) == []
    (found,) = due([one], _before(one, "SC-32", "NAT-18"))
    assert found == Due(one, frozenset({"SC-32", "NAT-18"}))
    of = requirements(one.jurisdiction)
    assert checks(found) == {name for name, requirement in of.items() if requirement in found.rows}


def test_what_another_harness_found_is_carried_over_by_request_only() -> None:
    one, *_ = MUTANTS.values()
    assert due([one], _before(one, harness="of before")) == [Due(one)]
    assert due([one], _before(one, harness="of before"), only_suites=True) == []
    changed = _before(one, "SC-32", harness="of before")
    assert due([one], changed, only_suites=True) == [Due(one, frozenset({"SC-32"}))]


def test_what_was_found_at_fault_is_not_carried_over() -> None:
    one, *_ = MUTANTS.values()
    before = replace(_before(one, "SC-32")[one.name], lost=("NAT-1",))
    assert due([one], {one.name: before}) == [Due(one)]


OF = {"a.one": "R1", "a.two": "R1", "b.one": "R2", "c.new": "R3"}


def _of_before(**more: Any) -> Tried:
    given = {"rows": {"R1": "1", "R2": "2", "GONE": "3"}, "harness": "old", "commit": "abc"}
    return Tried("any", ("R1", "R2"), (), ("a.one", "b.one", "gone.check"), 3, 10.0, **given | more)


def _part(failed: tuple[str, ...], caught: tuple[str, ...], *lost: str, **made: str) -> Tried:
    return Tried("any", failed, lost, caught, 2, 2.0, rows=made, apart=("b",), harness="new", commit="def")


def test_what_is_tried_again_replaces_what_was_found_of_it_and_nothing_else() -> None:
    found = joined(_of_before(), _part((), (), R2="22", R3="33"), OF)
    assert (found.caught, found.failed, found.tried) == (("a.one",), ("R1",), 4)
    assert found.rows == {"R1": "1", "R2": "22", "R3": "33"}
    assert (found.harness, found.commit, found.apart, found.seconds) == ("old", "abc", ("b",), 12.0)


def test_what_is_newly_caught_or_lost_joins_what_was_found() -> None:
    found = joined(_of_before(apart=("a",)), _part(("R3",), ("c.new",), "R2", R2="22", R3="33"), OF)
    assert (found.caught, found.failed, found.lost) == (("a.one", "c.new"), ("R1", "R3"), ("R2",))
    assert found.apart == ("a", "b")


def test_a_requirement_that_was_worse_is_so_until_it_is_tried_again() -> None:
    before = replace(_of_before(), lost=("R3", "GONE"))
    assert joined(before, _part((), (), R2="22"), OF).lost == ("R3",)
    assert joined(before, _part((), (), R3="33"), OF).lost == ()


def test_a_suite_reaches_what_it_imports_and_its_data_and_not_the_harness() -> None:
    found = {
        one.relative_to(HOUSE).as_posix() for one in reached(HOUSE, "fuzz", HOUSE / "suites" / "fuzz.py")
    }
    assert {"suites/fuzz.py", "suites/fuzz/bases.yaml", "suites/fuzzing/mutation.py", "__init__.py"} <= found
    assert not any(one.startswith(("harness/", "runner/", "simulators/")) for one in found)
    assert "suites/terminology.py" not in found


def test_a_check_reaches_what_the_file_that_declares_it_imports_and_not_all_parts(tmp_path: Path) -> None:
    suites = tmp_path / "conformance" / "suites"
    (suites / "one").mkdir(parents=True)
    (suites / "part").mkdir()
    (suites / "one.py").write_text("from conformance.suites.part import deep\nX = 'named'\n", "utf-8")
    (suites / "part" / "__init__.py").write_text("", "utf-8")
    (suites / "part" / "deep.py").write_text("from conformance.harness import run\n", "utf-8")
    (suites / "part" / "other.py").write_text("", "utf-8")
    (suites / "named").mkdir()
    for data in ("one/data.yaml", "named/data.yaml"):
        (suites / data).write_text("[]", "utf-8")
    house = tmp_path / "conformance"

    def found(file: str) -> set[str]:
        return {one.relative_to(suites).as_posix() for one in reached(house, "one", suites / file)}

    always = {"one.py", "one/data.yaml"}
    assert found("one.py") == always | {"part/__init__.py", "part/deep.py", "named/data.yaml"}
    assert found("part/other.py") == always | {"part/other.py"}


def test_a_sweep_says_what_is_ahead() -> None:
    one, other, *_ = MUTANTS.values()
    few = Due(other, frozenset({other.requirement}))
    said = list(ahead([Due(one), few], {one.name: _tried(one, share=True)}, {}, 2))
    assert len(said) == 3
    assert "1 mutants with" in said[0]
    assert said[-1].startswith("about ")


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


def test_the_page_says_where_findings_come_of_two_runs_or_of_another_harness() -> None:
    (name, one), *_ = MUTANTS.items()
    assert "comes of two runs" not in page({name: one}, {name: _tried(one)})
    assert "all of today's on 1 of them |" in page({name: one}, {name: _tried(one)})
    older = _tried(one, apart=("fuzz",), harness="of before", commit="abc1234")
    text = page({name: one}, {name: older}, only_suites=True)
    assert "of two runs" in text
    assert "`fuzz`" in text
    assert "with the harness of `abc1234`" in text
    assert "gateway was that of `abc1234`" in text
    assert "as who asked for this sweep holds" in text
