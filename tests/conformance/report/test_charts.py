"""Charts: the figures lie where the numbers say."""

from __future__ import annotations

import pytest

from conformance.harness.words import same
from conformance.report.charts import BAR_WIDTH, CENTRE, RADIUS, bars, radar
from conformance.report.view import TopicRow
from conformance.result.requirement import State


def row(id: str, score: float | None, tested: float | None, **counts: int) -> TopicRow:
    found = {State(name.replace("_", "-")): count for name, count in counts.items()}
    return TopicRow(id, same(id), found, sum(found.values()), score, tested)


def test_the_first_axis_points_up_and_a_full_score_reaches_its_end() -> None:
    drawn = radar([row("A", 100.0, 50.0), row("B", 0.0, 100.0), row("C", None, None)])
    first, second, third = drawn.axes
    assert first.end == pytest.approx((CENTRE[0], CENTRE[1] - RADIUS))
    assert first.score == pytest.approx(first.end)
    assert first.tested == pytest.approx((CENTRE[0], CENTRE[1] - RADIUS / 2))
    assert second.score == pytest.approx(CENTRE)
    assert third.score is None
    assert len(drawn.score.split()) == 2


def test_no_topic_makes_an_empty_radar() -> None:
    assert radar([]).axes == ()


def test_the_longest_bar_fills_the_width_and_the_others_are_in_proportion() -> None:
    whole, half = bars([row("A", 1.0, 1.0, conformant=6, not_tested=2), row("B", 1.0, 1.0, partial=4)])
    assert [one.width for one in whole.segments] == pytest.approx([BAR_WIDTH * 0.75, BAR_WIDTH * 0.25])
    assert [one.x for one in whole.segments] == pytest.approx([0, BAR_WIDTH * 0.75])
    assert half.segments[0].width == pytest.approx(BAR_WIDTH / 2)


def test_a_segment_too_narrow_for_its_number_does_not_print_it() -> None:
    drawn = bars([row("A", 1.0, 1.0, conformant=500, partial=1)])[0]
    assert [one.roomy for one in drawn.segments] == [True, False]


def test_bars_of_nothing_are_empty() -> None:
    assert bars([row("A", None, None)])[0].segments == ()
