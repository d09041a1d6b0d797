"""An end reaches a HIS after what it ends, whatever became of the patient in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.store import Store, Transact
from gateway.wire import er7

Told = Callable[..., Any]


def merged(store: Store, retired: str, survivor: str, back: bool = False) -> None:
    def act(desk: Any) -> object:
        return desk.unmerge(retired) if back else desk.merge(retired, survivor)

    (done,) = store.write([Transact("default", "client:app", [], act=act, joins=True)])
    assert done.error is None, done.error


def busy(one: er7.Message) -> list[str]:
    return [f"MSA|AR|{one.control_id}\rERR|||207"]


def refusing(one: er7.Message) -> list[str]:
    return [f"MSA|AE|{one.control_id}"]


@pytest.mark.parametrize("answer", [busy, refusing])
@pytest.mark.parametrize("back", [False, True])
def test_an_end_does_not_overtake_what_it_ends_whoever_its_patient_has_become(
    answer: Any, back: bool, store: Store, ward: Any, told: Told
) -> None:
    ward.enter(
        store, ward.prescription(1, "submitted", patient="a"), ward.prescription(9, "submitted", patient="b")
    )
    if back:  # the patients become two again
        merged(store, "a", "b")
    ward.enter(store, ward.prescription(1, patient="b" if back else "a"))
    told(ward.His(answer=answer), turns=3)
    merged(store, "a", "b", back)
    ward.enter(store, ward.prescription(1, "cancelled", patient="a" if back else "b"))
    his = ward.His()
    bench = told(his)
    if answer is refusing:
        assert bench.states() == {3: "refused", 4: "held"} and his.came == []
        store.deliveries.retry(bench.receiver, None, 0)
        bench = told(his)
    assert bench.states() == {3: "acknowledged", 4: "acknowledged"}
    assert his.controls() == ["NW CF1", "CA CF1"]


@pytest.mark.parametrize("answer", [busy, refusing])
def test_what_waits_of_who_was_merged_goes_before_what_comes_of_who_goes_on(
    answer: Any, store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1, patient="a"), ward.prescription(9, "submitted", patient="b"))
    told(ward.His(answer=answer), turns=3)
    merged(store, "a", "b")
    ward.enter(store, ward.prescription(2, patient="b"), ward.prescription(3, patient="c"))
    his = ward.His()
    bench = told(his)
    if answer is refusing:
        assert bench.states() == {1: "refused", 3: "held", 4: "acknowledged"}
        store.deliveries.retry(bench.receiver, None, 0)
        his = ward.His()
        bench = told(his)
    assert [one for one in his.controls() if one != "NW CF3"] == ["NW CF1", "NW CF2"]
    assert "acknowledged" in set(bench.states().values())


def test_an_end_waits_behind_an_opening_that_is_taken_up_again(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1, patient="a"), ward.prescription(9, "submitted", patient="b"))
    bench = told(ward.His(answer=refusing))
    store.deliveries.drop(bench.receiver, [1], "given up", 0)
    merged(store, "a", "b")
    ward.enter(store, ward.prescription(1, "cancelled", patient="b"))
    told(ward.His(answer=busy), turns=3)
    store.deliveries.retry(bench.receiver, [1], 0)
    told(ward.His(answer=refusing), turns=3)
    store.deliveries.retry(bench.receiver, None, 0)
    his = ward.His()
    told(his)
    assert his.controls() == ["NW CF1", "CA CF1"]
