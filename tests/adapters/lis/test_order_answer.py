"""What somebody hears who brings orders (ORL), and that an acknowledgement is kept and never acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.mapping import load_maps

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def tube(texts: Any, key: str = "o-9", enhanced: str = "") -> bytes:
    """Return an OML^O33: two tests of one tube."""
    return texts.message(
        f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|20260305083000||OML^O33^OML_O33|{key}|P|2.5.1|||{enhanced}||"
        "UNICODE UTF-8",
        "PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F",
        f"SPM|1|{texts.barcode}||SER^血清^HL70487|||||||P",
        "ORC|NW|LAB1|||||||20260305083000",
        "OBR|1|LAB1||GLU^葡萄糖^99LAB",
        "ORC|CA|LAB2|||||||20260305083000",
        "OBR|2|LAB2||UREA^尿素^99LAB",
    )


def test_each_order_has_its_word(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            first = await lab.one(texts.order())
            assert texts.segments(first, "MSH")[0][8] == "ORL^O22^ORL_O22"
            assert texts.segments(first, "MSA")[0][1:] == ["AA", "o-1"]
            assert texts.segments(first, "PID")[0][3] == "1002345^^^DQRM^MR"
            assert texts.segments(first, "ORC")[0][1:3] == ["OK", "LAB88001^HIS"]
            second = await lab.one(tube(texts))
            assert texts.segments(second, "MSH")[0][8] == "ORL^O34^ORL_O34"
            assert texts.segments(second, "SPM")[0][2] == texts.barcode
            assert [one[1:3] for one in texts.segments(second, "ORC")] == [["OK", "LAB1"], ["CR", "LAB2"]]
            assert {one["status"] for one in lab.all("ServiceRequest")} == {"active", "revoked"}

    run(tell())


def test_an_order_that_waits_is_not_taken_and_why(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            nobody = b"\r".join(one for one in texts.order().split(b"\r") if one[:3] not in (b"PID", b"PV1"))
            answer = await lab.one(nobody)
            assert texts.segments(answer, "MSA")[0][1] == "AA"
            (order,) = texts.segments(answer, "ORC")
            assert order[1] == "UA" and "no-patient" in order[16]
            assert texts.segments(answer, "ERR")[0][4] == "W"

    run(tell())


def test_enhanced_mode_hears_the_commit_and_then_the_order(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            commit, answer = await lab.send(tube(texts, enhanced="AL|AL"), answers=2)
            assert texts.segments(commit, "MSH")[0][8] == "ACK^O33^ACK"
            assert texts.segments(commit, "MSA")[0][1] == "CA"
            assert texts.segments(answer, "MSH")[0][14:16] == ["NE", "NE"]
            assert texts.segments(answer, "MSA")[0][1] == "AA"

    run(tell())


def test_an_acknowledgement_is_kept_and_not_acknowledged(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            heard = texts.message(
                "MSH|^~\\&|Mindray|BS-800|||20260305084001||ACK^Q03|9|P|2.3.1||||||ASCII",
                "MSA|AA|Q1|Message accepted",
            )
            answer = await lab.one(
                heard + b"\x1c\r\x0b" + texts.wos()
            )  # the first that is answered is the query
            assert texts.segments(answer, "MSA")[0][1:] == ["AA", "q-1"]
            assert lab.states() == {"stored": 2}
            assert heard in lab.raws()

    run(tell())


def test_an_order_of_containers_comes_back_with_them(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            block = tube(texts).replace(b"OML^O33^OML_O33", b"OML^O35^OML_O35")
            block = block.replace(b"ORC|NW|LAB1", b"SAC|||BLOCK-A\rORC|NW|LAB1")
            answer = await lab.one(block)
            assert texts.segments(answer, "MSH")[0][8] == "ORL^O36^ORL_O36"
            names = [one[:3] for one in answer if one[:3] in ("SPM", "SAC", "ORC")]
            assert names == ["SPM", "SAC", "ORC", "ORC"]

    run(tell())


def general(texts: Any, mode: str = "", control: str = "NW") -> bytes:
    """Return an ORM^O01 of a HIS of 2.3.1: two tests."""
    raw: bytes = texts.message(
        f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|20260305083000||ORM^O01|g-1|P|2.3.1|||{mode}||UNICODE UTF-8",
        "PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F",
        f"ORC|{control}|LAB1|||||||20260305083000", "OBR|1|LAB1||GLU^葡萄糖^99LAB",
        "ORC|CA|LAB2|||||||20260305083000", "OBR|2|LAB2||UREA^尿素^99LAB",
    )  # fmt: skip
    return raw


def test_an_order_message_of_the_old_kind_is_answered_by_orr(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            answer = await lab.one(general(texts))
            assert texts.segments(answer, "MSH")[0][8] == "ORR^O02"
            assert [one.split("|")[0] for one in answer] == ["MSH", "MSA", "PID", "ORC", "OBR", "ORC", "OBR"]
            assert texts.segments(answer, "MSA")[0][1:] == ["AA", "g-1"]
            assert [one[1:3] for one in texts.segments(answer, "ORC")] == [["OK", "LAB1"], ["CR", "LAB2"]]

    run(tell())


def test_in_enhanced_mode_the_commit_is_an_ack_and_the_answer_an_orr(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            commit, answer = await lab.send(general(texts, "AL|AL"), answers=2)
            assert texts.segments(commit, "MSH")[0][8] == "ACK^O01^ACK" or "ACK" in commit[0]
            assert texts.segments(commit, "MSA")[0][1] == "CA"
            assert texts.segments(answer, "MSH")[0][8] == "ORR^O02"
            (alone,) = await lab.send(general(texts, "AL|NE").replace(b"|g-1|", b"|g-2|"))
            assert texts.segments(alone, "MSA")[0][1] == "CA"

    run(tell())


def test_who_knows_only_ack_hears_ack(laboratory: Open, texts: Any) -> None:
    loaded = load_maps()
    object.__setattr__(loaded.profiles["his"], "answer", "ack")

    async def tell() -> None:
        async with laboratory(loaded=loaded) as lab:
            for message in (general(texts), tube(texts)):
                answer = await lab.one(message)
                assert answer[0].split("|")[8].startswith("ACK^O")
                assert not texts.segments(answer, "ORC")
            assert {one["status"] for one in lab.all("ServiceRequest")} == {"active", "revoked"}

    run(tell())
