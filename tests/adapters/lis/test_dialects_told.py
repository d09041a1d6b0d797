"""Dialects of instruments, as published: whose a result is, which value it has, and what is a control."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gateway.store import Walk

Open = Callable[..., Any]

RUN = (
    "MSH|^~\\&|cobas 4800 software 2.3.0.1905^56450_00001^M|LAB|LIS|DQRM|20260305143000+0800||OUL^R22^OUL_R22"
    "|{key}|P|2.5.1|||ER|AL||UNICODE UTF-8|||LAB-29^IHE"
)
AUTOLUMO = "MSH|^~\\&|||||20260305120000||ORU^R01|5|P|2.3.1|{key}"
CLONE = "MSH|^~\\&|ACON|HA-360|389C||20260305090000||ORU^R01|{key}|P|2.3.1||||||UNICODE"
NO_RESULT = "MSH|^~\\&|Mindray|BS-240|||20260305090000||ORU^R01|{key}|P|2.3.1||||0||ASCII"


def message(*lines: str, key: str = "m-1") -> bytes:
    return "".join(f"{one.format(key=key)}\r" for one in lines).encode()


def well(number: int, barcode: str, value: str, control: str = "") -> tuple[str, ...]:
    """Return one sample of a run; the analyser calls all of them controls in SPM-11."""
    return (
        f'SPM|{number}|{barcode}&ROCHE||""|||||||Q^^HL70369',
        f"SAC|||{barcode}",
        *([f"INV|{control}^^99ROC|OK^^HL70383|CO^^HL70384"] if control else []),
        'OBR||""||0BHIV1^0BHIV1^99ROC||20260305082000',
        "ORC|SC||||CM",
        f"OBX|1|ST|0BHIV1^0BHIV1^99ROC|1.1|{value}|||Full^^99ROC|||F|||||Op||C4800^Roche|20260305084300",
        'INV|""|OK^^HL70383|OT^^HL70384|MwpId^^99ROC|OE39^^99ROC|A01^^99ROC',
    )


def luminescence(barcode: str, *, person: bool = True) -> bytes:
    return message(
        AUTOLUMO,
        *(["PID|||P-1"] if person else []),
        f"OBR|1|{barcode}|7764|AutoLumo A1000",
        "OBX|10455|CE|107|107|41765^7.53~||||||F|||2026/03/05 08:59:00",
    )


def clone(barcode: str, panel: str = "00001^Automated Count^ACC") -> bytes:
    return message(
        CLONE,
        "PID|1|||| |||U",
        f"OBR|1||{barcode}|{panel}|||20260305085900|||||||||||||||||HM",
        "OBX|5|ST|718-7^HGB^LN||10.7|g/dL|11.0-16.0|↓|||F",
    )


def not_measured(value: str) -> bytes:
    return message(
        NO_RESULT,
        "OBR|1|2603050001|77|Mindray^BS-240||20260305085800|20260305085800",
        f"OBX|1|NM|12|GLU|{value}|mmol/L|3.9-6.1|L|||F|||20260305085900",
    )


def waiting(lab: Any) -> Counter[str]:
    return Counter(one.reason for one in lab.store.inbox_walk(Walk(states=("quarantined",)), 100))


def told(laboratory: Open, texts: Any, raw: bytes) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Return what a message becomes whose tube is ordered, and why the rest of it waits."""

    async def tell() -> tuple[list[dict[str, Any]], Counter[str]]:
        async with laboratory() as lab:
            await lab.one(texts.order())
            answer = await lab.one(raw)
            assert answer[1].startswith("MSA|AA")
            return lab.all("Observation"), waiting(lab)

    return asyncio.run(tell())


def test_a_run_that_is_all_marked_as_controls_gives_the_results_of_its_patients(
    laboratory: Open, texts: Any
) -> None:
    raw = message(
        RUN,
        *well(1, "0PHJ1N0QVJ", "3.26E+05 cp/mL", "HPosCtrl"),
        *well(2, "2603050001", "6.73E+01 cp/mL"),
        *well(3, "2603050009", "Target Not Detected"),
        *well(4, "", "Failed", "NEGCONTROL"),
    )
    (found,), waits = told(laboratory, texts, raw)
    assert found["valueString"] == "6.73E+01 cp/mL"
    assert waits == {"quality-control": 2, "unknown-sample": 1}


def test_of_the_samples_of_one_patient_only_those_wait_that_are_unknown(laboratory: Open, texts: Any) -> None:
    raw = message(
        "MSH|^~\\&|XPERT^GeneXpert^Dx||LIS||20260305090000||ORU^R32^ORU_R30|{key}|P|2.5",
        "PID|1||1002345",
        *(
            line.replace("AT", str(at)).replace("TUBE", barcode)
            for at, barcode in enumerate(("2603050001", "2603050002"), 1)
            for line in (
                "ORC|RE|AT|||||||20260305083000",
                "OBR|AT|||MTB-RIF|||||||||||||||||||||F",
                "TQ1|||||||20260305083000|20260305085900|R",
                "OBX|1|ST|MTB-RIF&MTB&Xpert&4|MTB|DETECTED^||||||F|||||^Op||~~~~1~",
                "SPM|AT|TUBE^||ORH|||||||P",
            )
        ),
    )
    (found,), waits = told(laboratory, texts, raw)
    assert found["valueCodeableConcept"]["text"] == "DETECTED"
    assert sum(waits.values()) == 1


