"""Owns how a verdict's part of a bar is told without colour: lines across it, drawn, as a path of SVG.

Not a pattern of SVG: a browser that prints makes a picture of each, a fifth of the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.result.requirement import State

STEP = 6.0
"""Between lines."""
HEIGHT = 18.0

Line = tuple[float, float, float, float]


def hatching(state: State, x: float, y: float, width: float, height: float = HEIGHT) -> str:
    """Return the lines in a rectangle of this corner and size; conformant and not applicable have none."""
    lines: list[Line] = []
    if state in (State.PARTIAL, State.NONCONFORMANT):
        lines += _rising(width, height)
    if state is State.NONCONFORMANT:
        lines += [(width - a, b, width - c, d) for a, b, c, d in _rising(width, height)]
    if state is State.NOT_TESTED:
        lines += _level(width, height)
    return "".join(f"M{x + a:.1f} {y + b:.1f}L{x + c:.1f} {y + d:.1f}" for a, b, c, d in lines)


def _rising(width: float, height: float) -> Iterator[Line]:
    start = STEP / 2 - height
    while start < width:
        low, high = max(0.0, -start), min(height, width - start)
        if low < high:
            yield start + low, height - low, start + high, height - high
        start += STEP


def _level(width: float, height: float) -> Iterator[Line]:
    """Lines that the style dots."""
    at = STEP / 2
    while at < height:
        yield min(2.0, width / 2), at, max(width - 2.0, width / 2), at
        at += STEP - 1
