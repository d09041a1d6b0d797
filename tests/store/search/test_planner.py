"""What drives a search: the most selective filter, whatever stands beside it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store.search import planner, query, sight
from gateway.store.search.budget import Budget
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


def hours(day: str) -> dict[str, Any]:
    return {
        "location": {"reference": "Location/l"},
        "period": {"start": f"{day}T10:00:00+08:00", "end": f"{day}T11:00:00+08:00"},
    }


def test_each_of_several_dates_may_fulfil_another_filter(ward: Any) -> None:
    """Two filters are two questions: what has a date before a window and one after it fulfils both."""
    stays = {"around": ["2016-01-01", "2019-01-01"], "within": ["2017-03-01"], "before": ["2015-03-01"]}
    ward.put(
        *(
            {"resourceType": "Encounter", "id": id_, "status": "finished", "location": list(map(hours, days))}
            for id_, days in stays.items()
        )
    )
    window = ("location-period", "ge2017-01-01"), ("location-period", "lt2018-01-01")
    assert set(ward.found("Encounter", *window)) == {"around", "within"}
    assert ward.found("Encounter", *window, ("_sort", "-location-period")) == ["around", "within"]


def test_one_resource_with_many_rows_cuts_none_off(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MAX_KNOWN", 3)
    monkeypatch.setattr(planner, "SOME", -1)
    ward.put(
        *(ward.patient(f"p{n}", name=[{"text": f"zhang {n}{letter}"} for letter in "abc"]) for n in range(4))
    )
    assert len(ward.found("Patient", ("name", "zhang"))) == 4
    assert len(ward.found("Patient", ("name:contains", "hang"))) == 4


@pytest.fixture
def dense(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bounds under which sixty observations are many; returns how many candidates each step looks at."""
    looked: list[int] = []

    def spend(_self: Budget, candidates: int, bodies: int = 0) -> None:
        looked.append(candidates + bodies)

    monkeypatch.setattr(Budget, "spend", spend)
    monkeypatch.setattr(planner, "COUNT_CAP", 4)
    for name in ("_CHUNK", "_MAX_CHUNK", "_PATIENCE", "_PATIENCE_TESTED"):
        monkeypatch.setattr(sight, name, 5)
    return looked


PAGE = ("_total", "none"), ("_count", "4")


def test_what_is_old_is_found_without_looking_at_all_that_is_newer(ward: Any, dense: list[int]) -> None:
    ward.put(*(ward.observation(f"o{n}", effectiveDateTime=f"20{n:02}-03-01") for n in range(10, 70)))
    window = ("date", "ge2012-01-01"), ("date", "lt2018-01-01")
    dense.clear()
    assert ward.found("Observation", *window, *PAGE) == [f"o{n}" for n in range(17, 13, -1)]
    assert sum(dense) < 30
    dense.clear()
    assert ward.found("Observation", *window, ("_sort", "-date"), *PAGE) == [
        f"o{n}" for n in range(17, 13, -1)
    ]
    assert sum(dense) < 30
    assert ward.page("Observation", *window, ("_total", "accurate"), ("_count", "1")).total == 6
    shown = ward.pages(lambda more: ward.page("Observation", *window, ("_count", "2"), *more))
    assert [len(page) for page in shown] == [2, 2, 2]


def test_what_many_refer_to_is_found_without_testing_all(
    ward: Any, dense: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MAX_KNOWN", 2)
    monkeypatch.setattr(planner, "MAX_LISTS", 1)
    monkeypatch.setattr(planner, "MAX_PARTS", 0)
    monkeypatch.setattr(planner, "SOME", -1)
    ward.put(*(ward.observation(f"o{n}", f"p{n // 3}") for n in range(60)))
    dense.clear()
    assert ward.found("Observation", ("patient", "p1,p2"), *PAGE) == [f"o{n}" for n in range(8, 4, -1)]
    assert sum(dense) < 40
