"""Suites are found by being there; a broken one spoils no other."""

from __future__ import annotations

from pathlib import Path

from conformance.catalogue import load as load_catalogue
from conformance.harness.suite import load

GOOD = """
from conformance.harness.check import Case, Suite, check, checks
SUITE = Suite("good", zh="好", en="good")

@check("NAT-1", zh="一", en="one", critical=True)
def one(run): ...

@checks([Case("a", "NAT-2", SUITE.title, (1,)), Case("b", "NAT-2", SUITE.title, (2,))])
def many(run, number): ...
"""


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


def test_a_file_is_a_suite(tmp_path: Path) -> None:
    loaded = load([_folder(tmp_path, good=GOOD)])
    assert [one.id for one in loaded.checks] == ["good.one", "good.many.a", "good.many.b"]
    assert loaded.checks[0].critical
    assert loaded.checks[2].given == (2,)
    assert len(loaded.hashes["good"]) == 64


def test_a_broken_one_spoils_no_other(tmp_path: Path) -> None:
    broken = {
        "raises": "raise RuntimeError('boom')",
        "nameless": "x = 1",
        "other": GOOD,
        "syntax": "def (",
        "twice": GOOD.replace('"good"', '"twice"').replace('"b"', '"a"'),
        "exits": "raise SystemExit(3)",
    }
    loaded = load([_folder(tmp_path, good=GOOD, **broken)])
    assert list(loaded.suites) == ["good"]
    assert {one.suite for one in loaded.unreadable} == set(broken)
    assert any("boom" in one.what for one in loaded.unreadable)


def test_every_suite_of_the_house_is_readable_and_names_rows_that_exist() -> None:
    loaded, catalogue = load(), load_catalogue()
    assert loaded.unreadable == ()
    strangers = {
        one.id: one.requirement for one in loaded.checks if one.requirement not in catalogue.requirements
    }
    assert strangers == {}
