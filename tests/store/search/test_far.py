"""Far ends with many matches: the same is found as from few, at each of the ways to read them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store import Change
from gateway.store.search import far, joined, others, planner, visible

HAS = ("_has:Observation:patient:code", "718-7")
TOLD = ("_has:Observation:patient:value-quantity", "gt1")
LED = ("patient.gender", "female")


@pytest.fixture
def large(ward: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Thirty patients; the even ones have an observation of the code, the first one has twenty."""
    monkeypatch.setattr(planner, "FEW", -1)
    monkeypatch.setattr(far, "MAX_FAR", 3)
    ward.put(*(ward.patient(f"p{n}", gender="female" if n % 3 else "male") for n in range(30)))
    ward.put(
        *(ward.observation(f"o{n}", f"p{n}", valueQuantity={"value": n % 2 * 5}) for n in range(0, 30, 2))
    )
    ward.put(*(ward.observation(f"m{n}", "p0", valueQuantity={"value": 5}) for n in range(20)))
    ward.put(*(ward.observation(f"x{n}", "p1", "other") for n in range(20)))
    return ward


EVEN = {f"p{n}" for n in range(0, 30, 2)}


@pytest.fixture(params=["joined", "joined in halves", "read", "each tested", "worth while"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "joined in halves":
        monkeypatch.setattr(joined, "MAX_ROWS", 2)
    if request.param == "read":
        monkeypatch.setattr(far, "SPARSE", 0)
    if request.param in ("each tested", "worth while"):
        monkeypatch.setattr(far, "MAX_JOINED", -1)
    if request.param == "worth while":
        monkeypatch.setattr(far, "PATIENCE", 2)
    return str(request.param)


def test_what_is_found(large: Any, way: str) -> None:
    assert set(large.found("Patient", HAS)) == EVEN
    assert large.page("Patient", HAS, ("_total", "accurate"), ("_count", "1")).total == 15
    assert large.found("Patient", HAS, ("gender", "male"), ("_sort", "_id")) == [
        "p0",
        "p12",
        "p18",
        "p24",
        "p6",
    ]
    assert set(large.found("Patient", TOLD)) == {"p0"}
    assert len(large.found("Observation", LED)) == 10 + 20


def test_pages_show_one_moment(large: Any, way: str) -> None:
    asked = ("Patient", HAS, ("_count", "4"))
    first = large.page(*asked)
    large.put(large.observation("new", "p3"), large.observation("o28", "p29"))
    large.desk.transact(Change("delete", "Observation", "o10"))
    shown = [each.id for each in first.matches]
    cursor = first.cursor
    while cursor:
        page = large.page(*asked, ("_cursor", cursor))
        shown += [each.id for each in page.matches]
        cursor = page.cursor
    assert len(shown) == len(set(shown))
    assert set(shown) == EVEN
    assert set(large.found("Patient", HAS)) == EVEN - {"p10", "p28"} | {"p3", "p29"}


def test_a_far_end_is_read_once_for_all_pages(large: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = large.page("Patient", HAS, ("_count", "4"))
    monkeypatch.setattr(far.Far, "_found", None)
    assert len(large.found("Patient", HAS, ("_count", "4"), ("_cursor", first.cursor))) == 4


def test_a_far_end_is_not_read_where_a_page_needs_few_candidates(
    large: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far, "MAX_JOINED", -1)
    monkeypatch.setattr(far.Far, "_ids", None)
    monkeypatch.setattr(far.Far, "_all_referred", None)
    few = ("_count", "5"), ("_total", "none")
    assert len(large.found("Observation", LED, *few)) == 5
    assert len(large.found("Patient", HAS, *few)) == 5


def test_candidates_are_not_followed_one_by_one_for_ever(large: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far, "PATIENCE", 2)
    followed: list[str] = []
    resources = visible.resources

    def noted(*asked: Any) -> Any:
        followed.append("resource")
        return resources(*asked)

    monkeypatch.setattr(others.visible, "resources", noted)
    assert large.page("Observation", LED, ("_total", "accurate"), ("_count", "50")).total == 30
    assert len(followed) == 1, "the twenty of one patient are in front"
