"""What is asked for by a time, a list, a range: who hears of what, and who of nothing (Mindray BS, ASTM)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.simulators.analysers.bench import bench
from conformance.simulators.analysers.chemistry import Chemistry
from conformance.simulators.analysers.immunoassay import Immunoassay
from conformance.simulators.analysers.reach import Where
from gateway.errors import Rejected
from gateway.mapping import load_maps
from gateway.spec import Question
from gateway.store.model import Change, Transact
from gateway.wire.astm.records import Message, parse

Open = Callable[..., Any]
DAY = ("20260305000000", "20260305235959")


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


@pytest.fixture
def own_codes(tmp_path: Path) -> Any:
    """Return maps in which a Mindray BS and analysers by ASTM have one test: GLU."""
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "own-tests.csv").write_text("# several: true\ncode,target,display\nGLU,1,GLU\n")
    loaded = load_maps(codes=codes)
    for name in ("mindray-bs", "lis-astm", "lis"):
        object.__setattr__(loaded.profiles[name], "orders", "own-tests")
    return loaded


def download(texts: Any, first: str = DAY[0], last: str = DAY[1], key: str = "8", what: str = "OTH") -> bytes:
    raw: bytes = texts.message(
        f"MSH|^~\\&|Mindray|BS-800|||20260305084000||QRY^Q02|{key}|P|2.3.1||||||ASCII|||",
        f"QRD|20260305084000|R|D|4|||RD||{what}|||T|",
        f"QRF|BS-800|{first}|{last}|||RCT|COR|ALL||",
    )
    return raw


async def three_tubes(lab: Any, texts: Any) -> None:
    """Order two tests of this analyser for two patients, and one of another's."""
    await lab.one(texts.order())
    await lab.one(texts.order("LAB2", barcode="77", patient="1000977", key="o-2"))
    await lab.one(texts.order("LAB3", barcode="78", test="WBC^^99LAB", key="o-3"))


def acknowledged(key: str = "2", about: str = "1", code: str = "AA") -> bytes:
    """Return what a Mindray BS says to a DSR."""
    return (
        f"MSH|^~\\&|Mindray|BS-800|||20260305084001||ACK^Q03|{key}|P|2.3.1||||||ASCII\rMSA|{code}|{about}\r"
    ).encode()


def test_the_samples_of_a_day_come_one_by_one_as_each_is_acknowledged(
    laboratory: Open, texts: Any, own_codes: Any
) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await three_tubes(lab, texts)
            reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)

            async def heard() -> list[str]:
                async with asyncio.timeout(20):
                    return (await reader.readuntil(b"\x1c\r"))[1:-2].decode().rstrip("\r").split("\r")

            writer.write(b"\x0b" + download(texts) + b"\x1c\r")
            commit, first = await heard(), await heard()
            assert commit[1:] == ["MSA|AA|8|Message accepted|||0", "ERR|0", "QAK|SR|OK"]
            assert commit[0].split("|")[8:10] == ["QCK^Q02", "8"]
            assert texts.segments(first, "DSC") == [["DSC", "1"]]
            writer.write(b"\x0b" + acknowledged() + b"\x1c\r")
            second = await heard()
            assert texts.segments(second, "DSC") == [["DSC"]] or texts.segments(second, "DSC") == [
                ["DSC", ""]
            ]
            tubes = [texts.segments(one, "DSP")[20][3] for one in (first, second)]
            assert sorted(tubes) == [texts.barcode, "77"]
            assert [texts.segments(one, "DSP")[28][3] for one in (first, second)] == ["1^GLU"] * 2
            writer.write(
                b"\x0b" + acknowledged("3") + b"\x1c\r\x0b" + download(texts, key="9", what="CAN") + b"\x1c\r"
            )
            assert (await heard())[2:] == ["ERR|0", "QAK|SR|OK"]  # no third, and nothing after the end
            writer.close()

    run(tell())


