"""What the public is shown is compared with what the harness put on file, not with the target's own word."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.simulators.exact import Resource
from conformance.suites import disclosure

SAID: Resource = {"resourceType": "Organization", "id": "iho", "name": "别处的名称", "alias": ["别名"]}


def run_of(*capabilities: str, grade: str = "") -> Run:
    answer = SimpleNamespace(body=SAID)
    made = SimpleNamespace(
        target=SimpleNamespace(
            has=lambda name: name in capabilities, setting=lambda name, default: grade or default
        ),
        session=SimpleNamespace(today=date(2025, 6, 1)),
        client=lambda: SimpleNamespace(get=lambda name: answer),
        given=lambda found, zh, en: found,
    )
    return cast(Run, made)


@pytest.fixture(autouse=True)
def _scene(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosure, "Scene", lambda run: SimpleNamespace(local=lambda one: one))


@pytest.mark.parametrize(
    ("capabilities", "path", "known"),
    [
        (("seed",), "name", {"渡桥市人民医院互联网医院"}),
        (("seed",), "alias", {"别名"}),
        ((), "name", {"别处的名称"}),
    ],
)
def test_what_the_harness_wrote_counts_and_else_what_the_target_has(
    capabilities: tuple[str, ...], path: str, known: set[str]
) -> None:
    assert disclosure._known(run_of(*capabilities), "Organization/iho", path) == known


def test_where_the_grade_stands_only_the_target_knows() -> None:
    run: Any = run_of("seed")
    with pytest.raises(Skipped, match=r"settings\.disclosure\.grade"):
        disclosure.published(run, "hospital", "")
