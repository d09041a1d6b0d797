"""Owns the day: how many of which stories, with which faults, from one seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

from conformance.simulators import faults, stories
from conformance.simulators.chart import Chart
from conformance.simulators.event import Event
from conformance.simulators.visits import Visit

DEFAULT_DATE = date(2026, 3, 2)
"""A Monday; fixed, so that a seed alone decides every byte."""

_SHARES: tuple[tuple[Callable[[Chart], Visit], float], ...] = (
    (stories.inpatient, 0.45),
    (stories.in_house, 0.13),
    (stories.birth, 0.03),
    (stories.mistaken_admission, 0.02),
    (stories.delayed_discharge, 0.02),
    (stories.doubled_record, 0.02),
    (stories.second_look, 0.02),
)


def hospital_day(seed: int, on: date = DEFAULT_DATE, patients: int = 60) -> list[Event]:
    """Return everything that the hospital's systems send on one day, in order of time.

    The same arguments give the same bytes. Every kind of message, status and fault occurs at least once;
    60 patients make about 500 messages.

    Args:
        seed: any number; its last two digits are part of every number that the hospital gives out.
        on: the day.
        patients: how many people come; at least a dozen.
    """
    rng = Random(f"qiao:{seed}:{on:%Y%m%d}:{patients}")  # noqa: S311 - the same bytes again, not a secret
    chart = Chart(rng, on, f"{on:%y%m%d}{seed % 100:02d}")
    wards = [story(chart) for story, share in _SHARES for _ in range(max(1, round(patients * share)))]
    clinic = [stories.outpatient(chart) for _ in range(max(5, patients - len(wards)))]
    for _ in range(max(1, patients // 200)):
        faults.strew(chart, clinic)
    faults.repeat(chart, 0.02)
    return chart.events()
