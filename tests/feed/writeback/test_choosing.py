"""What a HIS is owed: nothing that came from it, and the regulator is not told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.feed.reconciliation.receivers import Receivers
from gateway.feed.writeback.choosing import Wanted, filling
from gateway.store import Store

EVENTS = {"prescription": ["effective", "cancelled"]}


def owed(store: Store, not_from: tuple[str, ...] = ("his/*",), order: Any = "patient") -> dict[int, str]:
    receiver = store.deliveries.enrol("default", "writeback:his")
    assert receiver is not None
    fill = filling(store, "default", Wanted(EVENTS, not_from, order))
    while fill(receiver):
        pass
    found = store.deliveries.find("default", receiver, ("waiting", "held"))
    return {one.entry.n: one.entry.event for one in found}


def test_what_came_through_a_door_of_the_his_does_not_go_back(
    store: Store, ward: Any, monkeypatch: Any
) -> None:
    ward.enter(store, *(ward.prescription(at) for at in (1, 2, 3)))
    doors = {1: "his/hl7v2", 2: "", 3: "his/sql_view"}
    monkeypatch.setattr(store.deliveries, "doors", lambda entries: [doors[one.n] for one in entries])
    assert owed(store) == {2: "effective"}


def test_a_document_of_the_his_that_is_cancelled_here_is_told(
    store: Store, ward: Any, monkeypatch: Any
) -> None:
    ward.enter(store, ward.prescription(1), ward.prescription(1, "cancelled"))
    doors = {1: "his/hl7v2", 2: ""}
    monkeypatch.setattr(store.deliveries, "doors", lambda entries: [doors[one.n] for one in entries])
    assert owed(store) == {2: "cancelled"}


def test_the_door_is_that_of_the_message_that_wrote_the_version(store: Store, ward: Any) -> None:
    entries = ward.enter(store, ward.prescription(1))
    assert store.deliveries.doors(entries) == [""]


def test_a_his_is_no_receiver_of_the_regulator(store: Store, ward: Any, told: Callable[..., Any]) -> None:
    ward.enter(store, ward.prescription(1))
    told(ward.His())
    assert [one.name for one in store.deliveries.receivers("default")] == ["writeback:his"]
    assert Receivers(store, "default").pushed == []


def test_a_his_is_owed_the_very_first_document_of_a_hospital(
    store: Store, ward: Any, told: Callable[..., Any]
) -> None:
    told(ward.His(), turns=1, begin="now")
    ward.enter(store, ward.prescription(1))
    bench = told(ward.His(), begin="now")
    assert bench.states() == {1: "acknowledged"}


def test_the_end_of_what_a_his_was_never_told_is_not_told(
    store: Store, ward: Any, told: Callable[..., Any]
) -> None:
    ward.enter(store, ward.prescription(1))
    told(ward.His(), turns=1, begin="now")
    ward.enter(
        store, ward.prescription(1, "cancelled"), ward.prescription(2), ward.prescription(2, "cancelled")
    )
    his = ward.His()
    assert list(told(his, begin="now").states().values()) == ["acknowledged"] * 2
    assert his.controls() == ["NW CF2", "CA CF2"]


def test_a_visit_that_was_broken_off_is_told_by_every_set_that_tells_visits(ward: Any) -> None:
    from gateway.mapping.outbound import OutMaps

    for name, one in OutMaps(frozenset(ward.maps().tables)).sets.items():
        assert "visit" not in one.kinds or "terminated" in one.kinds["visit"], name
