"""BCI of bioMérieux: lines of two letters and a value become the records that they say, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.astm import AstmServer, Counters, Received, messages_in
from gateway.wire.astm.bci import records
from gateway.wire.astm.frame import ACK, ENQ, EOT, ETX, NAK, STX
from gateway.wire.astm.records import Message, parse
from gateway.wire.mllp import Peer

VIDAS = (
    "mtrsl|pi2607001|pn|pb|psF|so2|si|ci2607001|rtHCG|rnHCG|\x1ett15:09|td20/05/2026|ql|qn28,94mUI/ml|y3mUI/ml|qd1|"
    "nclotexp|"
)
QUALITY = (
    "mtrsl|\x1epi|\x1esi|\x1ecia1|\x1ertHBCT|\x1ernAnti-HBc|\x1ett18:35|"
    "\x1etd10/25/24|\x1eqlPositif|\x1eqn0.05|"
)
VITEK = (
    "mtrsl|iiV2|itSU|pi156|si|sspus|s5pus|s12026/05/02|ci102|rtAST-GN93|t11|"
    "o1citfre|o2Citrobacter fre\x1eundii|"
    "afQUINOLONES|apWILD|ra|a1am|a2Ampicillin|a3>=32|a4R|anR|ra|a1amc|"
    "a2Amoxicillin/Clavulanic Acid|a34|a4S|anS|zz|"
)


def framed(line: str) -> bytes:
    inside = b"\x1e" + line.encode("latin-1") + b"\x1d"
    return STX + inside + b"%02x" % (sum(inside) & 0xFF) + ETX


def one(line: str) -> Message:
    (found,) = messages_in(ENQ + framed(line) + EOT)
    assert found.ended == "L"
    return parse(found.text)


def said(message: Message, *paths: str) -> list[str | None]:
    return [message.get(path) for path in paths]


def test_a_quantity_and_its_unit_stand_apart() -> None:
    message = one(VIDAS)
    assert said(message, "H.13", "P.3", "P.9", "O.3", "O.5.4") == ["BCI", "2607001", "F", "2607001", "HCG"]
    assert said(message, "R.3.4", "R.3.8", "R.4", "R.5", "R.13") == [
        "HCG",
        "N",
        "28.94",
        "mUI/ml",
        "20260520150900",
    ]
    assert message.get("C.4") == "lotexp"


def test_a_quantity_and_its_judgement_are_two_results() -> None:
    message = one(QUALITY)
    assert [(one.get("3.8"), one.get("4")) for one in message.of("R")] == [("N", "0.05"), ("Q", "Positif")]
    assert message.get("R.13") == "20241025183500"


def test_each_test_of_a_line_is_a_result() -> None:
    message = one("mtrsl|ci1|td20/05/2026|rtTSH|qn2.3mUI/l|ncbad lot|rtFT4|qn12pmol/l|")
    assert [(two.get("3.4"), two.get("4"), two.get("13")) for two in message.of("R")] == [
        ("TSH", "2.3", "20260520"),
        ("FT4", "12", "20260520"),
    ]
    assert [two.type for two in message.records] == ["H", "P", "O", "M", "R", "C", "R", "L"]


@pytest.mark.parametrize(("born", "kept"), [("23/04/45", "23/04/45"), ("23/04/1945", "19450423")])
def test_a_birth_date_has_no_century_that_nobody_said(born: str, kept: str) -> None:
    assert one(f"mtrsl|pb{born}|ci1|rtA|qn1|").get("P.8") == kept


def test_an_organism_and_what_it_was_tested_against() -> None:
    message = one(VITEK)
    assert [(one.get("3.4"), one.get("4.1"), one.get("7")) for one in message.of("R")] == [
        ("ORG", "citfre", None),
        ("am", ">=32", "R"),
        ("amc", "4", "S"),
    ]
    assert message.get("R[1].4.2") == "Citrobacter freundii"  # RS may cut a word


@pytest.mark.parametrize("line", [VIDAS, QUALITY, VITEK])
def test_the_line_itself_is_kept(line: str) -> None:
    assert one(line).get("M.4") == line.replace("\x1e", "")


@pytest.mark.parametrize("day", ["12/07/21", "07/12/2021", "21", "", "31/31/2021"])
def test_a_day_that_may_be_two_days_stays_as_it_is(day: str) -> None:
    assert one(f"mtrsl|ci1|rtA|td{day}|qn1|").get("R.13") == (day or None)


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("274.0 IU/ml", "274.0", "IU/ml"),
        (">500,00mUI/ml", ">500.00", "mUI/ml"),
        ("1,234", "1,234", None),  # a thousand, or one and a bit
        ("4 /HPF", "4", "/HPF"),
        ("1,234.5 mUI/ml", "1,234.5 mUI/ml", None),
        ("1 234 mUI/ml", "1 234 mUI/ml", None),
        (">1:128", ">1:128", None),
        ("1/80", "1/80", None),
        ("2.31E3 UI/l", "2.31E3 UI/l", None),
        ("12-15", "12-15", None),
        ("-", "-", None),
        ("OR", "OR", None),
    ],
)
def test_a_number_is_read_where_it_is_one(written: str, number: str, unit: str | None) -> None:
    assert said(one(f"mtrsl|ci1|rtA|qn{written}|"), "R.4", "R.5") == [number, unit]


def test_a_line_with_a_wrong_checksum_is_not_taken() -> None:
    counters = Counters()
    assert not list(messages_in(framed(VIDAS).replace(b"HCG", b"HCC"), counters=counters))
    assert counters.bad == 1


@given(st.binary(max_size=200))
def test_whatever_stands_there_is_a_message_that_can_be_read(line: bytes) -> None:
    text = b"mtrsl|ci1|" + line
    message = parse(records(text), charset="8859/1")  # BCI is ISO 8859-1
    assert [one.type for one in message.records][:4] == ["H", "P", "O", "M"]
    assert message.records[-1].type == "L"


def test_the_instrument_hears_ack_after_the_commit_and_nak_for_a_bad_line() -> None:
    async def tell() -> None:
        taken: list[Received] = []

        async def take(received: Received, peer: Peer) -> Sequence[bytes] | None:
            taken.append(received)
            return None

        server = AstmServer(take, port=0)
        await server.start()
        try:
            reader, writer = await asyncio.open_connection(*server.address)
            for sent, answer in ((ENQ, ACK), (framed(VIDAS)[:-3] + b"0" + ETX, NAK), (framed(VIDAS), ACK)):
                writer.write(sent)
                assert await reader.readexactly(1) == answer
            assert [parse(one.text).get("O.3") for one in taken] == ["2607001"]
            writer.close()
        finally:
            await server.stop()

    asyncio.run(tell())
