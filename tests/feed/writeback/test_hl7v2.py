"""Write-back over MLLP: in order for each patient, once, acknowledged or in a visible exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.store import Store
from gateway.wire import er7

Told = Callable[..., Any]


def test_a_prescription_reaches_the_his_as_an_order(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1))
    his = ward.His()
    bench = told(his, application="QIAO", receiver="HIS")
    (message,) = his.came
    assert message.type == "RDE^O11" and message.get("MSH-5") == "HIS"
    assert (message.get("PID-5.1"), message.get("PID-3.1")) == ("林知夏", "MRp1")
    assert (message.get("ORC-1"), message.get("ORC-4.1"), message.get("RXE-2.2")) == (
        "NW",
        "CF1",
        "氨氯地平片",
    )
    assert bench.states() == {1: "acknowledged"}


def test_the_same_event_has_the_same_control_number_when_it_is_told_again(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1))
    answers = iter([None, None])
    his = ward.His(answer=lambda one: next(answers, [f"MSA|AA|{one.control_id}"]))
    bench = told(his)
    assert bench.states() == {1: "acknowledged"}
    assert len(his.came) == 3 and len({one.control_id for one in his.came}) == 1
    assert len(his.came[0].control_id) == 20
    assert len({one.raw for one in his.came}) == 1


def test_what_the_his_refuses_is_an_exception_and_holds_what_follows_of_that_patient_alone(
    store: Store, ward: Any, told: Told, caplog: Any
) -> None:
    ward.enter(
        store, ward.prescription(1, patient="a"), ward.prescription(2, patient="b"),
        ward.prescription(3, patient="a"), ward.prescription(4, patient="b"),
    )  # fmt: skip

    def answer(one: er7.Message) -> list[str]:
        bad = one.get("ORC-4.1") == "CF1"
        return (
            [f"MSA|AE|{one.control_id}|林知夏 无此患者\rERR|||204"] if bad else [f"MSA|AA|{one.control_id}"]
        )

    bench = told(ward.His(answer=answer))
    assert bench.states() == {1: "refused", 2: "acknowledged", 3: "held", 4: "acknowledged"}
    assert bench.reason(1) == "AE 204: 林知夏 无此患者", "the operator reads what the HIS says"
    assert "林知夏" not in caplog.text and "AE 204" in caplog.text, "the log does not"
    assert [one.kind for one in store.alerts.find(now=True)] == ["refused"]


def test_an_operator_sends_again_or_drops_with_a_reason(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1), ward.prescription(2), ward.prescription(3))
    refusing = {"CF1", "CF2"}

    def answer(one: er7.Message) -> list[str]:
        return [f"MSA|{'AE' if one.get('ORC-4.1') in refusing else 'AA'}|{one.control_id}"]

    bench = told(ward.His(answer=answer))
    refusing.discard("CF1")
    store.deliveries.retry(bench.receiver, [1], 0)
    bench = told(ward.His(answer=answer))
    assert bench.states() == {1: "acknowledged", 2: "refused", 3: "held"}
    store.deliveries.drop(bench.receiver, [2], "entered at the counter", 0)
    his = ward.His(answer=answer)
    bench = told(his)
    assert bench.states() == {1: "acknowledged", 2: "given-up", 3: "acknowledged"}
    assert his.controls() == ["NW CF3"]


@pytest.mark.parametrize("condition", ["207", "207 "])
def test_a_his_that_cannot_just_now_is_asked_again_and_keeps_the_order(
    condition: str, store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1), ward.prescription(2))
    busy = iter([True, True])
    his = ward.His(
        answer=lambda one: (
            [f"MSA|AR|{one.control_id}\rERR|||{condition}"]
            if next(busy, False)
            else [f"MSA|AA|{one.control_id}"]
        )
    )
    bench = told(his)
    assert set(bench.states().values()) == {"acknowledged"}
    assert his.controls() == ["NW CF1", "NW CF1", "NW CF1", "NW CF2"]


def test_what_takes_too_long_becomes_an_exception(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1, patient="a"), ward.prescription(2, patient="b"))

    def answer(one: er7.Message) -> list[str]:
        bad = one.get("ORC-4.1") == "CF1"
        return [f"MSA|AR|{one.control_id}\rERR|||207"] if bad else [f"MSA|AA|{one.control_id}"]

    bench = told(ward.His(answer=answer), turns=4000, give_up_days=1, longest_pause=3600)
    assert bench.states() == {1: "refused", 2: "acknowledged"}


def test_an_answer_to_another_message_is_no_acknowledgement(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1))
    bench = told(ward.His(answer=lambda _: ["MSA|AA|somebody-else"]), turns=5)
    assert bench.states() == {1: "sent"}


@pytest.mark.parametrize("behind", [" ", "   |消息已接收处理\udce6\udc88", "|\udcb3\udcc9\udcb9"])
def test_blanks_and_words_that_are_cut_are_no_reason_to_send_again(
    behind: str, store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1))
    his = ward.His(answer=lambda one: [f"MSA|AA|{one.control_id}{behind}"])
    assert told(his, turns=5).states() == {1: "acknowledged"}
    assert len(his.came) == 1


def test_after_a_commit_acknowledgement_the_answer_of_the_application_is_waited_for(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1))
    his = ward.His(answer=lambda one: [f"MSA|CA|{one.control_id}", f"MSA|AE|{one.control_id}|no"])
    bench = told(his, answer="CA+AA")
    assert bench.states() == {1: "refused"}
    assert (his.came[0].get("MSH-15"), his.came[0].get("MSH-16")) == ("AL", "AL")


def test_a_commit_acknowledgement_is_enough_where_the_settings_say_so(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1))
    bench = told(ward.His(answer=lambda one: [f"MSA|CA|{one.control_id}"]), answer="CA")
    assert bench.states() == {1: "acknowledged"}


def test_a_cancellation_is_told_only_of_what_the_his_knows(store: Store, ward: Any, told: Told) -> None:
    ward.enter(
        store, ward.prescription(1, "submitted"), ward.prescription(1, "cancelled"), ward.prescription(2),
        ward.prescription(2, "cancelled"),
    )  # fmt: skip
    his = ward.His()
    bench = told(his)
    assert his.controls() == ["NW CF2", "CA CF2"]
    assert bench.states() == {3: "acknowledged", 4: "acknowledged"}


def test_a_document_without_what_must_be_said_is_an_exception_and_the_others_go(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1, patient="a", drug=""), ward.prescription(2, patient="b"))
    bench = told(ward.His())
    assert bench.states() == {1: "refused", 2: "acknowledged"}
    assert "RXE.2" in bench.reason(1)


def test_a_message_leaves_in_the_charset_of_the_his_and_with_its_escapes(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1, drug="维生素C|E^片&胶囊\\~"))
    his = ward.His()
    told(his, charset="GB 18030-2000", version="2.4")
    raw = his.came[0].raw
    assert "维生素C\\F\\E\\S\\片\\T\\胶囊\\E\\\\R\\".encode("gb18030") in raw and b"|2.4|" in raw
    assert his.came[0].get("RXE-2.2") == "维生素C|E^片&胶囊\\~"


def test_a_his_that_is_away_is_told_of_once_and_gets_everything_later(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1), ward.prescription(2))
    away = iter(range(6))
    his = ward.His(answer=lambda one: None if next(away, None) is not None else [f"MSA|AA|{one.control_id}"])
    bench = told(his)
    assert set(bench.states().values()) == {"acknowledged"}
    assert [one.kind for one in store.alerts.find(now=False)] == ["unreachable"]


def test_the_numbers_that_the_his_gives_are_the_receipt(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1))
    orders = "ORC|OK|CF1-1|H7\rORC|OK|CF1-2|H8"
    bench = told(ward.His(answer=lambda one: [f"MSA|AA|{one.control_id}\r{orders}"]))
    assert bench.states() == {1: "acknowledged"}
    assert store.deliveries.delivery("default", bench.receiver, 1).receipt == "H7, H8"  # type: ignore[union-attr]


@pytest.mark.parametrize(("code", "said"), [("AA", "UA"), ("AA ", "UA "), ("AA", "ua"), ("AA", "UA^x")])
def test_an_order_that_the_his_cannot_take_is_an_exception_though_the_message_was_well(
    code: str, said: str, store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, ward.prescription(1))
    order = f"ORC|{said}|CF1-1||||||||||||||^停药"
    bench = told(ward.His(answer=lambda one: [f"MSA|{code}|{one.control_id} \r{order}"]))
    assert bench.states() == {1: "refused"} and bench.reason(1) == "AA UA: 停药"


def test_an_older_his_is_told_in_its_version(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1))
    his = ward.His()
    told(his, version="2.3.1")
    (message,) = his.came
    assert message.type == "RDE^O01" and message.get("MSH-12") == "2.3.1"
    assert message.get("TQ1-1") is None


def test_what_a_charset_does_not_have_is_an_exception_and_no_question_mark(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(
        store,
        ward.prescription(1, patient="a", drug="𠮷林片"),
        ward.prescription(2, patient="b", drug="阿司匹林"),
    )
    his = ward.His()
    bench = told(his, charset="GBK")
    assert bench.states() == {1: "refused", 2: "acknowledged"} and len(his.came) == 1
    assert "GBK" in bench.reason(1)


def test_a_message_of_the_his_itself_is_no_answer(store: Store, ward: Any, told: Callable[..., Any]) -> None:
    ward.enter(store, ward.prescription(1))
    his = ward.His(answer=lambda one: ["EVN||20260305", f"MSA|AA|{one.control_id}"])
    bench = told(his, turns=5)
    assert bench.states() == {1: "acknowledged"} and len(his.came) == 1


def test_each_correction_has_its_own_control_id(store: Store, ward: Any) -> None:
    from gateway.feed.writeback.wire import control_id

    (first,) = ward.enter(store, ward.prescription(1))
    assert control_id(first) == control_id(replace(first)) != control_id(replace(first, hash=b"another"))
