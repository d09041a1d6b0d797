"""What the conditions of one transaction may take of the time in which nobody else writes."""

from __future__ import annotations

import pytest

from gateway.errors import Rejected
from gateway.store.search import budget


def test_quick_conditions_cost_nothing_and_slow_ones_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(budget.time, "monotonic", lambda: now[0])
    allowance = budget.Allowance(seconds=1.0)

    def search(seconds: float) -> None:
        now[0] += 100.0  # what is done between conditions
        with allowance.search():
            now[0] += seconds
            allowance.spend(1)

    for _ in range(10_000):
        search(0.001)
    search(0.6)
    with pytest.raises(Rejected) as raised:
        search(0.6)
    assert raised.value.code == "too-costly"
