"""Results that come by ASTM: committed before they are acknowledged, of the right sample, and once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.errors import Retry

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def test_results_of_a_sample_that_was_ordered_stand_in_the_store(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307001")
            await door.send(said.result("260307001"))
            (found,) = door.all("Observation")
            assert found["valueQuantity"]["value"] == 6.83
            assert found["valueQuantity"]["code"] == "10*9/L"
            (patient,), (request,) = door.all("Patient"), door.all("ServiceRequest")
            assert found["subject"] == {"reference": f"Patient/{patient['id']}"}
            (report,) = door.all("DiagnosticReport")
            assert report["basedOn"] == [{"reference": f"ServiceRequest/{request['id']}"}]
            (device,) = door.all("Device")
            assert found["device"] == {"reference": f"Device/{device['id']}"}
            assert (device["deviceName"][0]["name"], device["serialNumber"]) == ("TEST-1", "S1")

    run(tell())


def test_results_of_nobodys_sample_wait_and_are_released_by_the_order(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.send(said.result("260307002"))
            assert (door.states(), door.reasons()) == ({"quarantined": 1}, ["unknown-sample"])
            assert not door.all("Patient")  # never made of what an analyser says
            await door.ordered("260307002")
            async with asyncio.timeout(20):
                while door.states() != {"stored": 2}:  # noqa: ASYNC110 -- nothing tells of it
                    await asyncio.sleep(0)
            assert len(door.all("Observation")) == 1

    run(tell())


def test_one_unknown_sample_in_a_rack_holds_up_nobody_else(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307003")
            whole = said.records(
                f"H|\\^&|||TEST-1|||||||P|LIS2-A2|{said.at()}",
                "P|1",
                "O|1|260307003||^^^CBC",
                f"R|1|^^^WBC|6.8|10*9/L||N||F||||{said.at(-1)}",
                "O|2|nobodys||^^^CBC",
                f"R|1|^^^WBC|7.1|10*9/L||N||F||||{said.at(-1)}",
                "P|2",
                "O|1|QC-1||^^^CBC|||||||Q",
                f"R|1|^^^WBC|7.0|10*9/L||N||F||||{said.at(-1)}",
                "L|1|N",
            )
            await door.send(whole)
            assert door.reasons() == ["unknown-sample", "quality-control"]
            assert [one["valueQuantity"]["value"] for one in door.all("Observation")] == [6.8]

    run(tell())


@pytest.mark.parametrize("sent", [0, 20])
def test_what_comes_again_because_its_ack_was_lost_is_stored_once(lab: Open, said: Any, sent: int) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307004")
            await door.send(said.result("260307004"))
            before = [door.all(one) for one in ("Observation", "DiagnosticReport", "Provenance")]
            await door.send(said.result("260307004", sent=sent))
            assert door.states() == {"stored": 2}  # the order and one message
            assert [door.all(one) for one in ("Observation", "DiagnosticReport", "Provenance")] == before

    run(tell())


def test_a_corrected_value_follows_the_first_one(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307005")
            await door.send(said.result("260307005"))
            again = said.result("260307005", "6.91").replace(b"|N||F||||", b"|N||C||||")
            await door.send(again)
            (found,) = door.all("Observation")
            assert (found["status"], found["valueQuantity"]["value"]) == ("corrected", 6.91)
            assert found["meta"]["versionId"] == "2"

    run(tell())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b"||||||||||||||F\r", b"||||||||||||||F\r"), ""),
        ((b"|P|LIS2-A2|", b"|Q|LIS2-A2|"), "quality-control"),
        ((b"|||||||P|LIS2-A2|", b"|||||||QR|1394-97|"), "quality-control"),
        ((b"|||||||P|LIS2-A2|", b"|||||||CR|1394-97|"), "calibration"),
        ((b"|P|LIS2-A2|", b"|D|LIS2-A2|"), "not-production"),
        ((b"|P|LIS2-A2|", b"|Z|LIS2-A2|"), "not-production"),
    ],
)
def test_what_is_no_patients_sample_is_set_aside(
    lab: Open, said: Any, change: tuple[bytes, bytes], reason: str
) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307006")
            raw = said.result("260307006")
            assert raw.count(change[0]) == 1
            await door.send(raw.replace(*change))
            assert door.reasons() == ([reason] if reason else [])
            assert len(door.all("Observation")) == (0 if reason else 1)

    run(tell())


def test_a_control_of_cobas_c_111_is_told_by_its_kind_of_sample(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            for kind in ("3", "1"):
                await door.send(
                    said.records(
                        "H|\\^&|||C111^Roche^c111^4.2|||||host|RSUPL^REAL|P|1|20260307104500",
                        "P|1||",
                        f"O|1||CONTROL A{kind}^^{kind}||R||||||N|||||||||||20260307104400|||F",
                        "R|1|^^^687|28.6|U/L||N||F||LABO||20260307104300",
                        "L|1|N",
                    )
                )
            assert door.reasons() == ["quality-control", "calibration"]

    run(tell())


def test_what_cannot_be_read_is_kept_because_nobody_there_could_mend_it(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.send(said.records("H|aaa|||TEST|||||||P|1", "L|1|N"))
            await door.send(said.records("P|1", "O|1|A", "L|1|N"))
            assert door.reasons() == ["bad-separators", "not-astm"]
            assert door.door.status()["kept"] == 2

    run(tell())


def test_a_message_that_broke_off_waits_and_its_repetition_is_stored(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307007")
            whole = said.result("260307007")
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(b"\x05")
            assert await reader.readexactly(1) == b"\x06"
            text = whole.split(b"\r")[0] + b"\r"
            inside = b"1" + text + b"\x03"
            writer.write(b"\x02" + inside + b"%02X\r\n" % (sum(inside) & 0xFF))
            assert await reader.readexactly(1) == b"\x06"
            writer.close()
            async with asyncio.timeout(20):
                while not door.reasons():  # noqa: ASYNC110 -- nothing tells of it
                    await asyncio.sleep(0)
            assert door.reasons() == ["incomplete"]
            await door.send(whole)
            assert len(door.all("Observation")) == 1

    run(tell())


def test_a_number_of_the_patient_counts_where_the_line_says_so(lab: Open, said: Any) -> None:
    raw = said.records(
        f"H|\\^&|||POCT||||||||LIS2-A|{said.at()}",
        "P|1|1002345",
        f"R|1|^^^GLU|5.9|mmol/L|3.9-6.1|N||F||1021||{said.at(-1)}",
        "L|1|N",
    )

    async def tell(patient: str, expected: int) -> None:
        async with lab(patient=patient) as door:
            await door.ordered("260307008")
            await door.send(raw)
            assert len(door.all("Observation")) == expected

    run(tell("P.3", 1))


def test_who_cannot_commit_says_nak_and_the_analyser_keeps_its_message(door: Open, said: Any) -> None:
    async def tell() -> None:
        from gateway.wire.astm import AstmClient

        async with door() as (opened, taken):
            port = int(str(opened.status()["address"]).rpartition(":")[2])
            async with AstmClient("127.0.0.1", port) as client:
                taken.failures = 2
                await client.send(said.result("260307009"))  # NAK, NAK, ACK
                assert len(taken.envelopes) == 1
                taken.failures = 1000
                with pytest.raises(Retry):
                    await client.send(said.result("260307010"))
                assert len(taken.envelopes) == 1

    run(tell())
