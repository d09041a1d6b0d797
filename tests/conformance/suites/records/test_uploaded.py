"""What a patient uploaded is kept: it stays, or who deletes it leaves its versions behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Failed, Skipped
from conformance.suites.records import uploaded
from conformance.suites.records.uploaded import paper_readable, paper_stays

PAPER = "DELETE DocumentReference/d"
CHECKS = pytest.mark.parametrize("tried", [paper_readable, paper_stays])


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand for the course of a visit, which needs keys: it goes on, and its record is signed."""

    def begun(run: Run) -> tuple[Scene, str]:
        scene = Scene(run)
        run.given(scene.admit(), "接诊", "the visit begins")
        return scene, ""

    monkeypatch.setattr(uploaded, "recorded", begun)


@CHECKS
def test_a_target_that_keeps_it_passes(on_shelf: Any, shelf: Any, tried: Callable[[Run], None]) -> None:
    shelf.answers[PAPER] = 422
    tried(on_shelf())


def test_one_that_deletes_it_and_keeps_its_versions_passes(on_shelf: Any) -> None:
    paper_stays(on_shelf())


def test_one_that_deletes_it_whole_fails(on_shelf: Any, shelf: Any) -> None:
    def whole(_: Any) -> int:
        for held in (shelf.held, shelf.past):
            for name in [one for one in held if one.startswith("DocumentReference/d")]:
                del held[name]
        return 204

    shelf.answers[PAPER] = whole
    with pytest.raises(Failed, match="its history has it"):
        paper_stays(on_shelf())


def test_one_that_lets_nobody_delete_anything_has_shown_nothing(on_shelf: Any, shelf: Any) -> None:
    shelf.answers["DELETE"] = 405
    with pytest.raises(Skipped, match="a draft may be deleted"):
        paper_stays(on_shelf())


@pytest.mark.parametrize("left", [None, {"content": []}])
def test_one_that_drops_or_empties_it_when_the_visit_ends_fails(
    on_shelf: Any, shelf: Any, left: dict[str, Any] | None
) -> None:
    def ended(body: Any) -> int:
        if body.get("status") == "finished":
            for name in [one for one in shelf.held if one.startswith("DocumentReference/d")]:
                shelf.held[name] = {**shelf.held[name], **(left or {})}
                if left is None:
                    del shelf.held[name]
        return 0

    shelf.answers["PUT Encounter"] = ended
    with pytest.raises(Failed):
        paper_readable(on_shelf())