class Line:
    """A connection of a Mindray BS."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def say(self, *messages: bytes) -> None:
        self.writer.write(b"".join(b"\x0b" + one + b"\x1c\r" for one in messages))

    async def heard(self) -> str:
        """Return type and control id of the next message."""
        async with asyncio.timeout(20):
            frame = await self._reader.readuntil(b"\x1c\r")
        return " ".join(frame[1:-2].decode().split("\r")[0].split("|")[8:10])


def test_an_acknowledgement_that_comes_twice_skips_no_sample(
    laboratory: Open, texts: Any, own_codes: Any
) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await three_tubes(lab, texts)
            await lab.one(texts.order("LAB4", barcode="79", patient="1000978", key="o-4"))
            line = Line(*await asyncio.open_connection("127.0.0.1", lab.port))
            line.say(download(texts))
            assert [await line.heard() for _ in range(2)] == ["QCK^Q02 8", "DSR^Q03 1"]
            line.say(acknowledged("21", "1"), acknowledged("22", "1"), acknowledged("21", "1"))
            assert await line.heard() == "DSR^Q03 2"
            line.say(acknowledged("23", "2"))
            assert await line.heard() == "DSR^Q03 3", "only once, and not before the second was taken"
            line.say(acknowledged("24", "2"), acknowledged("25", "3"), download(texts, key="9", what="CAN"))
            assert await line.heard() == "QCK^Q02 9"
            line.writer.close()

    run(tell())


def test_a_sample_that_is_not_taken_ends_the_download(laboratory: Open, texts: Any, own_codes: Any) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await three_tubes(lab, texts)
            line = Line(*await asyncio.open_connection("127.0.0.1", lab.port))
            line.say(download(texts))
            assert [await line.heard() for _ in range(2)] == ["QCK^Q02 8", "DSR^Q03 1"]
            line.say(acknowledged("21", "1", code="AE"), acknowledged("22", "1"))
            line.say(download(texts, key="9", what="CAN"))
            assert await line.heard() == "QCK^Q02 9"
            line.writer.close()

    run(tell())


def test_downloads_that_nobody_ends_are_forgotten(
    laboratory: Open, texts: Any, own_codes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.wire.hl7v2.host_query.MOST_LEFT", 2)

    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await three_tubes(lab, texts)
            for key in range(4):
                await lab.send(download(texts, key=str(key)), answers=2)
            assert len(lab.door._asked._downloads) == 2

    run(tell())


@pytest.mark.parametrize(("first", "last", "state"), [
    ("20250101000000", "20250102000000", "NF"), ("20260306000000", "20260305000000", "AE"), ("", "", "AE"),
    ("soon", "20260305000000", "AE"),
])  # fmt: skip
def test_another_time_or_none(
    laboratory: Open, texts: Any, own_codes: Any, first: str, last: str, state: str
) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await three_tubes(lab, texts)
            answer = await lab.one(download(texts, first, last))
            assert texts.segments(answer, "QAK") == [["QAK", "SR", state]]
            assert not texts.segments(answer, "DSP")

    run(tell())


def test_who_has_no_tests_of_its_own_hears_of_nobody(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await three_tubes(lab, texts)
            answer = await lab.one(download(texts))
            assert texts.segments(answer, "MSA")[0][1] == "AE"
            assert "1002345" not in str(answer)

    run(tell())


def asks(*queries: str, sender: str = "TEST-1") -> Message:
    lines = [f"H|\\^&|||{sender}", *(f"Q|{at}|{one}" for at, one in enumerate(queries, 1)), "L|1|N"]
    return parse("".join(f"{one}\r" for one in lines).encode())


def question(message: Message, sender: str = "lis-astm") -> Question:
    return Question("default", "lis/astm", message, sender, format="astm")


def tubes(answer: Any) -> list[str]:
    return sorted(str(dict(one)["O"]["3"][0]) for one in answer.said)


def test_astm_asks_for_several_a_range_and_all(laboratory: Open, texts: Any, own_codes: Any) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            await three_tubes(lab, texts)
            barcode = texts.barcode
            for asked, wanted in (
                (asks(f"^{barcode}\\^77||ALL"), [barcode, "77"]),
                (asks("^70|^79|ALL"), ["77"]),
                (asks("^75|^76|ALL"), []),
                (asks("ALL||^^^ALL|S|20260305000000|20260305235959"), [barcode, "77"]),
                (asks("^ALL||^^^ALL||20250101|20250102"), []),
                (asks("ALL||ALL"), [barcode, "77"]),
            ):
                assert tubes(await lab.asking(question(asked))) == sorted(wanted)

    run(tell())


@pytest.mark.parametrize(
    "asked", ["^1|^999999|ALL", "^A1|^B2|ALL", "^79|^70|ALL", "^1\\^2|^3|ALL", "ALL||ALL||today"]
)
def test_a_range_that_is_none_is_refused(laboratory: Open, texts: Any, own_codes: Any, asked: str) -> None:
    async def tell() -> None:
        async with laboratory(loaded=own_codes) as lab:
            with pytest.raises(Rejected) as error:
                await lab.asking(question(asks(asked)))
            assert error.value.code == "value"

    run(tell())


@pytest.mark.parametrize("asked", ["ALL||ALL", "^70|^79|ALL"])
def test_all_and_a_range_are_only_for_who_has_tests_of_its_own(
    laboratory: Open, texts: Any, asked: str
) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await three_tubes(lab, texts)
            with pytest.raises(Rejected) as error:
                await lab.asking(question(asks(asked)))
            assert error.value.code == "too-broad"

    run(tell())


def test_an_order_that_only_its_specimen_names_is_found_by_the_bar_code(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order())
            (order,), (tube,) = lab.all("ServiceRequest"), lab.all("Specimen")
            order.pop("meta"), tube.pop("meta")
            order.pop("specimen")
            tube["request"] = [{"reference": f"ServiceRequest/{order['id']}"}]
            changes = [Change("update", one["resourceType"], one["id"], one) for one in (order, tube)]
            assert lab.store.write([Transact("default", "test", changes)])[0].error is None
            (said,) = (await lab.asking(question(asks(f"^{texts.barcode}||ALL")))).said
            assert dict(said)["O"]["3"] == [texts.barcode]
            assert dict(said)["O"]["16"] == ["SER"]
            answer = await lab.one(texts.wos())
            assert [one[2] for one in texts.segments(answer, "OBR")] == ["LAB88001"]

    run(tell())


@pytest.mark.parametrize(("kind", "door"), [("immunoassay", "lis/law"), ("chemistry", "lis/hl7v2")])
def test_a_simulated_analyser_hears_its_tests_and_only_of_its_tube(
    laboratory: Open, texts: Any, kind: str, door: str
) -> None:
    async def tell() -> None:
        settings = {"work": "IM5000=same"} if door == "lis/law" else {}
        async with laboratory(door, settings=settings) as lab:
            await three_tubes(lab, texts)
            known = {"immunoassay": Immunoassay, "chemistry": Chemistry}
            device = bench(known[kind](), Where("127.0.0.1", lab.port))
            heard = await asyncio.to_thread(device.ask, texts.barcode, datetime.now(UTC))
            assert (heard.barcode, list(heard.tests), heard.patient) == (texts.barcode, ["GLU"], "1002345")
            nobody = await asyncio.to_thread(device.ask, "nobodys", datetime.now(UTC))
            assert not nobody.tests and not nobody.patient

    run(tell())
