"""Orders of tests for a laboratory: OML^O21, what its ORL says of them, and their end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping import load_maps
from gateway.store import Desk, Entered, Entry, Store
from gateway.wire import er7

Told = Callable[..., Any]
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"


def lab(event: str = "effective", status: str = "active") -> Callable[[Desk], Entered]:
    """An act that orders a test of a sample and enters an event of it."""

    def act(desk: Desk) -> Entered:
        subject = {"reference": "Patient/p1"}
        number = {"type": {"coding": [{"system": V2, "code": "MR"}]}, "value": "MRp1"}
        desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}], "gender": "female",
                    "identifier": [{"system": "urn:oid:2.16.156.10011.1.13", **number}]})  # fmt: skip
        desk.write({"resourceType": "Specimen", "id": "s1", "subject": subject,
                    "identifier": [{"system": "urn:oid:2.16.156.10011.1.14", "value": "2603050001"}],
                    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0487",
                                         "code": "SER", "display": "Serum"}]}})  # fmt: skip
        order = desk.write({
            "resourceType": "ServiceRequest", "id": "r1", "status": status, "intent": "order",
            "subject": subject, "authoredOn": "2026-03-05T09:03:20+08:00", "priority": "stat",
            "identifier": [{"type": {"coding": [{"system": V2, "code": "PLAC"}]}, "value": "JY1"}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7", "display": "葡萄糖"}]},
            "specimen": [{"reference": "Specimen/s1"}], "note": [{"text": f"{event} {desk.ts_us}"}],
        })  # fmt: skip
        return desk.append(Entry("lab", event, order, (order,), "S1", 0))

    return act


def answer(one: er7.Message) -> list[str]:
    return [f"MSA|AA|{one.control_id}\rORC|OK|{one.get('ORC-2.1')}|L77"]


def test_an_order_reaches_the_laboratory_with_its_sample_and_ends_there(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, lab(), lab("cancelled", "revoked"))
    lis = ward.His(answer=answer)
    bench = told(lis, map="lis-hl7v2", receiver="LIS")
    first, last = lis.came
    assert (first.type, first.get("MSH-9.3"), first.get("MSH-5")) == ("OML^O21", "OML_O21", "LIS")
    said = {"PID-3.1": "MRp1", "ORC-1": "NW", "ORC-2.1": "JY1", "OBR-4.1": "2345-7", "TQ1-9": "S",
            "SPM-2.1": "2603050001", "SPM-4.1": "SER"}  # fmt: skip
    assert {one: first.get(one) for one in said} == said
    assert (last.get("ORC-1"), last.get("ORC-2.1")) == ("CA", "JY1")
    assert bench.states() == {1: "acknowledged", 2: "acknowledged"}
    assert store.deliveries.delivery("default", bench.receiver, 1).receipt == "L77"


def test_what_the_laboratory_cannot_do_is_an_exception(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, lab())
    words = "ORC|UA|JY1||||||||||||||^今日停机"
    bench = told(ward.His(answer=lambda one: [f"MSA|AA|{one.control_id}\r{words}"]), map="lis-hl7v2")
    assert bench.states() == {1: "refused"}
    assert bench.reason(1) == "AA UA: 今日停机"


def test_an_analyser_hears_of_the_sample_first(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, lab())
    device = ward.His(answer=answer)
    bench = told(device, map="law-hl7v2", receiver="IM5000")
    (message,) = device.came
    assert message.type == "OML^O33"
    assert [one.name for one in message.segments][:4] == ["MSH", "PID", "SPM", "ORC"]
    assert (message.get("SPM-2.1"), message.get("OBR-4.1")) == ("2603050001", "2345-7")
    assert bench.states() == {1: "acknowledged"}


CODES = "# several: true\n# source_systems: http://loinc.org\ncode,target,display\n{}\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2345-7,1,GLU", [("JY1", "", "1")]),
        ("2345-7,TSH,TSH\n2345-7,FT4,FT4", [("JY1", "", "TSH"), ("JY1", "2", "FT4")]),
    ],
)
def test_tests_go_out_in_the_codes_of_who_makes_them(
    store: Store, ward: Any, told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: str,
    said: list[tuple[str, str, str]],
) -> None:  # fmt: skip
    in_codes_of(ward, monkeypatch, tmp_path, rows)
    ward.enter(store, lab(), lab("cancelled", "revoked"))
    lis = ward.His(answer=answer)
    told(lis, map="lis-hl7v2")
    first, last = lis.came
    each = zip(first.each("ORC-2.1"), parts(first, "ORC"), first.each("OBR-4.1"), strict=True)
    assert list(each) == said
    assert len(list(first.each("SPM-2.1"))) == len(said)
    assert [one.name for one in first.segments][:3] == ["MSH", "PID", "ORC"]
    assert set(last.each("ORC-1")) == {"CA"} and len(list(last.each("ORC-1"))) == len(said)


def test_a_test_without_a_code_is_named_and_neither_dropped_nor_guessed(
    store: Store, ward: Any, told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_codes_of(ward, monkeypatch, tmp_path, "718-7,9,HGB")
    ward.enter(store, lab())
    lis = ward.His(answer=answer)
    bench = told(lis, map="lis-hl7v2")
    assert (lis.came, bench.states()) == ([], {1: "refused"})
    assert "has no code for 2345-7" in bench.reason(1)


def parts(message: er7.Message, name: str) -> list[str]:
    """Return ORC-2.2 of each order."""
    return [one.fields[2].partition("^")[2] for one in message.segments if one.name == name]


def in_codes_of(ward: Any, monkeypatch: pytest.MonkeyPatch, folder: Path, rows: str) -> None:
    """Let the laboratory have a code table of its own."""
    (folder / "own-tests.csv").write_text(CODES.format(rows))
    loaded = load_maps(codes=folder)
    object.__setattr__(loaded.profiles["default"], "orders", "own-tests")
    monkeypatch.setattr(sys.modules[ward.Bench.__module__], "maps", lambda: loaded)
