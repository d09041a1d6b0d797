"""The table of moves: whatever it names is known, and nothing that has ended goes on."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

from gateway.errors import Refusal
from gateway.feed.visit.grounds import GROUNDS, refuse
from gateway.feed.visit.states import MOVES, By, State, check, check_to


def test_the_table_names_known_states_and_moves_only() -> None:
    states, moves = set(typing.get_args(State)) | {"none"}, set(typing.get_args(By))
    for course in MOVES.values():
        for (state, by), after in course.items():
            assert state in states and by in moves and set(after) <= states


@pytest.mark.parametrize("course", ["prescription", "request"])
def test_what_has_ended_goes_nowhere(course: str) -> None:
    assert not [one for one, _ in MOVES[course] if one in ("completed", "rejected", "cancelled")]


def test_a_jump_says_what_is_possible() -> None:
    with pytest.raises(Refusal) as caught:
        check("prescription", "submitted", "$redeem", "RequestGroup/g1")
    ground = caught.value.issues[0]
    assert caught.value.code == "conflict"
    assert "$cancel, $review" in ground.text and ground.requirement == "CQ49-3.1" and ground.article
    with pytest.raises(Refusal, match="from finished to in-progress; possible: entered-in-error"):
        check_to("visit", "finished", "in-progress", "Encounter/v1")
    check_to("visit", "planned", "in-progress", "Encounter/v1")


@pytest.mark.parametrize("rule", GROUNDS)
def test_every_ground_has_both_languages_a_requirement_and_an_article(rule: str) -> None:
    ground = refuse(rule).issues[0]
    assert ground.text and re.search("[一-鿿]", ground.text_zh)
    assert ground.requirement and ground.article


def test_the_documentation_draws_every_move_of_a_prescription() -> None:
    told = (Path(__file__).parents[3] / "docs" / "visit.md").read_text("utf-8")
    for (state, by), after in MOVES["prescription"].items():
        if by != "write" and state != "held" and (state, by) != ("waiting", "$cancel"):
            for one in after:
                assert re.search(rf"{state} --> {one}: .*{re.escape(by)}", told), (state, by, one)
