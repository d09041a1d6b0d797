"""Host query over real sockets: an analyser asks by bar code and is answered from the orders in the store."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Retry
from gateway.mapping import load_maps
from gateway.store.model import Change, Transact

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def test_an_analyser_is_told_what_was_ordered_for_a_bar_code(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            taken = await lab.one(texts.order())
            assert texts.segments(taken, "MSA")[0][1] == "AA", taken
            answer = await lab.one(texts.wos())
            assert texts.segments(answer, "MSH")[0][8] == "RSP^K11^RSP_K11"
            assert texts.segments(answer, "MSA")[0][1:] == ["AA", "q-1"]
            assert texts.segments(answer, "QAK")[0][1:3] == ["T-1", "OK"]
            assert texts.segments(answer, "QPD")[0][3] == texts.barcode
            assert texts.segments(answer, "SAC")[0][3] == texts.barcode
            (test,) = texts.segments(answer, "OBR")
            assert (test[2].split("^")[0], test[4]) == (texts.number, "GLU^葡萄糖^99LAB")

    run(tell())


def test_a_haematology_analyser_hears_patient_and_mode(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order(test="CBC+DIFF^血常规五分类^99MRC"))
            answer = await lab.one(texts.wanted())
            assert texts.segments(answer, "MSH")[0][8] == "ORR^O02"
            assert texts.segments(answer, "MSA")[0][1:3] == ["AA", "7"]
            assert texts.segments(answer, "ORC")[0][1:3] == ["AF", texts.barcode]
            (mode,) = texts.segments(answer, "OBX")
            assert (mode[3], mode[5]) == ("08003^Test Mode^99MRC", "CBC+DIFF")
            assert texts.segments(await lab.one(texts.wanted("404", "9")), "MSA")[0][1:3] == ["AR", "9"]
            assert lab.states() == {"stored": 3}
            assert len(lab.all("ServiceRequest")) == 1

    run(tell())


def test_a_chemistry_analyser_hears_lines_by_their_places(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order())
            await lab.one(texts.order("LAB88002", test="UREA^尿素^99LAB", key="o-2"))
            first, second = await lab.send(texts.shown(charset="UNICODE"), answers=2)
            assert [texts.segments(one, "MSH")[0][8] for one in (first, second)] == ["QCK^Q02", "DSR^Q03"]
            assert texts.segments(first, "QAK")[0][1:3] == ["SR", "OK"]
            lines = {one[1]: one[3] if len(one) > 3 else "" for one in texts.segments(second, "DSP")}
            assert (lines["1"], lines["3"], lines["5"], lines["21"]) == (
                "1002345",
                "林知夏",
                "F",
                texts.barcode,
            )
            assert [lines["29"].split("^")[0], lines["30"].split("^")[0]] == ["GLU", "UREA"]
            assert len(lines) == 30

    run(tell())


def test_a_panel_is_told_in_the_codes_of_the_instrument_and_no_other(
    laboratory: Open, texts: Any, tmp_path: Path
) -> None:
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "bs-tests.csv").write_text(
        "# target: urn:site:bs800\n# several: true\ncode,target,display\n"
        "CHEM3,1,GLU\nCHEM3,2,UREA\nCHEM3,3,CREA\nGLU,1,GLU\n",
        encoding="utf-8",
    )
    loaded = load_maps(codes=codes)
    profiles = {**loaded.profiles, "mindray-bs": replace(loaded.profiles["mindray-bs"], orders="bs-tests")}
    loaded.profiles = profiles

    async def tell() -> None:
        async with laboratory(loaded=loaded) as lab:
            await lab.one(texts.order(test="CHEM3^生化三项^99LAB"))
            await lab.one(texts.order("LAB88002", key="o-2"))  # GLU again: asked once
            await lab.one(texts.order("LAB88003", test="APTT^凝血^99LAB", key="o-3"))  # another instrument's
            _, display = await lab.send(texts.shown(charset="UNICODE"), answers=2)
            tests = [one[3].split("^")[:2] for one in texts.segments(display, "DSP")[28:]]
            assert sorted(tests) == [["1", "GLU"], ["2", "UREA"], ["3", "CREA"]]
            await lab.one(texts.order("LAB88004", test="APTT^凝血^99LAB", key="o-4", barcode="2603050002"))
            assert texts.segments(await lab.one(texts.shown("2603050002", "9")), "QAK")[0][2] == "NF"

    run(tell())


def test_what_was_cancelled_is_not_to_be_done(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            await lab.one(texts.order("LAB88002", test="UREA^尿素^99LAB", key="o-2"))
            answer = await lab.one(texts.order(control="CA", key="o-3"))
            assert texts.segments(answer, "ORC")[0][1] == "CR"
            (test,) = texts.segments(await lab.one(texts.wos()), "OBR")
            assert test[4].startswith("UREA^")
            await lab.one(texts.order("LAB88002", control="CA", test="UREA^尿素^99LAB", key="o-4"))
            assert texts.segments(await lab.one(texts.wos(key="q-2")), "QAK")[0][2] == "NF"

    run(tell())


@pytest.mark.parametrize("long_ago", [False, True])
def test_a_number_of_two_patients_tells_nobody(laboratory: Open, texts: Any, long_ago: bool) -> None:
    """Their orders are of one day, so nobody can say whose tube it is."""

    async def tell() -> None:
        today = b"20250105083000" if long_ago else f"{datetime.now(UTC):%Y%m%d}083000".encode()
        async with laboratory("lis/law") as lab:
            for number, patient in (("LAB1", "1002345"), ("LAB2", "1000977")):
                made = texts.order(
                    number, barcode="", patient=patient, key=number, name=f"{patient}^某", sheet="TUBE7"
                )
                await lab.one(made.replace(b"20260305083000", today))
            answer = await lab.one(texts.wos("TUBE7"))
            assert texts.segments(answer, "MSA")[0][1] == "AE"
            assert texts.segments(answer, "QAK")[0][2] == "AE"
            assert not texts.segments(answer, "PID")

    run(tell())


def test_of_a_number_that_is_used_again_the_old_order_is_not_meant(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        today = f"{datetime.now(UTC):%Y%m%d}083000".encode()
        async with laboratory("lis/law") as lab:
            for number, patient, day in (("LAB1", "1002345", b"20250105083000"), ("LAB2", "1000977", today)):
                made = texts.order(
                    number, barcode="", patient=patient, key=number, name=f"{patient}^某", sheet="TUBE7"
                )
                await lab.one(made.replace(b"20260305083000", day))
            answer = await lab.one(texts.wos("TUBE7"))
            assert texts.segments(answer, "PID")[0][3].startswith("1000977^")
            assert [one[2] for one in texts.segments(answer, "ORC")] == ["LAB2"]

    run(tell())


def test_who_cannot_write_a_name_does_not_hear_it(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order())
            _, display = await lab.send(texts.shown(charset="ASCII"), answers=2, charset="ascii")
            assert [one[3] if len(one) > 3 else "" for one in texts.segments(display, "DSP")[:3]] == [
                "1002345",
                "",
                "",
            ]

    run(tell())


def test_a_query_that_comes_again_hears_what_is_ordered_now_and_stands_in_the_trail(
    laboratory: Open, texts: Any
) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            assert texts.segments(await lab.one(texts.wos()), "QAK")[0][2] == "NF"
            await lab.one(texts.order())
            assert texts.segments(await lab.one(texts.wos()), "QAK")[0][2] == "OK"
            assert texts.segments(await lab.one(texts.wos("*", "q-3")), "QAK")[0][2] == "AE"
            assert texts.segments(await lab.one(texts.wos("", "q-4")), "QAK")[0][2] == "AE"
            status = lab.door.status()
            assert (status["asked_found"], status["asked_nothing"], status["asked_refused"]) == (1, 1, 2)
            await lab.trail.close()
            (told,) = lab.all("AuditEvent")
            query = next(one["query"] for one in told["entity"] if "query" in one)
            assert base64.b64decode(query).startswith(b"law-wos: ServiceRequest?")

    run(tell())


BAD = {
    "what a door asks for itself": ("QPD|ENDED|1|20200101", "200"),
    "a place in a rack": ("QPD|WOS_BY_RACK^Work Order Step By Rack^IHE_LABTF|T-1||R7|3", "200"),
    "another query": ("QPD|Z99^Something^L|T-1|{barcode}", "200"),
    "all there is": ("QPD|WOS_ALL^Work Order Step All^IHE_LABTF|T-1", "101"),
    "no parameters": ("RCP|I", "200"),
    "no bar code": ("QPD|WOS^Work Order Step^IHE_LABTF|T-1|", "101"),
    "a wildcard": ("QPD|WOS^Work Order Step^IHE_LABTF|T-1|2603%", "103"),
    "an endless bar code": ("QPD|WOS^Work Order Step^IHE_LABTF|T-1|" + "9" * 300, "103"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_answered_is_told_so(laboratory: Open, texts: Any, name: str) -> None:
    said, condition = BAD[name]

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            query = (
                texts.wos()
                .decode()
                .replace(
                    f"QPD|WOS^Work Order Step^IHE_LABTF|T-1|{texts.barcode}",
                    said.format(barcode=texts.barcode),
                )
            )
            answer = await lab.one(query.encode())
            assert texts.segments(answer, "MSH")[0][8] == "RSP^K11^RSP_K11"
            assert texts.segments(answer, "MSA")[0][1] == "AE"
            assert texts.segments(answer, "ERR")[0][3].split("^")[0] == condition
            assert not texts.segments(answer, "PID")
            assert lab.states() == {"stored": 2}

    run(tell())


def test_a_question_of_a_test_device_is_not_answered(laboratory: Open, texts: Any) -> None:
    """MSH-11 T: it is kept apart, and nobody's data are shown to it."""

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            answer = await lab.one(texts.wos().replace(b"|q-1|P|", b"|q-1|T|"))
            assert texts.segments(answer, "QAK")[0][2] == "AE"
            assert "not-production" in texts.segments(answer, "ERR")[0][8]
            assert not texts.segments(answer, "PID")

    run(tell())


