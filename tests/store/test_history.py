"""Histories: of a resource, a type, everything; pages of a snapshot, and a cursor to poll with."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store import Change, HistoryPage, Version, light


def put(desk: Any, type_: str, id_: str, note: int, tenant: str = "default") -> Version:
    body = {"resourceType": type_, "id": id_, "language": f"x{note}"}
    found = desk.transact(Change("update", type_, id_, body), tenant=tenant).results[0].version
    assert isinstance(found, Version)
    return found


def drop(desk: Any, type_: str, id_: str) -> Version:
    found = desk.transact(Change("delete", type_, id_)).results[0].version
    assert isinstance(found, Version)
    return found


@pytest.fixture
def life(desk: Any) -> list[Version]:
    """Two patients and a device: made, changed, deleted, revived."""
    return [
        put(desk, "Patient", "a", 1),
        put(desk, "Device", "d", 1),
        put(desk, "Patient", "a", 2),
        put(desk, "Patient", "b", 1),
        drop(desk, "Patient", "a"),
        put(desk, "Patient", "a", 3),
        drop(desk, "Device", "d"),
    ]


def pages(desk: Any, *of: str, count: int, **more: Any) -> list[HistoryPage]:
    found = [desk.store.history("default", *of, count=count, **more)]
    while found[-1].more:
        found.append(desk.store.history("default", *of, count=count, cursor=found[-1].cursor, **more))
    return found


@pytest.mark.parametrize("count", [1, 2, 100])
def test_each_history_tells_its_versions_newest_first(desk: Any, life: list[Version], count: int) -> None:
    of_a = [one for one in life if one.id == "a"]
    of_patients = [one for one in life if one.type == "Patient"]
    for of, expected in (((), life), (("Patient",), of_patients), (("Patient", "a"), of_a)):
        found = pages(desk, *of, count=count)
        assert [one for page in found for one in page.versions] == expected[::-1]
        assert {page.total for page in found} == {len(expected)}
        assert found[-1].cursor is None
    assert desk.store.history("default", "Patient", "nobody", count=9).versions == []
    assert desk.store.history("default", "Nothing", count=9).versions == []
    assert desk.store.history("nobody", count=9) == HistoryPage([], total=0)


@pytest.mark.parametrize("count", [1, 100])
def test_a_page_tells_which_versions_made_their_resource(desk: Any, life: list[Version], count: int) -> None:
    made = {life[at].seq for at in (0, 1, 3, 5)}
    assert {seq for page in pages(desk, count=count) for seq in page.created} == made
    of_a = {seq for page in pages(desk, "Patient", "a", count=count) for seq in page.created}
    assert of_a == {life[0].seq, life[5].seq}


def test_pages_stay_in_their_snapshot(desk: Any, life: list[Version]) -> None:
    first = desk.store.history("default", count=3)
    put(desk, "Patient", "a", 9)
    rest = desk.store.history("default", count=9, cursor=first.cursor)
    assert first.versions + rest.versions == life[::-1]
    assert rest.total == 7
    assert first.ts_us == rest.ts_us == life[-1].ts_us


def test_since_begins_at_its_moment(desk: Any, life: list[Version]) -> None:
    for at, one in enumerate(life):
        found = desk.store.history("default", count=9, since_us=one.ts_us)
        assert found.versions == life[at:][::-1]
        assert found.total == len(life) - at
    of_a = [one for one in life if one.id == "a"]
    found = desk.store.history("default", "Patient", "a", count=1, since_us=of_a[1].ts_us)
    assert found.versions == [of_a[-1]]
    rest = desk.store.history("default", "Patient", "a", count=9, since_us=of_a[1].ts_us, cursor=found.cursor)
    assert rest.versions == of_a[1:-1][::-1]
    assert desk.store.history("default", count=9, since_us=life[-1].ts_us + 1).versions == []


@pytest.mark.parametrize("count", [1, 9])
def test_at_tells_what_was_current_then(desk: Any, life: list[Version], count: int) -> None:
    a1, d1, a2, b1, gone, a3, end = life

    def at(*of: str, low: int, high: int) -> list[Version]:
        found = pages(desk, *of, count=count, at=(low, high))
        return [one for page in found for one in page.versions]

    assert at(low=b1.ts_us, high=b1.ts_us) == [b1, a2, d1]
    assert at(low=a2.ts_us, high=gone.ts_us) == [gone, b1, a2, d1]
    assert at("Patient", low=a3.ts_us, high=end.ts_us) == [a3, b1]
    assert at("Patient", "a", low=d1.ts_us, high=d1.ts_us) == [a1]
    assert at("Device", low=end.ts_us + 1, high=end.ts_us + 9) == []


def test_in_commit_order_a_cursor_goes_on_for_ever(desk: Any, life: list[Version]) -> None:
    page = desk.store.history("default", count=3, ascending=True)
    seen = list(page.versions)
    while page.more:
        page = desk.store.history("default", count=3, ascending=True, cursor=page.cursor)
        seen += page.versions
    assert seen == life
    last = page.cursor
    empty = desk.store.history("default", count=3, ascending=True, cursor=last)
    assert (empty.versions, empty.more) == ([], False)
    late = [put(desk, "Patient", "b", 2), drop(desk, "Patient", "b")]
    for cursor in (last, empty.cursor):
        assert desk.store.history("default", count=9, ascending=True, cursor=cursor).versions == late
    desk.reopen()
    assert desk.store.history("default", count=9, ascending=True, cursor=last).versions == late


def test_a_poll_may_begin_before_there_is_anything(desk: Any) -> None:
    page = desk.store.history("default", "Patient", count=9, ascending=True)
    assert page.versions == []
    made = put(desk, "Patient", "a", 1)
    put(desk, "Device", "d", 1)
    page = desk.store.history("default", "Patient", count=9, ascending=True, cursor=page.cursor)
    assert page.versions == [made]
    assert (
        desk.store.history("default", "Patient", count=9, ascending=True, cursor=page.cursor).versions == []
    )


def test_one_resource_in_commit_order(desk: Any, life: list[Version]) -> None:
    of_a = [one for one in life if one.id == "a"]
    page = desk.store.history("default", "Patient", "a", count=3, ascending=True)
    assert page.versions == of_a[:3]
    page = desk.store.history("default", "Patient", "a", count=3, ascending=True, cursor=page.cursor)
    assert page.versions == of_a[3:]


def test_a_cursor_fits_only_its_history(desk: Any, life: list[Version]) -> None:
    cursor = desk.store.history("default", "Patient", count=1).cursor
    put(desk, "Patient", "a", 1, tenant="other")
    for tenant, of, more in (
        ("default", ("Device",), {}),
        ("default", ("Patient", "a"), {}),
        ("default", ("Patient",), {"ascending": True}),
        ("default", ("Patient",), {"since_us": 1}),
        ("other", ("Patient",), {}),
    ):
        with pytest.raises(Rejected):
            desk.store.history(tenant, *of, count=1, cursor=cursor, **more)
    with pytest.raises(Rejected):
        desk.store.history("default", "Patient", count=1, cursor="forged")


def test_no_versions_but_their_number(desk: Any, life: list[Version]) -> None:
    page = desk.store.history("default", "Patient", "a", count=0)
    assert (page.versions, page.more) == ([], False)
    assert desk.store.history("default", count=0).total == 7


def test_tenants_have_histories_of_their_own(desk: Any, life: list[Version]) -> None:
    other = put(desk, "Patient", "a", 1, tenant="other")
    assert desk.store.history("other", count=9).versions == [other]
    assert desk.store.history("other", "Patient", count=9).versions == [other]
    assert desk.store.history("other", "Patient", "a", count=9).versions == [other]
    assert desk.store.history("default", count=1).versions == [life[-1]]


@pytest.mark.parametrize("ascending", [False, True])
def test_a_page_of_large_versions_ends_early(
    desk: Any, life: list[Version], monkeypatch: pytest.MonkeyPatch, *, ascending: bool
) -> None:
    monkeypatch.setattr(light, "MAX_BYTES", len(life[0].body) * 2)
    of_a = [one for one in life if one.id == "a"]
    of_patients = [one for one in life if one.type == "Patient"]
    for of, expected in (((), life), (("Patient",), of_patients), (("Patient", "a"), of_a)):
        found = pages(desk, *of, count=100, ascending=ascending)
        assert len(found) > 1
        shown = [one for page in found for one in page.versions]
        assert shown == (expected if ascending else expected[::-1])
        assert ascending or {page.total for page in found} == {len(expected)}
