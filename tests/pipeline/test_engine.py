"""The engine: nothing is acknowledged before it is committed, nothing is stored twice, nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Rejected, Retry
from gateway.pipeline import writer
from gateway.pipeline.trail import Trail
from gateway.pipeline.writer import SLICE
from gateway.store import Receive, Settle, Written
from gateway.wire import er7

Rig = Any  # tests/pipeline/conftest.py


def test_a_message_is_stored_and_acknowledged(rig: Rig) -> None:
    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]
            assert rig.store.store.read("default", "Patient", "p-P1") is not None
            assert (engine.counters.received, engine.counters.stored) == (1, 1)

    asyncio.run(go())
    assert rig.store.batches == [(1, 0), (0, 1)]  # in the inbox first, mapped, then ended


def test_no_acknowledgement_where_the_bytes_cannot_be_committed(rig: Rig) -> None:
    rig.store.refuse = lambda batch: any(isinstance(item, Receive) for item in batch)

    async def go() -> None:
        async with rig.engine() as engine:
            with pytest.raises(Retry):
                await engine.deliver(rig.envelope(rig.adt("1")))
            assert rig.store.states == {}
            rig.store.refuse = lambda _: False
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]
            assert (engine.counters.busy, engine.counters.stored) == (1, 1)

    asyncio.run(go())


def test_a_message_whose_end_cannot_be_committed_is_not_acknowledged_and_ends_later(rig: Rig) -> None:
    rig.store.refuse = lambda batch: any(isinstance(item, Settle) for item in batch)

    async def go() -> None:
        async with rig.engine() as engine:
            with pytest.raises(Retry):
                await engine.deliver(rig.envelope(rig.adt("1")))
            assert rig.store.states == {"received": 1}
            rig.store.refuse = lambda _: False
            # The sender tries again: the kept message is adopted, not kept twice.
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]
            assert rig.store.states == {"stored": 1}

    asyncio.run(go())


def test_a_repeat_gets_the_same_bytes_and_stores_nothing(rig: Rig) -> None:
    async def go() -> None:
        async with rig.engine() as engine:
            first = await engine.deliver(rig.envelope(rig.adt("1")))
            again = await engine.deliver(rig.envelope(rig.adt("1", when="20260301080501")))
            assert again == first
            assert (engine.counters.repeats, engine.counters.stored) == (1, 1)

    asyncio.run(go())
    assert rig.store.states == {"stored": 1}
    assert rig.maps.seen == ["1"]


def test_two_identical_messages_at_once_are_one(rig: Rig) -> None:
    async def go() -> None:
        async with rig.engine() as engine:
            same = [engine.deliver(rig.envelope(rig.adt("1"))) for _ in range(3)]
            assert len(set(await asyncio.gather(*same))) == 1
            assert engine.counters.repeats == 2

    asyncio.run(go())
    assert rig.store.states == {"stored": 1}


def test_a_control_id_used_again_for_another_message_is_a_new_message(rig: Rig) -> None:
    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1", pid="P1"), rig.adt("1", pid="P2")) == ["AA", "AA"]

    asyncio.run(go())
    assert rig.store.states == {"stored": 2}


def test_outside_its_window_a_repeat_is_a_new_message(rig: Rig) -> None:
    rig.maps.chosen = replace(rig.maps.chosen, repeat_window_s=-1)

    async def go() -> None:
        async with rig.engine() as engine:
            await rig.deliver(engine, rig.adt("1"))
            await rig.deliver(engine, rig.adt("1"))

    asyncio.run(go())
    assert rig.store.states == {"stored": 2}


def test_a_quarantined_message_is_accepted_with_a_warning_that_names_it(rig: Rig) -> None:
    def unknown(_: er7.Message) -> Any:
        raise Rejected("no map for this message type", code="unknown-type", where="MSH-9")

    rig.maps.make = unknown

    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(rig.adt("1")))
            assert engine.counters.quarantined == {"unknown-type": 1}
            return answer

    answer = er7.parse(asyncio.run(go()))
    [row] = rig.store.store.inbox_list(state="quarantined")
    assert (answer.get("MSA-1"), answer.get("ERR-4"), row.reason) == ("AA", "W", "unknown-type")
    assert row.id in (answer.get("ERR-8") or "")


def test_a_profile_may_reject_unknown_types(rig: Rig) -> None:
    def unknown(_: er7.Message) -> Any:
        raise Rejected("no map for this message type", code="unknown-type", where="MSH-9")

    rig.maps.make = unknown
    rig.maps.chosen = replace(rig.maps.chosen, unknown="reject")

    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(rig.adt("1")))
            assert (engine.counters.rejected, engine.counters.refused) == ({"unknown-type": 1}, 0)
            return answer

    answer = er7.parse(asyncio.run(go()))
    assert (answer.get("MSA-1"), answer.get("ERR-3.1")) == ("AR", "201")
    assert rig.store.states == {"rejected": 1}


def test_what_has_its_receipt_is_not_given_back(rig: Rig) -> None:
    def unknown(_: er7.Message) -> Any:
        raise Rejected("no map for this message type", code="unknown-type", where="MSH-9")

    rig.maps.make = unknown
    rig.maps.chosen = replace(rig.maps.chosen, unknown="reject", acknowledge="receipt")

    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]

    asyncio.run(go())
    assert rig.store.states == {"quarantined": 1}


@pytest.mark.parametrize(
    ("header", "reason", "condition"),
    [
        ("MSH|^~\\&|A|B|||20260301||", "no-message-type", "101"),
        ("MSH|^~\\&|A|B|||20260301||ADT^A01", "no-control-id", "101"),
        ("MSH|^~\\&|A|B|||20260301||ADT^A01|7|P|3.0", "unsupported-version", "203"),
        ("MSH|^~\\&|A|B|||20260301||ADT^A01|7|X|2.5", "unsupported-processing-id", "202"),
        ("MSH", "bad-separators", "100"),
        ("MSH|^^~&|A|B|||20260301||ADT^A01|7|P|2.5", "bad-separators", "100"),
    ],
)
def test_a_header_that_lacks_something_is_kept_and_rejected(
    rig: Rig, header: str, reason: str, condition: str
) -> None:
    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(header.encode() + b"\rPID|1\r"))
            assert (engine.counters.rejected, engine.counters.quarantined) == ({reason: 1}, {})
            return answer

    answer = er7.parse(asyncio.run(go()))
    assert (answer.get("MSA-1"), answer.get("ERR-3.1")) == ("AR", condition)
    assert [row.reason for row in rig.store.store.inbox_list(state="rejected")] == [reason]
    assert not rig.maps.seen


@pytest.mark.parametrize("said", ["T", "D", "Q", "D^A"])
def test_what_is_not_production_is_kept_and_waits(rig: Rig, said: str) -> None:
    raw = rig.adt("1").replace(b"|P|", f"|{said}|".encode())

    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(raw))
            assert engine.counters.quarantined == {"not-production": 1}
            return answer

    answer = er7.parse(asyncio.run(go()))
    assert (answer.get("MSA-1"), answer.get("MSA-2"), answer.get("ERR-4")) == ("AA", "1", "W")
    assert "not-production" in (answer.get("ERR-8") or "")
    assert not rig.maps.seen


@pytest.mark.parametrize("said", ["T", "Q", "P", "P^T", "", '""'])
def test_a_profile_says_which_processing_ids_carry_patients(rig: Rig, said: str) -> None:
    rig.maps.chosen = replace(rig.maps.chosen, processing=frozenset({"P", "T", "Q"}))

    async def go() -> None:
        async with rig.engine() as engine:
            raw = rig.adt("1").replace(b"|P|", f"|{said}|".encode())
            assert await rig.deliver(engine, raw) == ["AA"]
            assert engine.counters.stored == 1

    asyncio.run(go())


def test_two_messages_in_one_frame_are_kept_and_the_answer_names_the_first(rig: Rig) -> None:
    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(rig.adt("1") + rig.adt("2")))
            assert engine.counters.quarantined == {"several-messages": 1}
            return answer

    answer = er7.parse(asyncio.run(go()))
    assert (answer.get("MSA-1"), answer.get("MSA-2"), answer.get("ERR-4")) == ("AA", "1", "W")


def test_what_is_no_message_is_rejected_and_only_counted(rig: Rig) -> None:
    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, b"GET / HTTP/1.1") == ["AR"]
            assert engine.counters.rejected == {"not-hl7": 1}

    asyncio.run(go())
    assert rig.store.states == {}


def test_a_message_in_no_known_charset_is_quarantined_and_its_sender_told(rig: Rig) -> None:
    raw = rig.adt("77").replace("张".encode(), b"\xff\xfe\xff")

    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(raw))
            assert engine.counters.quarantined == {"undecodable": 1}
            return answer

    answer = er7.parse(asyncio.run(go()), charset="8859/1")
    assert (answer.get("MSA-1"), answer.get("MSA-2")) == ("AA", "77")


def test_a_fault_of_ours_costs_one_message_and_tells_no_value(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(message: er7.Message) -> Any:
        if message.control_id == "2":
            raise KeyError("张三")
        return rig.maps.__class__().make(message)

    rig.maps.make = fault

    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, *map(rig.adt, "123")) == ["AA", "AA", "AA"]
            assert engine.counters.quarantined == {"internal-error": 1}

    asyncio.run(go())
    assert "KeyError" not in caplog.text
    assert "张三" not in caplog.text
    [row] = rig.store.store.inbox_list(state="quarantined")
    [issue] = rig.store.store.inbox_show(row.id).issues
    assert "KeyError" in issue.text
    assert "张三" not in issue.text


def test_a_receipt_leaves_before_the_message_is_mapped(rig: Rig) -> None:
    rig.maps.chosen = replace(rig.maps.chosen, acknowledge="receipt")
    rig.store.refuse = lambda batch: any(isinstance(item, Settle) for item in batch)

    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]
            rig.store.refuse = lambda _: False

    asyncio.run(go())


def test_a_burst_of_receipts_does_not_wait_for_the_work_behind_them(rig: Rig) -> None:
    rig.maps.chosen = replace(rig.maps.chosen, acknowledge="receipt")
    ended: list[str] = []
    given = rig.store.write

    def write(batch: Sequence[Receive | Settle]) -> list[Written]:
        ended.extend(item.envelope.id for item in batch if isinstance(item, Settle))
        return given(batch)

    rig.store.write = write  # type: ignore[method-assign]
    messages = [rig.adt(str(number)) for number in range(40)]

    async def go() -> None:
        async with rig.engine(batch=8) as engine:
            assert await rig.deliver(engine, *messages) == ["AA"] * 40

    asyncio.run(go())
    firsts = [number for number, (receives, _) in enumerate(rig.store.batches) if receives]
    while_asked = rig.store.batches[: firsts[-1] + 1]
    assert all(settles <= SLICE for _, settles in while_asked), "the work held receipts up"
    assert rig.store.states == {"stored": 40}
    arrived = [row.id for row in reversed(rig.store.store.inbox_list(limit=100))]
    assert ended == arrived, "messages were worked on in another order than they came"


def test_who_was_just_answered_shares_the_next_commit_with_those_that_wait(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GAP", 30.0)  # however slow this machine is
    rig.trail, given, waiting = tmp_path / "trail", rig.store.write, threading.Event()

    async def turns() -> None:
        for _ in range(200):  # of the loop: whoever has something to do has done it
            await asyncio.sleep(0)

    async def go() -> None:
        loop = asyncio.get_running_loop()
        async with rig.engine() as engine:
            others: list[asyncio.Task[list[str | None]]] = []

            async def come() -> None:
                raws = [rig.adt(str(n), pid=f"P{n}") for n in (3, 4, 5)]
                others.append(loop.create_task(rig.deliver(engine, *raws)))
                await turns()
                waiting.set()

            def write(batch: Sequence[Receive | Settle]) -> list[Written]:
                if not waiting.is_set():
                    asyncio.run_coroutine_threadsafe(come(), loop)
                    assert waiting.wait(30)
                return given(batch)

            rig.store.write = write  # type: ignore[method-assign]
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]
            await turns()
            assert await rig.deliver(engine, rig.adt("2")) == ["AA"]
            assert await others[0] == ["AA"] * 3

    asyncio.run(go())
    assert rig.store.batches == [(1, 1), (4, 4)]


def test_what_was_left_unfinished_ends_at_the_next_start(rig: Rig) -> None:
    rig.maps.chosen = replace(rig.maps.chosen, acknowledge="receipt")
    rig.store.refuse = lambda batch: any(isinstance(item, Settle) for item in batch)

    async def crash() -> None:
        async with rig.engine() as engine:
            await rig.deliver(engine, rig.adt("1"), rig.adt("2", pid="P2"))
            engine._unfinished = False  # as after a power cut: nobody is left who would try again

    async def restart() -> None:
        rig.store.refuse = lambda _: False
        async with rig.engine() as engine:
            await asyncio.sleep(0)
            assert engine.counters.recovered == 2

    asyncio.run(crash())
    assert rig.store.states == {"received": 2}
    asyncio.run(restart())
    assert rig.store.states == {"stored": 2}


def test_a_message_that_kills_the_process_is_given_up_after_three_tries(rig: Rig) -> None:
    class Killed(BaseException):
        """What a test can do in place of a crash."""

    envelope = rig.envelope(rig.adt("1"))
    rig.store.write([Receive(envelope, "1", b"x" * 16, 1)])

    def deadly(_: er7.Message) -> Any:
        raise Killed

    async def restart() -> None:
        async with rig.engine():
            pass

    rig.maps.make = deadly
    tries = 0
    while rig.store.states == {"received": 1}:
        try:
            asyncio.run(restart())
        except Killed:
            tries += 1
        assert tries < 5
    [row] = rig.store.store.inbox_list(state="quarantined")
    assert (row.reason, tries) == ("gave-up", 2)  # the first of the three was when it came


def test_the_queue_is_bounded_and_in_order(rig: Rig) -> None:
    most = 0

    async def go() -> None:
        nonlocal most
        async with rig.engine(max_messages=4, batch=2) as engine:

            def look(message: er7.Message) -> Any:
                nonlocal most
                most = max(most, engine.under_way)
                return rig.maps.__class__().make(message)

            rig.maps.make = look
            raws = [rig.adt(str(n), pid=f"P{n}") for n in range(40)]
            assert set(await rig.deliver(engine, *raws)) == {"AA"}

    asyncio.run(go())
    assert most <= 4
    assert rig.maps.seen == [str(n) for n in range(40)]
    assert max(receives for receives, _ in rig.store.batches) <= 2


def test_one_message_above_the_byte_budget_passes_alone(rig: Rig) -> None:
    async def go() -> None:
        async with rig.engine(max_bytes=10) as engine:
            assert await rig.deliver(engine, *map(rig.adt, "123")) == ["AA", "AA", "AA"]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [
        ("", "", ["AA"]),
        ("AL", "NE", ["CA"]),
        ("AL", "AL", ["CA", "AA"]),
        ("NE", "AL", ["AA"]),
        ("ER", "AL", ["AA"]),
        ("AL", "ER", ["CA"]),
        ("NE", "NE", []),
    ],
)
def test_enhanced_mode_gets_the_acknowledgements_it_asks_for(
    rig: Rig, accept: str, application: str, codes: list[str]
) -> None:
    async def go() -> bytes:
        async with rig.engine() as engine:
            answer: bytes = await engine.deliver(rig.envelope(rig.enhanced("1", accept, application)))
            return answer

    answer = asyncio.run(go())
    assert [rig.code(one) for one in answer.split(b"\x1c\r\x0b") if one] == codes


def test_with_a_trail_bytes_and_end_share_one_commit(rig: Rig, tmp_path: Path) -> None:
    rig.trail = tmp_path / "trail"

    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]
            rig.store.refuse = lambda _: True
            with pytest.raises(Retry):
                await engine.deliver(rig.envelope(rig.adt("2")))

    asyncio.run(go())
    assert rig.store.batches == [(1, 1)]
    assert rig.store.states == {"stored": 1}


def test_with_a_trail_a_receipt_still_leaves_first(rig: Rig, tmp_path: Path) -> None:
    rig.trail = tmp_path / "trail"
    rig.maps.chosen = replace(rig.maps.chosen, acknowledge="receipt")

    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]

    asyncio.run(go())
    assert rig.store.batches == [(1, 0), (0, 1)]


def test_a_message_of_which_a_process_died_goes_carefully(rig: Rig, tmp_path: Path) -> None:
    rig.trail = tmp_path / "trail"
    seen: list[tuple[int, ...]] = []

    def look(message: er7.Message) -> Any:
        seen.append(Trail(rig.trail)._read())  # what the next process would find if this one died now
        return rig.maps.__class__().make(message)

    rig.maps.make = look

    async def send(id_: str) -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt(id_)) == ["AA"]

    asyncio.run(send("1"))
    [(key,)] = seen
    assert Trail(rig.trail).suspects == frozenset()

    Trail(rig.trail).enter([key])  # as if it had died
    store = rig.store
    store.batches.clear()
    rig.maps.chosen = replace(rig.maps.chosen, repeat_window_s=-1)
    asyncio.run(send("1"))
    assert store.batches == [(1, 0), (0, 1)]


def test_a_damaged_trail_is_no_trail(tmp_path: Path) -> None:
    (tmp_path / "trail").write_bytes(b"\xff" * 5000)
    assert Trail(tmp_path / "trail").suspects == frozenset()
