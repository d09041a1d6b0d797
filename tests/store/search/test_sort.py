"""``_sort``: orders, ties, missing values, and pages that go on in them."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store.search import order, scan, unfiled
from gateway.store.search.budget import Budget
from gateway.store.search.lately import Lately


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("date", "o1 o3 o2 o4"),
        ("-date", "o2 o3 o1 o4"),
        ("value-quantity", "o1 o2 o3 o4"),
        ("-value-quantity", "o3 o2 o1 o4"),
        ("code", "o4 o2 o3 o1"),
        ("code,-date", "o2 o4 o3 o1"),
        ("-code,date", "o1 o3 o2 o4"),
        ("subject,_id", "o1 o2 o3 o4"),
        ("_lastUpdated", "o1 o2 o3 o4"),
        ("-_lastUpdated", "o4 o3 o2 o1"),
        ("-_id", "o4 o3 o2 o1"),
    ],
)
def test_orders(full: Any, value: str, expected: str) -> None:
    assert full.found("Observation", ("_sort", value)) == expected.split()
    shown = full.pages(lambda more: full.page("Observation", ("_sort", value), ("_count", "1"), *more))
    assert [name for (name,) in shown] == [f"Observation/{id_}" for id_ in expected.split()]


@pytest.mark.parametrize("value", ["date", "-date", "date,_id", "name", "-name", "_lastUpdated"])
@pytest.mark.parametrize("scanned", [False, True])
def test_pages_of_a_sorted_search_while_a_writer_writes(
    ward: Any, value: str, scanned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index gives the order that sorting gives: nothing twice, nothing left out, no later version."""
    if scanned:
        monkeypatch.setattr(scan, "COUNT_CAP", 0)
    resources = [(named if "name" in value else dated)(ward, n) for n in range(23)]
    ward.put(*resources)
    turn = 0

    def ask(more: list[tuple[str, str]]) -> Any:
        nonlocal turn
        page = ward.page(resources[0]["resourceType"], ("_sort", value), ("_count", "4"), *more)
        assert all(match.ver == 1 for match in page.matches)
        ward.put({**resources[turn], "language": "en"}, {**resources[0], "id": f"new{turn}"})
        turn += 1
        return page

    shown = [name.partition("/")[2] for page in ward.pages(ask) for name in page]
    by_id = {each["id"]: each for each in resources}
    assert sorted(shown) == sorted(by_id)
    keys = [key(by_id[id_], value) for id_ in shown]
    told = [each for each in keys if each]
    assert told == sorted(told, reverse=value.startswith("-"))
    assert keys == told + [""] * (len(keys) - len(told)), "missing values come last"


