"""Moments: documents that are dated before or after the time at which they come."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.canonical.elements import each, first, name_of
from gateway.canonical.moments import HOUR, MINUTE, moment, stated_us
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene

_DATED = ("authoredOn", "date", "whenHandedOver", "dateTime", "executionPeriod.end", "authored")


@condition
def dated_ahead(scene: Scene, minutes: int) -> Found:
    """A document is dated more minutes after now than clocks may differ."""
    return tuple(place for place, us in _dated(scene) if us > scene.now_us + minutes * MINUTE)


@condition
def dated_back(scene: Scene, hours: int) -> Found:
    """A document is dated more than so many hours ago."""
    return tuple(place for place, us in _dated(scene) if us < scene.now_us - hours * HOUR)


@condition
def dated_before_visit(scene: Scene, minutes: int) -> Found:
    """A document is dated more minutes before its visit began than clocks may differ."""
    start = moment(first(scene.visit, "period.start"))
    return start is not None and tuple(place for place, us in _dated(scene) if us < start - minutes * MINUTE)


def _dated(scene: Scene) -> Iterator[tuple[str, int]]:
    for one in scene.documents:
        for path in _DATED:
            if path == "authoredOn" and one.get("resourceType") == "Task":
                continue  # when the review was asked for, which may be long ago
            for value in each(one, path):
                us = stated_us(value)
                # A day alone says nothing of the hour: it is neither too early nor too late on that day.
                if us is not None and isinstance(value, str) and len(value) > 10:
                    yield f"{name_of(one)}.{path}", us
                elif us is not None:
                    yield f"{name_of(one)}.{path}", min(max(us, scene.now_us), us + 24 * HOUR)
