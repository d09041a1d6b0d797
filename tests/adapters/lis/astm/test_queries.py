"""Host query by ASTM: Q is answered from the orders in the store, over the same line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.store import Walk
from gateway.wire.astm import AstmClient
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK, frames
from gateway.wire.astm.records import Message, parse

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def question(said: Any, sample: str) -> bytes:
    raw: bytes = said.records(
        f"H|\\^&|||TEST-1|||||LIS||P|LIS2-A2|{said.at()}", f"Q|1|{sample}||ALL||||||||O", "L|1|F"
    )
    return raw


async def asked(client: AstmClient, raw: bytes, charset: str = "") -> Message:
    await client.send(raw)
    return parse((await client.receive()).text, charset=charset)


def test_an_analyser_hears_patient_and_tests_of_a_sample(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307021")
            async with door.client() as client:
                answer = await asked(client, question(said, "^260307021"))
                assert [one.type for one in answer.records] == ["H", "P", "O", "L"]
                assert (answer.get("H.5"), answer.get("H.10"), answer.get("L.3")) == ("qiao", "TEST-1", "F")
                assert (answer.get("P.3"), answer.get("P.6.1"), answer.get("P.9")) == (
                    "1002345",
                    "林知夏",
                    "F",
                )
                assert (answer.get("O.3"), answer.get("O.5.4"), answer.get("O.26")) == (
                    "260307021",
                    "CBC",
                    "Q",
                )
            assert door.door.status()["asked"] == 1
            assert door.states() == {"stored": 2}  # the question is kept, too

    run(tell())


@pytest.mark.parametrize(("sample", "end"), [("^nobodys", "I"), ("^26*", "Q"), ("", "Q")])
def test_an_analyser_is_never_left_without_an_answer(lab: Open, said: Any, sample: str, end: str) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307022")
            async with door.client() as client:
                answer = await asked(client, question(said, sample))
                assert [one.type for one in answer.records] == ["H", "L"]
                assert answer.get("L.3") == end

    run(tell())


def test_names_go_out_in_the_charset_of_the_line(lab: Open, said: Any) -> None:
    async def tell(charset: str, name: str | None) -> None:
        async with lab(charset=charset) as door:
            await door.ordered("260307023")
            async with door.client() as client:
                answer = await asked(client, question(said, "^260307023"), charset)
                assert answer.get("P.6.1") == name

    run(tell("GB 18030-2000", "林知夏"))


def test_a_charset_without_the_name_leaves_it_out(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab(charset="8859/1") as door:
            await door.ordered("260307024")
            async with door.client() as client:
                answer = await asked(client, question(said, "^260307024"), "8859/1")
                assert (answer.get("P.6.1"), answer.get("O.5.4")) == (None, "CBC")

    run(tell())


@pytest.mark.parametrize(
    ("first", "question", "field", "said_of_it"),
    [
        ("cobas6000^1|||||host|TSREQ^REAL|P|1", "^^   260307025^0^50062^1^^S1^SC||ALL", "H.11.1", "TSDWN"),
        ("XN-1000^00-24^1||||||||E1394-97", "2^1^     260307025^B", "H.12", "P"),
        ("BS-480^1^2|||||||RQ|1394-97", "^260307025", "H.13", "1394-97"),
    ],
)
def test_instruments_ask_in_their_own_way(
    lab: Open, said: Any, first: str, question: str, field: str, said_of_it: str
) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307025")
            async with door.client() as client:
                raw = said.records(f"H|\\^&|||{first}", f"Q|1|{question}", "L|1|N")
                answer = await asked(client, raw)
                assert [one.type for one in answer.records] == ["H", "P", "O", "L"]
                assert "260307025" in answer.of("O")[0].text
                assert answer.get(field) == said_of_it

    run(tell())


@pytest.mark.parametrize(("sample", "processing", "end"), [("260307024", "SA", "F"), ("nobodys", "QA", "I")])
def test_mindray_hears_its_own_words(lab: Open, said: Any, sample: str, processing: str, end: str) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307024")
            raw = said.records(
                f"H|\\^&|||Mindray^^|||||||RQ|1394-97|{said.at()}", f"Q|1|^{sample}||||||||||O", "L|1|N"
            )
            async with door.client() as client:
                answer = await asked(client, raw)
                assert (answer.get("H.12"), answer.get("L.3")) == (processing, end)
                if end == "F":  # the bar code in O.4, number and name of the test in components 1 and 2
                    told = [answer.get(path) for path in ("O.4", "O.5.1", "O.5.2", "O.26")]
                    assert told == [sample, "CBC", "血常规", "Q"]

    run(tell())


@pytest.mark.parametrize(("status", "records"), [("D", ["H", "P", "L"]), ("O", ["H", "P", "O", "L"])])
def test_who_it_is_may_be_asked_alone(lab: Open, said: Any, status: str, records: list[str]) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307026")
            async with door.client() as client:
                raw = question(said, "^260307026").replace(b"||||||||O", f"||||||||{status}".encode())
                answer = await asked(client, raw)
                assert [one.type for one in answer.records] == records

    run(tell())


class Line:
    """An analyser byte by byte, for what a well-behaved one does not do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, raw: bytes, *, ends: bool = True) -> None:
        """Send a message, each frame acknowledged; from an ENQ that was answered on."""
        for one in frames(raw, 240, packed=False):
            self._writer.write(one)
            assert await self.hear() == ACK
        if ends:
            self._writer.write(EOT)

    def put(self, piece: bytes) -> None:
        self._writer.write(piece)

    async def hear(self) -> bytes:
        async with asyncio.timeout(20):
            return await self._reader.readexactly(1)

    async def frame(self) -> bytes:
        """Return the next frame, EOT where there is none."""
        async with asyncio.timeout(20):
            first = await self._reader.readexactly(1)
            return first if first == EOT else first + await self._reader.readuntil(b"\n")

    async def message(self) -> list[bytes]:
        """Return the frames of a message whose ENQ has come; each is acknowledged."""
        found = []
        self.put(ACK)
        while (one := await self.frame()) != EOT:
            found.append(one)
            self.put(ACK)
        return found


