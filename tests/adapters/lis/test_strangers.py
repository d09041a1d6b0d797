"""Analysers that nobody has named, and runs of several samples: no control is a result, no patient made."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.store import Walk

Open = Callable[..., Any]

BC = ("MSH|^~\\&|||||20260305090000||ORU^R01|{key}|P|2.3.1||||||UNICODE", "PID|1||LOT9^^^^MR")
CHEMISTRY = "MSH|^~\\&|||||20260305090000||ORU^R01|{key}|P|2.3.1||||{kind}||ASCII|||"
LAW = (
    "MSH|^~\\&|run 1||Host||20260305090000+0800||OUL^R22^OUL_R22|{key}|P|2.5.1|||NE|AL||UNICODE UTF-8"
    "|||LAB-29^IHE"
)
XPERT = "MSH|^~\\&|PC^GeneXpert^Dx||LIS||20260305090000||ORU^R32^ORU_R30|{key}|P|2.5"


def message(*lines: str, key: str = "m-1", **more: str) -> bytes:
    return "".join(f"{one.format(key=key, **more)}\r" for one in lines).encode()


def count(barcode: str, code: str = "00001^Automated Count^99MRC", *more: str) -> bytes:
    return message(
        *BC,
        f"OBR|1||{barcode}|{code}|||20260305085900|||||||||||||||||HM",
        *more,
        "OBX|5|NM|6690-2^WBC^LN||2.78|10*3/uL|4.00-10.00|L~N|||F",
    )


def chemistry(barcode: str, kind: str = "0") -> bytes:
    return message(
        CHEMISTRY,
        f"OBR|1|{barcode}|10|^|Y|20260305085926|20260305085914",
        "OBX|1|NM|2|TBil|100| umol/L |-|N|||F||100|20260305085945||x|0|",
        kind=kind,
    )


def tube(number: int, barcode: str, role: str, value: str) -> tuple[str, ...]:
    return (
        f"SPM|{number}|{barcode}&BARCODE||SER^^HL70487|||||||{role}^^HL70369",
        f"SAC|||{barcode}^BARCODE",
        'OBR|1|""||GLU^葡萄糖^99LAB',
        "ORC|SC||||CM",
        f"OBX|1|NM|GLU^葡萄糖^99LAB|1|{value}|mmol/L^^UCUM|3.9-6.1|N|||F|||||||20260305085900",
        "TCD|GLU|^1^:^1",
        "INV|R1|OK^^HL70383|R1|514",
        f"OBX|2|NM|PT^Pipetting^99X|1|{number}.5|s|||||F|||||||20260305085901",
        "NTE|1||n",
    )


def xpert(barcode: str, role: str = "P") -> bytes:
    return message(
        XPERT,
        "PID|1|||NID-1|DOE^JANE|||F",
        "ORC|RE|1|||||||20260305080000",
        "OBR|1|||MTB-RIF|||||||||||||||||||||F",
        "TQ1|||||||20260305080000|20260305085900|R",
        "OBX|1|ST|MTB-RIF&MTB&Xpert MTB/RIF&4|MTB|DETECTED^||||||F|||||^Op||~~~~1~",
        f"SPM|1|{barcode}^||ORH|||||||{role}",
    )


def reasons(lab: Any) -> Counter[str]:
    return Counter(one.reason for one in lab.store.inbox_walk(Walk(states=("quarantined",)), 100))


async def held(lab: Any, wanted: dict[str, int]) -> None:
    """Wait until just these messages are held: what is released is tried behind the answer."""
    async with asyncio.timeout(20):
        while reasons(lab) != wanted or lab.states().get("received"):  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (count("3", "00003^LJ QCR^99MRC"), "quality-control"),
        (count("6", "00006^XR QCR^99MRC"), "quality-control"),
        (count("2603050001", "01001^Automated Count^99MRC", "OBX|1|IS|05001^Qc Level^99MRC||M||||||F"),
         "quality-control"),
        (count("2603050001").replace(b"|P|2.3.1", b"|Q|2.3.1"), "not-production"),
        (chemistry("2603050001", "2"), "quality-control"),
        (chemistry("2603050001", "1"), "calibration"),
        *((message(LAW, *tube(1, "2603050001", role, "9.9")), "quality-control") for role in "QBEFOR"),
        (message(LAW, *tube(1, "2603050001", "V", "9.9")), "calibration"),
        (message(LAW, *tube(1, "2603050001", "L", "9.9")), "pooled-sample"),
        (xpert("2603050001", "Q"), "quality-control"),
        (message("MSH|^~\\&|Link|X|LIS||20260305090000||OUL^R22^OUL_R22|{key}|P|2.5", "PID|1",
                 "SPM|1|2603050001||QC3", "OBR|1|2603050001|2603050001|RBC",
                 "OBX|1|NM|RBC||4.88||||||F|||20260305085900"), "quality-control"),
    ],
)  # fmt: skip
def test_no_control_is_a_result_even_under_the_barcode_of_a_patient(
    laboratory: Open, texts: Any, raw: bytes, reason: str
) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order())
            answer = await lab.one(raw)
            assert answer[1].startswith("MSA|AA|m-1")
            assert reasons(lab) == {reason: 1}
            assert lab.all("Observation") == lab.all("DiagnosticReport") == []
            assert len(lab.all("Patient")) == 1

    asyncio.run(tell())


@pytest.mark.parametrize(
    "make", [count, chemistry, xpert, lambda one: message(LAW, *tube(1, one, "P", "5.60"))]
)
def test_results_of_an_unnamed_analyser_wait_for_the_order_and_are_its_patients(
    laboratory: Open, texts: Any, make: Callable[[str], bytes]
) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(make(texts.barcode))
            assert reasons(lab) == {"unknown-sample": 1}
            assert lab.all("Patient") == lab.all("Observation") == []
            await lab.one(texts.order())
            await held(lab, {})
            (patient,) = lab.all("Patient")
            found = lab.all("Observation")
            assert found
            assert {one["subject"]["reference"] for one in found} == {f"Patient/{patient['id']}"}
            assert all(one.get("effectiveDateTime") for one in found)

    asyncio.run(tell())


def test_a_run_with_controls_and_an_unknown_tube_loses_and_doubles_nothing(
    laboratory: Open, texts: Any
) -> None:
    tubes = (("CTRL", "Q", "9.9"), (texts.barcode, "P", "5.60"), ("77", "P", "4.40"))
    run = message(LAW, *(line for at, one in enumerate(tubes, 1) for line in tube(at, *one)))

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            for _ in range(2):  # the second time it is known
                answer = await lab.one(run)
                assert answer[1].startswith("MSA|AA|m-1")
                assert reasons(lab) == {"quality-control": 1, "unknown-sample": 1}
                values = sorted(one["valueQuantity"]["value"] for one in lab.all("Observation"))
                assert values == [2.5, 5.6]
            await lab.one(texts.order("LAB2", barcode="77", patient="1000977", key="o-2"))
            await held(lab, {"quality-control": 1})
            values = sorted(one["valueQuantity"]["value"] for one in lab.all("Observation"))
            assert values == [2.5, 3.5, 4.4, 5.6]
            assert len({one["subject"]["reference"] for one in lab.all("Observation")}) == 2
            taken = {one["effectiveDateTime"] for one in lab.all("Observation")}
            assert taken == {"2026-03-05T08:25:00+08:00"}, "when the tube was taken: LAW has no OBX-14"

    asyncio.run(tell())


def report(patient: str, visit: str = "") -> bytes:
    now = datetime.now(timezone(timedelta(hours=8))).strftime("%Y%m%d%H%M%S")
    return message(
        f"MSH|^~\\&|STRANGE|LAB|||{now}||ORU^R01^ORU_R01|{{key}}|P|2.5.1",
        f"PID|1||{patient}||王^五||19800101|M",
        f"PV1|1|O{'|' * 17}{visit}",
        f"OBR|1||R-77|GLU^葡萄糖^L|||{now}|||||||||||||||{now}||LAB|F|||||||D1&甲",
        "OBX|1|NM|GLU^葡萄糖^L||5.60|mmol/L|3.9-6.1|N|||F",
    )


@pytest.mark.parametrize(
    ("patient", "visit", "made"),
    [("55001^^^DQRM^MR", "", 1), ("55001", "V9^^^DQRM^VN", 1), ("55001", "", 0), ("55001^^^^MR", "", 0)],
)
def test_who_names_no_register_and_no_visit_makes_no_patient(
    laboratory: Open, patient: str, visit: str, made: int
) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(report(patient, visit))
            assert len(lab.all("Patient")) == made
            assert reasons(lab) == ({} if made else {"unknown-sample": 1})
            if not made:  # it is taken in when the patient comes
                await lab.one(
                    message(
                        "MSH|^~\\&|HIS|DQRM|||20260305090100||ADT^A04|a-1|P|2.5.1",
                        "EVN|A04|20260305090100",
                        "PID|1||55001^^^DQRM^MR||王^五||19800101|M",
                        "PV1|1|O",
                    )
                )
                await held(lab, {})
            (result,) = lab.all("Observation")
            assert result["valueQuantity"]["value"] == 5.6

    asyncio.run(tell())


def test_an_authority_is_no_number_of_a_sample(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            for at, barcode in enumerate(("A1^DQRM", "A2^DQRM")):
                await lab.one(texts.order(f"L{at}", barcode=barcode, patient=f"100{at}", key=f"o-{at}"))
            numbers = sorted(each["value"] for one in lab.all("Specimen") for each in one["identifier"])
            assert numbers == ["A1", "A2"]

    asyncio.run(tell())
