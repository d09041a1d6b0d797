"""Owns where the lines of the charts lie: a radar of the topics and bars of the verdicts, as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conformance.harness.words import Words
from conformance.report.hatching import hatching
from conformance.report.view import STATES, TopicRow
from conformance.result.requirement import State

RADIUS = 118.0
CENTRE = (230.0, 160.0)
RINGS = (25, 50, 75, 100)
BAR_WIDTH = 430.0
BAR_LEFT = 150.0
BAR_STEP = 23.0
ROOM = 7.0
"""Width of a digit."""

Point = tuple[float, float]


@dataclass(slots=True, frozen=True)
class Axis:
    """An axis of the radar: its end, its label and the points of its two figures (None: nothing to show).

    Attributes:
        anchor: ``start``, ``middle`` or ``end``: which part of the label stands at ``label``.
    """

    title: Words
    id: str
    end: Point
    label: Point
    anchor: str
    score: Point | None
    tested: Point | None


@dataclass(slots=True, frozen=True)
class Radar:
    """All axes, clockwise from the top; ``rings``: (percent, corners)."""

    axes: tuple[Axis, ...]
    rings: tuple[tuple[int, str], ...]

    @property
    def score(self) -> str:
        """Corners of the line of the scores, as SVG writes them."""
        return corners(axis.score for axis in self.axes if axis.score)

    @property
    def tested(self) -> str:
        """Corners of the line of what was tested, as SVG writes them."""
        return corners(axis.tested for axis in self.axes if axis.tested)


@dataclass(slots=True, frozen=True)
class Segment:
    """A part of a bar; ``hatching``: a path; ``roomy``: its number fits into it."""

    state: State
    count: int
    x: float
    width: float
    hatching: str
    roomy: bool


@dataclass(slots=True, frozen=True)
class Bar:
    """A row of the bars."""

    row: TopicRow
    y: float
    segments: tuple[Segment, ...]


def radar(rows: Sequence[TopicRow]) -> Radar:
    """Return the radar of topics."""
    count = max(len(rows), 1)
    angles = [2 * math.pi * at / count - math.pi / 2 for at in range(len(rows))]
    return Radar(
        tuple(_axis(row, angle) for row, angle in zip(rows, angles, strict=True)),
        tuple((ring, corners(_point(angle, ring) for angle in angles)) for ring in RINGS),
    )


def bars(rows: Sequence[TopicRow]) -> tuple[Bar, ...]:
    """Return a bar for each row; the longest fills the width."""
    longest = max((sum(row.counts.values()) for row in rows), default=0)
    scale = BAR_WIDTH / longest if longest else 0.0
    return tuple(Bar(row, at * BAR_STEP, _segments(row, at * BAR_STEP, scale)) for at, row in enumerate(rows))


def corners(points: Iterable[Point]) -> str:
    """Return points as SVG writes them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _axis(row: TopicRow, angle: float) -> Axis:
    across = math.cos(angle)
    anchor = "middle" if abs(across) < 0.3 else "start" if across > 0 else "end"
    return Axis(
        row.title,
        row.id,
        _point(angle, 100),
        _point(angle, 112),
        anchor,
        None if row.score is None else _point(angle, row.score),
        None if row.tested is None else _point(angle, row.tested),
    )


def _point(angle: float, percent: float) -> Point:
    reach = RADIUS * percent / 100
    return CENTRE[0] + reach * math.cos(angle), CENTRE[1] + reach * math.sin(angle)


def _segments(row: TopicRow, y: float, scale: float) -> tuple[Segment, ...]:
    segments, x = [], 0.0
    for state in STATES:
        count = row.counts.get(state, 0)
        if count:
            width = count * scale
            lines = hatching(state, BAR_LEFT + x, y + 2, width)
            segments.append(Segment(state, count, x, width, lines, width >= ROOM * len(str(count)) + ROOM))
            x += width
    return tuple(segments)
