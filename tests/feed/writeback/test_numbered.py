"""An order is corrected and ended under the number under which the HIS came to know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.store import Desk, Entered, Entry, Store
from gateway.wire import er7

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
Told = Callable[..., Any]


def number(code: str, value: str) -> dict[str, Any]:
    return {"type": {"coding": [{"system": V2, "code": code}]}, "value": value}


def request(event: str, *numbers: dict[str, Any], **more: Any) -> Callable[[Desk], Entered]:
    """An act that writes a request for a scan and enters an event of it."""

    def act(desk: Desk) -> Entered:
        desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}],
                    "identifier": [number("MR", "MRp1")]})  # fmt: skip
        made = desk.write({
            "resourceType": "ServiceRequest", "id": "s1", "intent": "order", "code": {"text": "胸部CT"},
            "status": "revoked" if event == "cancelled" else "active", "subject": {"reference": "Patient/p1"},
            "note": [{"text": f"{event} {desk.ts_us}"}], "identifier": list(numbers), **more,
        })  # fmt: skip
        return desk.append(Entry("exam", event, made, (made,), "S1", 0))

    return act


def numbers_of(message: er7.Message) -> tuple[Any, ...]:
    return message.get("ORC-1"), message.get("ORC-2.1"), message.get("ORC-3.1")


def test_an_accession_number_is_no_number_of_the_order(store: Store, ward: Any, told: Told) -> None:
    since = number("ACSN", "ACC778"), number("FILL", "RIS9")
    ward.enter(store, request("effective"), request("corrected", *since), request("cancelled", *since))
    his = ward.His()
    bench = told(his)
    assert set(bench.states().values()) == {"acknowledged"}, bench.reason(2)
    assert [numbers_of(one) for one in his.came] == [
        ("NW", "s1", None), ("XO", "s1", "RIS9"), ("CA", "s1", "RIS9"),
    ]  # fmt: skip


def test_a_number_that_was_corrected_is_told_as_it_was(store: Store, ward: Any, told: Told) -> None:
    ward.enter(
        store, request("effective", number("PLAC", "SQ1")), request("cancelled", number("PLAC", "SQ2"))
    )
    his = ward.His()
    told(his)
    assert [numbers_of(one)[:2] for one in his.came] == [("NW", "SQ1"), ("CA", "SQ1")]


def test_a_line_that_came_later_has_the_number_with_which_it_came(
    store: Store, ward: Any, told: Told
) -> None:
    (first,) = ward.enter(store, ward.prescription(1))

    def corrected(placed: str) -> Callable[[Desk], Entered]:
        def act(desk: Desk) -> Entered:
            lines = [desk.read("MedicationRequest", "m1") or {}]
            lines.append({**lines[0], "id": "m2", "identifier": [number("PLAC", placed)]})
            said = [{"text": f"{desk.ts_us}"}]
            made = [desk.write({**one, "note": said}) for one in lines]
            group = desk.write({**(desk.read("RequestGroup", first.id) or {}), "note": said})
            return desk.append(Entry("prescription", "corrected", group, (group, *made), "S1", 0))

        return act

    ward.enter(store, corrected("CF1-2"), corrected("CF1-9"))
    his = ward.His()
    bench = told(his)
    assert set(bench.states().values()) == {"acknowledged"}, bench.reason(2)
    both = ["CF1-1", "CF1-2"]
    assert [list(one.each("ORC-2.1")) for one in his.came] == [both[:1], both, both]


def test_an_order_that_the_his_told_is_ended_under_the_number_that_it_has_there_now(
    store: Store, ward: Any, told: Told, monkeypatch: Any
) -> None:
    first, since = number("PLAC", "0000778"), number("PLAC", "SQ778")
    ward.enter(store, request("effective", first), request("corrected", since), request("cancelled", since))
    doors = {1: "his/hl7v2", 2: "his/hl7v2", 3: ""}
    monkeypatch.setattr(store.deliveries, "doors", lambda entries: [doors[one.n] for one in entries])
    his = ward.His()
    told(his)
    assert [numbers_of(one)[:2] for one in his.came] == [("CA", "SQ778")]


def test_a_new_line_brings_no_other_number_of_the_whole(store: Store, ward: Any, told: Told) -> None:
    (first,) = ward.enter(store, ward.prescription(1))

    def act(desk: Desk) -> Entered:
        said = {"note": [{"text": f"{desk.ts_us}"}]}
        line = {**(desk.read("MedicationRequest", "m1") or {}), **said, "groupIdentifier": {"value": "CF2"}}
        lines = {**line, "id": "m0", "identifier": [number("PLAC", "CF1-0")]}, line
        group = desk.write({**(desk.read("RequestGroup", first.id) or {}), **said})
        return desk.append(
            Entry("prescription", "corrected", group, (group, *map(desk.write, lines)), "S1", 0)
        )

    ward.enter(store, act)
    his = ward.His()
    bench = told(his)
    assert set(bench.states().values()) == {"acknowledged"}, bench.reason(2)
    assert [set(one.each("ORC-4.1")) for one in his.came] == [{"CF1"}, {"CF1"}]
