"""The plan: what is chosen, and what is left out although it holds here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pytest

from conformance.harness.check import Check
from conformance.harness.suite import Loaded, Suite
from conformance.harness.words import same
from conformance.runner.plan import Plan, Unknown, plan

_ROWS = {"a.one": "NAT-1", "a.two": "NAT-1", "b.one": "NAT-2", "b.away": "SC-1"}


class _Law:
    """Everything holds but Sichuan's."""

    def applies(self, requirement: str, stack: Collection[str], day: date) -> bool:
        """As said."""
        return not requirement.startswith("SC")


def _plan(**chosen: list[str]) -> Plan:
    checks = [
        Check(name, name[0], row, same(name), print, jurisdictions=("cn-yunnan",) * (name == "b.yunnan"))
        for name, row in {**_ROWS, "b.yunnan": "NAT-2"}.items()
    ]
    suites = {name: Suite(name, zh=name, en=name) for name in ("a", "b")}
    return plan(Loaded(suites, tuple(checks)), _Law(), ("cn",), date(2026, 3, 6), **chosen)


def _ids(checks: tuple[Check, ...]) -> list[str]:
    return [one.id for one in checks]


def test_a_whole_run_leaves_nothing_out() -> None:
    found = _plan()
    assert _ids(found.checks) == ["a.one", "a.two", "b.one"]
    assert _ids(found.elsewhere) == ["b.away", "b.yunnan"]
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("chosen", "tried", "left_out"),
    [
        ({"suites": ["a"]}, ["a.one", "a.two"], ["b.one"]),
        ({"only": ["a.one"]}, ["a.one"], ["a.two", "b.one"]),
        ({"only": ["NAT-2"]}, ["b.one"], ["a.one", "a.two"]),
        ({"ids": ["a.two"]}, ["a.two"], ["a.one", "b.one"]),
    ],
)
def test_what_a_part_leaves_out_is_known(
    chosen: dict[str, list[str]], tried: list[str], left_out: list[str]
) -> None:
    found = _plan(**chosen)
    assert (_ids(found.checks), _ids(found.left_out)) == (tried, left_out)


def test_a_name_that_finds_nothing_is_refused() -> None:
    with pytest.raises(Unknown, match="no suite zzz"):
        _plan(suites=["zzz"])