@asynccontextmanager
async def line(door: Any) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def test_an_analyser_that_contends_is_heard_first_and_then_answered(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307027")
            async with line(door) as device:
                device.put(ENQ)
                assert await device.hear() == ACK
                await device.say(question(said, "^260307027"))
                assert (
                    await device.hear() == ENQ
                )  # the answer; the analyser wants to tell a result at the same moment
                device.put(ENQ)
                device.put(ENQ)  # it asks for the line again, as LIS1-A lets it do first
                assert await device.hear() == ACK
                await device.say(said.result("260307027"))
                assert await device.hear() == ENQ
                answer = await device.message()
                assert b"260307027" in b"".join(answer)
                assert door.states() == {"stored": 3}

    run(tell())


def test_an_answer_that_is_not_taken_is_sent_again_and_given_up_in_the_end(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307028")
            async with line(door) as device:
                for refused in (2, 6):
                    device.put(ENQ)
                    assert await device.hear() == ACK
                    await device.say(question(said, "^260307028"))
                    assert await device.hear() == ENQ
                    device.put(ACK)
                    first = await device.frame()
                    for _ in range(refused - 1):
                        device.put(NAK)
                        assert await device.frame() == first
                    device.put(NAK if refused == 6 else ACK)
                    while (one := await device.frame()) != EOT:
                        assert refused == 2 and one != first
                        device.put(ACK)
                status = door.door.status()
                assert (status["sent"], status["unsent"]) == (1, 1)
                await door.send(said.result("260307028"))  # the line goes on
                assert "quarantined" not in door.states()

    run(tell())


def test_a_question_that_is_taken_back_gets_no_answer(lab: Open, said: Any) -> None:
    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307029")
            async with door.client() as client:
                await client.send(question(said, "^260307029").replace(b"||||||||O", b"||||||||A"))
                answer = await asked(client, question(said, "^nobodys"))
                assert [one.type for one in answer.records] == ["H", "L"]
            assert door.door.status()["asked"] == 1

    run(tell())


def test_the_tests_are_those_of_the_analyser_that_asks(lab: Open, said: Any) -> None:
    """Its profile is found by H.5, as that of its results: the question of a Sysmex is no other's."""

    async def tell() -> None:
        async with lab() as door:
            await door.ordered("260307030")
            async with door.client() as client:
                raw = said.records("H|\\^&|||XN-1000^00-24^1||||||||E1394-97", "Q|1|2^1^260307030^B", "L|1|N")
                await asked(client, raw)
                await asked(client, question(said, "^260307030"))
            found = [one.envelope.sender for one in door.store.inbox_walk(Walk(), 100)]
            assert found[1:] == ["astm-sysmex", "lis-astm"]

    run(tell())
