"""What an answer to an analyser leaves out, and that it says so: tubes of two patients, cut lists."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.lis.astm.answering import answered
from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.mapping import load_maps
from gateway.spec import Question
from gateway.wire.astm.records import Message, parse

Open = Callable[..., Any]
CASES = "H|\\^&|||TEST-1\rQ|1|{}\rL|1|N\r"


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


async def a_tube_of_two(lab: Any, texts: Any) -> None:
    """Order for a tube of one patient, and print one number on the tubes of two others."""
    await lab.one(texts.order())
    today = f"{datetime.now(UTC):%Y%m%d}083000".encode()
    for number, patient in (("LAB7", "1000977"), ("LAB8", "1000978")):
        made = texts.order(number, barcode="", patient=patient, key=number, name="某^某", sheet="TUBE7")
        await lab.one(made.replace(b"20260305083000", today))


async def by_astm(lab: Any, asked: str, said: bytes = b"") -> Message:
    message = parse(CASES.format(asked).encode())
    found = await lab.asking(Question("default", "lis/astm", message, "lis-astm", format="astm"))
    envelope = Envelope("", "default", "lis/astm", "", 0, "application/astm", "", message.raw)
    return parse(answered(message, envelope, found))


def test_astm_hears_of_a_tube_that_has_two_patients(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await a_tube_of_two(lab, texts)
            answer = await by_astm(lab, f"^{texts.barcode}\\^TUBE7||ALL")
            assert [one.type for one in answer.records] == ["H", "C", "P", "O", "L"]
            assert (answer.get("C.3"), answer.get("C.4.1"), answer.get("C.5")) == (
                "L",
                "several-patients",
                "G",
            )
            assert str(answer.get("C.4.2")).startswith("TUBE7: several patients")
            assert (answer.get("O.3"), answer.get("L.3")) == (texts.barcode, "F")
            with pytest.raises(Rejected, match="several patients"):
                await by_astm(lab, "^404\\^TUBE7||ALL")  # "nothing known" would be untrue

    run(tell())


def test_a_haematology_analyser_hears_of_it_and_it_is_counted_and_logged(
    laboratory: Open, texts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await a_tube_of_two(lab, texts)
            question = texts.wanted() + b"ORC|RF||TUBE7||IP\r"
            answer = await lab.one(question)
            assert texts.segments(answer, "MSA")[0][1] == "AA"
            assert [one[2] for one in texts.segments(answer, "ORC")] == [texts.barcode]
            assert texts.segments(answer, "MSA")[0][3].startswith("TUBE7: several patients")
            assert lab.door.status()["asked_untold"] == 1
            assert "1 samples are not told: several-patients" in caplog.text
            assert "TUBE7" not in caplog.text

    run(tell())


@pytest.fixture
def own_codes(tmp_path: Path) -> Any:
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "own-tests.csv").write_text("# several: true\ncode,target,display\nGLU,1,GLU\nUREA,2,UREA\n")
    loaded = load_maps(codes=codes)
    for name in ("lis-astm", "ihe-law", "lis-analyser"):
        object.__setattr__(loaded.profiles[name], "orders", "own-tests")
    return loaded


@pytest.fixture
def most(laboratory: Open) -> Iterator[Callable[[Any, str, int], None]]:
    """Return what lets a query tell no more than a number of orders, for the time of a test."""
    before: list[tuple[Any, int]] = []

    def bound(lab: Any, name: str, number: int) -> None:
        query = next(one for one in lab.asking._queries if one.name == name)
        before.append((query, query.most))
        object.__setattr__(query, "most", number)

    yield bound
    for query, number in before:
        object.__setattr__(query, "most", number)


async def five_tubes(lab: Any, texts: Any) -> list[str]:
    """Order one test of another instrument and two of this one for each tube, the second ones last."""
    orders = [texts.order(f"X{at}", barcode=f"T{at}", key=f"x{at}", test="WBC^^99LAB") for at in range(5)]
    for test in ("GLU", "UREA"):
        orders += [
            texts.order(f"{test}{at}", barcode=f"T{at}", key=f"{test}{at}", test=f"{test}^^99LAB")
            for at in range(5)
        ]
    await lab.send(*orders)
    return [f"T{at}" for at in range(5)]


def test_a_list_of_many_pages_is_told_whole_and_each_tube_once(
    laboratory: Open, texts: Any, own_codes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pipeline.finding.PAGE", 4)

    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            tubes = await five_tubes(lab, texts)
            answer = await by_astm(lab, "ALL||ALL")
            assert sorted(answer.each("O.3")) == tubes
            assert sorted(answer.each("O.5.4")) == ["1"] * 5 + ["2"] * 5
            assert not answer.of("C")

    run(tell())


def test_a_list_that_is_cut_says_so(
    laboratory: Open, texts: Any, own_codes: Any, most: Callable[[Any, str, int], None]
) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await five_tubes(lab, texts)
            most(lab, "astm-all", 4)
            answer = await by_astm(lab, "ALL||ALL")
            assert answer.get("C.4.1") == "cut"
            assert str(answer.get("C.4.2")).startswith("11 more orders")

    run(tell())


def test_a_list_by_hl7_says_how_many_are_left(
    laboratory: Open, texts: Any, own_codes: Any, most: Callable[[Any, str, int], None]
) -> None:
    everything = texts.wos("").replace(
        b"QPD|WOS^Work Order Step^IHE_LABTF|T-1|", b"QPD|WOS_ALL^All^IHE_LABTF|T-1"
    )

    async def tell() -> None:
        async with laboratory("lis/law", loaded=own_codes) as lab:
            await five_tubes(lab, texts)
            whole = await lab.one(everything)
            assert len(texts.segments(whole, "QAK")[0]) == 4
            most(lab, "law-all", 4)
            answer = await lab.one(everything.replace(b"|q-1|", b"|q-2|"))
            assert texts.segments(answer, "QAK")[0][2:] == ["OK", "WOS_ALL^All^IHE_LABTF", "15", "4", "11"]
            assert lab.door.status()["asked_cut"] == 1

    run(tell())


def test_a_tube_whose_number_is_used_again_is_told_whole(
    laboratory: Open, texts: Any, most: Callable[[Any, str, int], None]
) -> None:
    """What was ordered for somebody else long ago is not meant, so nothing of it is left out."""
    before, question = "20250101083000", texts.wos("77")

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            for at in range(3):
                old = texts.order(f"OLD{at}", barcode="", key=f"old-{at}", sheet="77")
                await lab.one(old.replace(b"20260305083000", before.encode()))
            today = f"{datetime.now(UTC):%Y%m%d}083000".encode()
            new = texts.order("NEW", barcode="", patient="1000977", key="new", name="某^某", sheet="77")
            await lab.one(new.replace(b"20260305083000", today))
            for at, number in enumerate((100, 2)):
                most(lab, "law-wos", number)
                answer = await lab.one(question.replace(b"|q-1|", f"|q-{at}|".encode()))
                (state,) = texts.segments(answer, "QAK")
                assert state[2:] == ["OK", "WOS^Work Order Step^IHE_LABTF"]
            assert lab.door.status()["asked_cut"] == 0

    run(tell())
