"""Hatching: verdicts differ without colour, and no line leaves its part of a bar."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.hatching import hatching
from conformance.report.view import STATES
from conformance.result.requirement import State


@given(st.sampled_from(STATES), st.floats(0, 400), st.floats(0.1, 430))
def test_no_line_leaves_its_part(state: State, x: float, width: float) -> None:
    for across, down in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", hatching(state, x, 20, width)):
        assert x - 0.06 <= float(across) <= x + width + 0.06
        assert 19.9 <= float(down) <= 38.1


@pytest.mark.parametrize("state", [State.PARTIAL, State.NONCONFORMANT, State.NOT_TESTED])
def test_what_is_not_conformant_is_hatched_each_in_its_own_way(state: State) -> None:
    lines = hatching(state, 0, 0, 60)
    assert lines.startswith("M")
    assert [one for one in STATES if hatching(one, 0, 0, 60) == lines] == [state]
