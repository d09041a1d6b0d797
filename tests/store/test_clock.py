"""The commit sequencer: dense, strictly monotonic, whatever the host's clock does."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.store import clock

Make = Callable[..., Draft]


def versions(desk: Any) -> list[tuple[int, int]]:
    rows = desk.execute("SELECT seq, ts_us FROM version ORDER BY seq")
    return [(seq, ts_us) for seq, ts_us in rows]


def test_time_never_goes_back_with_the_host(
    desk: Any, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, now in enumerate((2_000_000, 1_000_000, 1_500_000, 9_000_000)):
        monkeypatch.setattr(clock, "now_us", lambda now=now: now)
        desk.stored(
            patient("a", mrn="a", multipleBirthInteger=n), patient("b", mrn="b", multipleBirthInteger=n)
        )
    found = versions(desk)
    assert len(found) == 8
    assert all(later[1] > earlier[1] for earlier, later in itertools.pairwise(found))


def test_the_sequence_has_no_holes_and_agrees_with_last_updated(desk: Any, patient: Make) -> None:
    for n in range(3):
        desk.put(patient("a", mrn="a", multipleBirthInteger=n), patient('"', mrn="b"))
        desk.stored(patient("a", mrn="a", multipleBirthInteger=n))
    found = versions(desk)
    assert [seq - found[0][0] for seq, _ in found] == list(range(len(found)))
    version = desk.store.read("default", "Patient", "a")
    assert json.loads(version.body)["meta"]["lastUpdated"] == clock.instant(version.ts_us)
    assert (version.seq, version.ts_us) == found[-1]


def test_an_instant_is_utc_to_the_microsecond() -> None:
    assert clock.instant(1_700_000_000_000_001) == "2023-11-14T22:13:20.000001Z"
    assert clock.instant(0) == "1970-01-01T00:00:00.000000Z"
