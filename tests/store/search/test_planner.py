"""What drives a search: the most selective filter, whatever stands beside it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store.search import planner, query
from gateway.store.search.parse import Reader
from gateway.store.search.plan import Plan
from gateway.store.search.sight import Sight


def plan(ward: Any, *pairs: tuple[str, str]) -> Plan:
    asked = query.read(["Observation"], pairs, Reader("+08:00"))
    with ward.store._session.snapshot() as connection:
        ((_, snapshot),) = ward.desk.execute("SELECT no, last_seq FROM feed_clock")
        return Sight(connection, 1, snapshot).plan(asked.filters)["Observation"]


@pytest.fixture
def large(ward: Any) -> Any:
    """Sixty observations of six patients, three codes, ten days; one of a rare code."""
    ward.put(
        *(
            ward.observation(
                f"o{n}",
                f"p{n % 6}",
                code=f"c{n % 3}" if n else "rare",
                effectiveDateTime=f"2026-03-{n % 10 + 1:02}",
                valueQuantity={"value": n},
            )
            for n in range(60)
        )
    )
    return ward


@pytest.mark.parametrize(
    ("pairs", "size", "tests"),
    [
        ([("code", "rare"), ("patient", "p1")], 1, 0),
        ([("patient", "p0"), ("code", "c0"), ("status", "final")], 10, 0),
        ([("date", "2026-03-05"), ("code", "c1")], 12, 0),  # what began the day before may still be of it
        ([("date", "ge2026-03-05"), ("date", "lt2026-03-06"), ("code", "c1")], 18, 0),
        ([("patient", "p1"), ("code:text", "x")], 10, 1),
        ([("code-value-quantity", "rare$0")], 1, 1),
        ([("_id", "o1,o2"), ("patient", "p1")], 2, 0),
        ([("patient", "nobody")], 0, 0),
        ([("_has:Provenance:target:agent", "x"), ("code", "rare")], 1, 1),
    ],
)
def test_the_most_selective_filter_drives(
    large: Any, pairs: list[tuple[str, str]], size: int, tests: int
) -> None:
    found = plan(large, *pairs)
    assert (found.driver.size, len(found.tests)) == (size, tests)


def test_a_filter_that_nothing_fulfils_ends_the_search(large: Any) -> None:
    assert plan(large, ("code", "nothing")).empty
    assert plan(large, ("_id", "nobody")).empty


def test_a_span_of_values_is_not_read_where_few_are_left(large: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan(large, ("code", "rare"), ("value-quantity", "ge0")).known == {}
    monkeypatch.setattr(planner, "SOME", -1)
    assert len(plan(large, ("value-quantity", "ge50")).known) == 1


def test_many_lists_with_many_matches_are_still_read_as_lists(
    large: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MAX_LISTS", 1)
    monkeypatch.setattr(planner, "MAX_KNOWN", 3)
    monkeypatch.setattr(planner, "SOME", -1)
    found = plan(large, ("patient", "p1,p2"))
    assert len(found.driver.sources) == 2
    assert len(large.found("Observation", ("patient", "p1,p2"))) == 20