@pytest.mark.parametrize("value", ["date", "-date", "name", "-name"])
def test_the_index_shows_what_sorting_shows_ties_newest_first(
    ward: Any, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.put(*((named if "name" in value else dated)(ward, n) for n in range(23)))
    ward.put(*(ward.patient(f"s{n}", name=[{"text": "x"}, {"text": "x1"}, {"text": "n9"}]) for n in range(2)))
    asked = "Patient" if "name" in value else "Observation"

    def shown(most: int) -> list[str]:
        monkeypatch.setattr(scan, "COUNT_CAP", most)
        pages = ward.pages(lambda more: ward.page(asked, ("_sort", value), ("_count", "3"), *more))
        return [name for page in pages for name in page]

    assert shown(0) == shown(1 << 30)


@pytest.mark.parametrize("most", [0, 1 << 30])
@pytest.mark.parametrize("value", ["name", "-name", "birthdate"])
def test_what_has_no_value_to_sort_by_is_shown_last(
    ward: Any, value: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the element is there and says nothing: of whom nobody knows the name."""
    monkeypatch.setattr(scan, "COUNT_CAP", most)
    unknown = {"extension": [{"url": "urn:absent", "valueCode": "unknown"}]}
    ward.put(
        ward.patient("p1", name=[unknown], birthDate="unknown"),
        ward.patient("p2", name=[{"text": "b"}], birthDate="1990"),
        ward.patient("p3"),
        ward.patient("p4", name=[{"use": "old"}, {"text": " "}]),
    )
    shown = ward.pages(lambda more: ward.page("Patient", ("_sort", value), ("_count", "1"), *more))
    assert [name for (name,) in shown] == ["Patient/p2", "Patient/p4", "Patient/p3", "Patient/p1"]


def test_the_end_of_a_sort_reads_no_resource_that_has_a_value(
    ward: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfiled, "_ROWS", 3)
    ward.put(*(ward.patient(f"p{n}", name=[{"text": f"n{n}"}]) for n in range(20)), ward.patient("x"))
    page = ward.page("Patient", ("_sort", "name"), ("_count", "20"))
    looked = list[int]()
    spend = Budget.spend

    def spent(self: Budget, candidates: int, bodies: int = 0) -> None:
        looked.append(bodies)
        spend(self, candidates, bodies)

    monkeypatch.setattr(Budget, "spend", spent)
    asked = ("_sort", "name"), ("_count", "20"), ("_cursor", page.cursor)
    assert ward.found("Patient", *asked) == ["x"]
    assert sum(looked) == 0


def named(ward: Any, n: int) -> dict[str, Any]:
    """A patient with two names, or none."""
    names = [{"text": f"n{n * 7 % 5}"}, {"text": f"x{n % 3}"}]
    return ward.patient(f"r{n}", **({"name": names} if n % 6 else {}))


def dated(ward: Any, n: int) -> dict[str, Any]:
    """An observation of a day, of a long period, or of no known time."""
    day = {"effectiveDateTime": f"2026-03-{n * 7 % 5 + 1:02}"}
    period = {"effectivePeriod": {"start": f"2026-03-{n % 7 + 1:02}", "end": "2026-04-01"}}
    return ward.observation(f"r{n}", **(day if n % 3 else period if n % 2 else {}))


def key(resource: dict[str, Any], value: str) -> str:
    """The value that counts in an order, "" for none."""
    if "name" in value:
        names = [each["text"] for each in resource.get("name", [])]
        return max(names, default="") if value.startswith("-") else min(names, default="")
    if value == "_lastUpdated":
        return f"{int(resource['id'][1:]):03}"
    return str(resource.get("effectiveDateTime", resource.get("effectivePeriod", {}).get("start", "")))


@pytest.mark.parametrize(
    "value", ["nothing", "code-value-quantity", "_text", "", "date,,code", ",".join(["date"] * 9)]
)
def test_what_cannot_be_sorted_by_is_rejected(full: Any, value: str) -> None:
    with pytest.raises(Rejected) as raised:
        full.page("Observation", ("_sort", value))
    assert raised.value.where == "_sort"


def test_the_pages_after_the_first_are_not_sorted_again(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = (("_sort", "code,-_id"), ("_count", "2"))
    page = full.page("Observation", *asked)
    found = [one.id for one in page.matches]
    monkeypatch.setattr(order, "in_order", None)
    while page.cursor:
        page = full.page("Observation", *asked, ("_cursor", page.cursor))
        found += [one.id for one in page.matches]
    monkeypatch.undo()
    assert found == full.found("Observation", ("_sort", "code,-_id"), ("_count", "100"))
    turned = full.found("Observation", ("_sort", "-code,_id"), ("_count", "100"))
    assert turned != found
    assert sorted(turned) == sorted(found)


def test_of_what_was_sorted_lately_only_so_much_is_kept() -> None:
    lately, worked = Lately(most=5), list[str]()

    def ask(name: str) -> list[int]:
        def work() -> array[int]:
            worked.append(name)
            return array("q", range(3))

        return lately.get(name, work).tolist()

    assert [ask(name) for name in "aabba"] == [[0, 1, 2]] * 5
    assert worked == ["a", "b", "a"]


def test_too_many_to_sort_say_so(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MAX_SORTED", 3)
    with pytest.raises(Rejected) as raised:
        full.page("Observation", ("_sort", "code"))
    assert raised.value.code == "too-costly"
    assert full.found("Observation", ("_sort", "code"), ("patient", "p1")) == ["o2", "o1"]
