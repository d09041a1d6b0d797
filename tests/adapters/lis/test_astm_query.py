"""Questions of ASTM analysers: which records answer them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from adapters.lis.astm.answering import answered
from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.spec import Question
from gateway.wire.astm.records import Message, parse

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def asks(sender: str, *queries: str) -> Message:
    lines = [f"H|\\^&|||{sender}", *(f"Q|{at}|{one}||ALL" for at, one in enumerate(queries, 1)), "L|1|N"]
    return parse("".join(f"{one}\r" for one in lines).encode())


def question(message: Message) -> Question:
    return Question("default", "lis/astm", message, format="astm")


def test_patient_and_tests_of_a_sample(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order())
            await lab.one(texts.order("LAB88002", test="UREA^尿素^99LAB", key="o-2"))
            answer = await lab.asking(question(asks("cobas", f"^{texts.barcode}")))
            ((patient, order),) = answer.said
            assert patient[0] == "P" and patient[1]["3"] == ["1002345"] and patient[1]["9"] == ["F"]
            assert order[0] == "O" and order[1]["3"] == [texts.barcode]
            assert order[1]["5"] == [{"4": ["GLU"]}, {"4": ["UREA"]}]
            nothing = await lab.asking(question(asks("cobas", "^404")))
            assert not nothing.said

    run(tell())


def test_an_analyser_with_racks_hears_its_places_again(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order(test="WBC^白细胞^99LAB"))
            answer = await lab.asking(question(asks("XN-10^00-13", f"2^1^       {texts.barcode}^B")))
            order = dict(answer.said[0])["O"]
            assert order["4"] == [{"1": ["2"], "2": ["1"], "3": [f"       {texts.barcode}"], "4": ["B"]}]
            assert order["5"] == [{"5": ["WBC"]}]

    run(tell())


def test_several_samples_are_asked_for_one_by_one(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order())
            await lab.one(texts.order("LAB2", barcode="77", patient="1000977", key="o-2"))
            answer = await lab.asking(question(asks("cobas", f"^{texts.barcode}", "^404", "^77")))
            assert [dict(one)["O"]["3"] for one in answer.said] == [[texts.barcode], ["77"]]
            assert [dict(one)["P"]["3"] for one in answer.said] == [["1002345"], ["1000977"]]
            with pytest.raises(Rejected, match="of everybody"):
                await lab.asking(question(asks("cobas", "ALL")))

    run(tell())


def test_a_cobas_hears_its_places_and_its_own_words(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory() as lab:
            await lab.one(texts.order(test="668^TSH^99LAB"))
            await lab.one(texts.order("LAB88002", test="421^FT4^99LAB", key="o-2"))
            place = f"^^            {texts.barcode}^0^50042^042^^S1^SC"
            head = "H|\\^&|||cobas-e411^1|||||host|TSREQ^REAL|P|1"
            asked = parse(f"{head}\rQ|1|{place}||ALL||||||||O\rL|1|N\r".encode())
            answer = await lab.asking(question(asked))
            envelope = Envelope("0" * 32, "default", "lis/astm", "", 0, "application/astm", "", asked.raw)
            lines = answered(asked, envelope, answer).decode().split("\r")
            assert lines[0].startswith("H|\\^&|||qiao|||||cobas-e411|TSDWN^REPLY|P|1|")
            assert lines[1:4] == [
                "P|1",
                f"O|1|            {texts.barcode}|0^50042^042^^S1^SC|^^^668\\^^^421|R||||||A||||1||||||||||O",
                "L|1|N",
            ]

    run(tell())