def test_the_concentration_is_the_result_and_not_the_response_of_the_reader(
    laboratory: Open, texts: Any
) -> None:
    (found,), waits = told(laboratory, texts, luminescence("2603050001"))
    assert found["valueQuantity"]["value"] == 7.53
    assert found["code"]["coding"][0] == {"system": "urn:qiao:codes:99AUTOBIO", "code": "107"}
    assert found["effectiveDateTime"].startswith("2026-03-05T08:59:00")
    assert not waits


def test_a_control_that_is_known_by_its_running_number_alone_is_set_aside(
    laboratory: Open, texts: Any
) -> None:
    found, waits = told(laboratory, texts, luminescence("3", person=False))
    assert found == []
    assert waits == {"quality-control": 1}


def test_who_speaks_like_mindray_with_codes_of_its_own_is_heard_like_it(laboratory: Open, texts: Any) -> None:
    (found,), waits = told(laboratory, texts, clone("2603050001"))
    assert found["valueQuantity"]["value"] == 10.7
    assert not waits


def test_a_control_of_who_speaks_like_mindray_is_a_control(laboratory: Open, texts: Any) -> None:
    found, waits = told(laboratory, texts, clone("2603050001", "00003^LJ QCR^ACC"))
    assert found == []
    assert waits == {"quality-control": 1}


@pytest.mark.parametrize("value", ["-268435455.000000", "-268435455", "-100000000.0"])
def test_the_number_that_says_that_there_is_no_result_is_none(
    laboratory: Open, texts: Any, value: str
) -> None:
    (found,), _ = told(laboratory, texts, not_measured(value))
    assert "valueQuantity" not in found
    assert found["dataAbsentReason"]["text"] == value


@pytest.mark.parametrize("name", ["WOS_BY_RACK", "WOS_RACK", "WOS_BY_TRAY"])
def test_who_asks_by_a_place_and_has_read_the_bar_code_is_answered(
    laboratory: Open, texts: Any, name: str
) -> None:
    query = (
        texts.wos().replace(b"QPD|WOS^", f"QPD|{name}^".encode()).replace(b"2603050001", b"2603050001|R7|3")
    )

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            answer = await lab.one(query)
            assert texts.segments(answer, "QAK")[0][2] == "OK"
            assert [one[2] for one in texts.segments(answer, "OBR")] == ["LAB88001"]

    asyncio.run(tell())


XPERT = "MSH|^~\\&|ICU^GeneXpert^1.0||LIS||20260305084500||{kind}|{key}|P|2.5"


def test_a_genexpert_hears_the_orders_of_a_sample_in_its_own_form(laboratory: Open, texts: Any) -> None:
    asks = XPERT.replace("{kind}", "QBP^Z03^QBP_Z03")
    known = message(asks, "QPD|Z03^HOST QUERY|T-7|1002345|2603050001|", "RCP|I", key="x-1")
    unknown = message(asks, "QPD|Z03^HOST QUERY|T-8||2603050099|", "RCP|I", key="x-2")

    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order(test="MTB^结核^99LAB"))
            answer = await lab.one(known)
            assert answer[0].split("|")[8] == "RSP^Z02"
            assert [one.split("|")[0] for one in answer] == [
                "MSH", "MSA", "QAK", "QPD", "PID", "ORC", "OBR", "TQ1", "SPM",
            ]  # fmt: skip
            assert texts.segments(answer, "QAK")[0][1:3] == ["T-7", "OK"]
            assert texts.segments(answer, "PID")[0][3] == "1002345"
            assert texts.segments(answer, "OBR")[0][4] == "MTB"
            assert texts.segments(answer, "SPM")[0][1:3] == ["1", "2603050001"]
            nothing = await lab.one(unknown)
            assert texts.segments(nothing, "QAK")[0][1:3] == ["T-8", "OK"]
            assert not texts.segments(nothing, "ORC")

    asyncio.run(tell())


def test_the_number_of_a_sample_in_an_analyser_is_taken_and_writes_nothing(
    laboratory: Open, texts: Any
) -> None:
    kind = XPERT.replace("{kind}", "SSU^U03^SSU_U03") + "|||AL|NE"
    raw = message(kind, "EQU|N/D|20260305084500", "SAC|N/D", "SPM|1|2603050001^77||ORH|||||||P")

    async def tell() -> None:
        async with laboratory() as lab:
            answer = await lab.one(raw)
            assert texts.segments(answer, "MSA")[0][1] == "CA"
            await lab.one(raw.replace(b"|m-1|", b"|m-2|") + b"OBX|1|CE|RES^^99ROC|1|Passed||||||F\r")
            async with asyncio.timeout(20):
                while lab.states().get("received"):  # noqa: ASYNC110 -- nothing tells of it
                    await asyncio.sleep(0)
            assert lab.states() == {"stored": 1, "quarantined": 1}
            assert waiting(lab) == {"unknown-type": 1}
            assert not lab.all("Specimen")

    asyncio.run(tell())