def test_only_the_doors_of_the_laboratory_answer(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory("his/hl7v2") as lab:
            await lab.one(texts.order())
            answer = await lab.one(texts.wos())
            assert texts.segments(answer, "MSH")[0][8].startswith("ACK^Q11")

    run(tell())


def test_a_store_that_cannot_be_asked_leaves_the_question_to_its_sender(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            failures: list[Exception] = [Retry("no"), ZeroDivisionError()]

            async def ask(question: Any) -> Any:
                raise failures.pop(0)

            lab.door.answered_by(ask)
            assert texts.segments(await lab.one(texts.wos()), "MSA")[0][1] == "AR"
            fault = await lab.one(texts.wos(key="q-2"))
            assert texts.segments(fault, "QAK")[0][2] == "AE"
            lab.door.answered_by(lab.asking)
            assert texts.segments(await lab.one(texts.wos(key="q-3")), "QAK")[0][2] == "NF"

    run(tell())


@pytest.mark.parametrize("more", [{"doNotPerform": True}, {"intent": "plan"}, {"status": "on-hold"}])
def test_what_is_no_order_in_force_is_not_told(laboratory: Open, texts: Any, more: dict[str, Any]) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            (order,) = lab.all("ServiceRequest")
            order.pop("meta")
            change = Change("update", "ServiceRequest", order["id"], {**order, **more})
            assert lab.store.write([Transact("default", "test", [change])])[0].error is None
            assert texts.segments(await lab.one(texts.wos()), "QAK")[0][2] == "NF"

    run(tell())


@pytest.mark.parametrize("form", ["OML^O33", "OML^O35", "ORM^O01"])
def test_however_the_order_came_it_is_told(laboratory: Open, texts: Any, form: str) -> None:
    structure = form.replace("^", "_")
    tube, order = f"SPM|1|{texts.barcode}||SER", "ORC|NW|LAB1\rOBR|1|LAB1||GLU^葡萄糖^99LAB"
    lines = {
        "OML^O33": f"{tube}\r{order}",
        "OML^O35": f"{tube}\rSAC|||{texts.barcode}\r{order}",
        "ORM^O01": f"{order}\r{tube}",
    }

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            came = texts.message(
                f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|20260305083000||{form}^{structure}|o-1|P|2.5.1||||||"
                "UNICODE UTF-8",
                "PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F",
                *lines[form].split("\r"),
            )
            assert texts.segments(await lab.one(came), "MSA")[0][1] == "AA"
            (test,) = texts.segments(await lab.one(texts.wos()), "OBR")
            assert test[2:5] == ["LAB1", "", "GLU^葡萄糖^99LAB"]

    run(tell())


@pytest.mark.parametrize(("mode", "kinds"), [
    ("||", ["RSP^K11^RSP_K11"]), ("ER|AL|", ["RSP^K11^RSP_K11"]),
    ("AL|AL|", ["ACK^Q11^ACK", "RSP^K11^RSP_K11"]),
    ("AL|NE|", ["ACK^Q11^ACK"]),
])  # fmt: skip
def test_a_question_has_the_answers_that_it_asks_for(
    laboratory: Open, texts: Any, mode: str, kinds: list[str]
) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            asked = texts.wos().replace(b"|NE|AL|", f"|{mode}".encode())
            found = await lab.send(asked, answers=len(kinds))
            assert [texts.segments(one, "MSH")[0][8] for one in found] == kinds
            assert {texts.segments(one, "MSA")[0][1][1] for one in found} == {"A"}

    run(tell())
