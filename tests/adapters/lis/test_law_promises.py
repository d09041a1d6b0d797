"""What an analyser was promised is brought whatever happens, and taken back when it is cancelled (LAB-28)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.lis.law.journal import Journal
from adapters.lis.law.piece import Piece, heard
from adapters.lis.law.recall import Recall
from gateway.canonical import now_us
from gateway.errors import Misconfigured, Retry
from gateway.mapping import load_maps

Open = Callable[..., Any]
HOUR_US = 3600 * 1_000_000
RESIDENT = "990101199104120026"


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


class Analyser:
    """An analyser that takes work at a port of its own.

    Attributes:
        words: what it says to ORC-1; ``bare``: it says MSA alone.
        taken: ORC-1, and OBR-2 or the bar code, of what was brought; ``raw``: the messages.
    """

    def __init__(self, name: str, port: int, words: dict[str, str]) -> None:
        self.name, self.port, self.words = name, port, {"NW": "OK", "CA": "CR", **words}
        self.taken: list[tuple[str, str]] = []
        self.raw: list[str] = []
        self.bare = False
        self._came = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while frame := await reader.readuntil(b"\x1c\r"):
                text = frame[1:-2].decode()
                writer.write(b"\x0b" + self.answer(text).encode() + b"\x1c\r")
                await writer.drain()
                async with self._came:
                    self._came.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, text: str) -> str:
        self.raw.append(text)
        lines = [one.split("|") for one in text.rstrip("\r").split("\r")]
        made = [
            f"MSH|^~\\&|{self.name}|LAB|QIAO|DQRM|20260305084010||ORL^O34^ORL_O42|r{len(self.raw)}|P|2.5.1|||NE|NE||"
            "UNICODE UTF-8|||LAB-28^IHE",
            f"MSA|AA|{lines[0][9]}",
        ]
        barcode = next((one[3] for one in lines if one[0] == "SAC"), "")
        orders = [one for one in lines if one[0] == "ORC"]
        self.taken += [(one[1], one[2] if len(one) > 2 and one[2] else barcode) for one in orders]
        if not self.bare and orders[0][1] != "DC":
            made += ["|".join(one) for one in lines if one[0] in ("SPM", "SAC")]
            made += [f"ORC|{self.words[one[1]]}|{one[2]}" for one in orders]
        return "\r".join(made) + "\r"

    async def brought(self, *wanted: tuple[str, str]) -> None:
        """Wait until this was brought, in this order, and nothing else."""
        async with asyncio.timeout(20), self._came:
            await self._came.wait_for(lambda: len(self.taken) >= len(wanted))
        assert self.taken == list(wanted)


@asynccontextmanager
async def analyser(name: str = "ANALYSER", port: int = 0, **words: str) -> AsyncIterator[Analyser]:
    made = Analyser(name, port, words)
    server = await asyncio.start_server(made.serve, "127.0.0.1", port)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def places(*devices: Analyser, **more: Any) -> dict[str, Any]:
    return {
        "work": ", ".join(f"{one.name}=127.0.0.1:{one.port}" for one in devices),
        "work_look": 0.05,
        **more,
    }


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 -- counters have no event
            await asyncio.sleep(0.01)


def told(lab: Any, name: str) -> int:
    return int(lab.door.status()[f"work_{name}"])


def test_what_is_cancelled_is_taken_back_from_who_has_it(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            await lab.one(texts.order())
            await lab.one(texts.order("LAB2", test="UREA^尿素^99LAB", key="o-2"))
            await lab.one(texts.wos())
            await device.brought(("NW", "LAB88001"), ("NW", "LAB2"))
            await until(lambda: told(lab, "held") == 2)
            await lab.one(texts.order("LAB2", control="CA", test="UREA^尿素^99LAB", key="o-3"))
            await device.brought(("NW", "LAB88001"), ("NW", "LAB2"), ("CA", "LAB2"))
            taken_back = device.raw[-1].split("\r")
            assert [one[:3] for one in taken_back if one] == [
                "MSH",
                "PID",
                "PV1",
                "SPM",
                "SAC",
                "ORC",
                "TQ1",
                "OBR",
            ]
            await until(lambda: (told(lab, "held"), told(lab, "taken_back")) == (1, 1))
            assert lab.reasons() == []

    run(tell())


def test_an_analyser_that_cannot_stop_or_does_not_take_a_test_is_seen(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with analyser(CA="UC") as device, laboratory("lis/law", settings=places(device)) as lab:
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await until(lambda: told(lab, "held") == 1)
            await lab.one(texts.order(control="CA", key="o-3"))
            await until(lambda: lab.reasons() == ["order-not-cancelled"])
            await until(lambda: (told(lab, "held"), told(lab, "refused")) == (0, 1))
            device.words["NW"] = "UA"
            await lab.one(texts.order("LAB3", key="o-4"))
            await lab.one(texts.wos(key="q-2"))
            await until(lambda: lab.reasons() == ["order-not-cancelled", "order-not-taken"])
            assert told(lab, "held") == 0
            active = [one for one in lab.all("ServiceRequest") if one["status"] == "active"]
            assert [one["identifier"][0]["value"] for one in active] == ["LAB3"]

    run(tell())


def test_who_has_a_test_already_may_say_so(laboratory: Open, texts: Any) -> None:
    """LAW: an AWOS ID is taken once; a tube read again brings it again, and that is nobody's fault."""

    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await until(lambda: told(lab, "held") == 1)
            device.words["NW"] = "UA"
            await lab.one(texts.wos(key="q-2"))
            await until(lambda: told(lab, "taken") == 2)
            assert (told(lab, "refused"), told(lab, "held"), lab.reasons()) == (0, 1, [])

    run(tell())


def test_an_order_of_the_same_number_stays(laboratory: Open, texts: Any) -> None:
    """Two registers may give one number: only what the store does not tell any more is taken back."""

    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            await lab.one(texts.order("7"))
            other = texts.order("7", barcode="77", patient="1000977", key="o-2").replace(b"7^HIS", b"7^EMR")
            await lab.one(other)
            await lab.one(texts.wos())
            await until(lambda: told(lab, "held") == 1)
            await lab.one(other.replace(b"ORC|NW", b"ORC|CA").replace(b"|o-2|", b"|o-3|"))
            await until(lambda: {one["status"] for one in lab.all("ServiceRequest")} == {"active", "revoked"})
            await lab.door._work.taking_back.look()
            assert (told(lab, "held"), told(lab, "waiting")) == (1, 0)
            await device.brought(("NW", "7"))

    run(tell())


def test_a_promise_outlives_a_restart_and_what_was_cancelled_meanwhile_is_not_brought(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.lis.law.bringing.PAUSES", (0.05,))

    async def tell() -> None:
        async with analyser() as device:
            port = device.port
        settings = {"work": f"ANALYSER=127.0.0.1:{port}"}  # it is off now
        async with laboratory("lis/law", settings=settings) as lab:
            await lab.one(texts.order())
            await lab.one(texts.order("LAB2", barcode="77", patient="1000977", key="o-2"))
            assert texts.segments(await lab.one(texts.wos()), "QAK")[0][2] == "OK"
            assert texts.segments(await lab.one(texts.wos("77", "q-2")), "QAK")[0][2] == "OK"
            assert told(lab, "waiting") == 2
            await lab.one(texts.order(control="CA", key="o-3"))
        async with laboratory("lis/law", settings=settings) as lab:
            assert told(lab, "waiting") == 2
            await lab.door._work.taking_back.look()
            async with analyser(port=port) as device:
                await device.brought(("DC", texts.barcode), ("NW", "LAB2"))
                await until(lambda: (told(lab, "held"), told(lab, "waiting")) == (1, 0))
        async with analyser(port=port) as device, laboratory("lis/law", settings=settings) as lab:
            assert told(lab, "held") == 1
            await lab.one(texts.order("LAB2", barcode="77", patient="1000977", control="CA", key="o-4"))
            await lab.door._work.taking_back.look()
            await device.brought(("CA", "LAB2"))

    run(tell())


def test_a_completed_test_is_taken_back_from_others(laboratory: Open, texts: Any) -> None:
    """LAW-001: what one analyser has measured is cancelled at the others that wait for the same tube."""

    async def tell() -> None:
        async with (
            analyser("A") as one,
            analyser("B") as other,
            laboratory("lis/law", settings=places(one, other)) as lab,
        ):
            await lab.one(texts.order())
            for name in ("A", "B"):
                await lab.one(texts.wos(key=name).replace(b"|ANALYSER|", f"|{name}|".encode()))
            await until(lambda: told(lab, "held") == 2)
            result = texts.message(
                "MSH|^~\\&|A|LAB|QIAO|DQRM|20260305090000||OUL^R22^OUL_R22|r9|P|2.5.1|||NE|AL||"
                "UNICODE UTF-8|||LAB-29^IHE",
                f"SPM|1|{texts.barcode}||SER^Serum^HL70487|||||||P",
                "OBR|1|LAB88001||GLU", "ORC|OK||||CM",
                "OBX|1|NM|GLU||5.6|mmol/L||N|||F|||20260305085900",
            )  # fmt: skip
            assert texts.segments(await lab.one(result), "MSA")[0][1] == "AA"
            await other.brought(("NW", "LAB88001"), ("CA", "LAB88001"))
            await one.brought(("NW", "LAB88001"))
            await until(lambda: told(lab, "held") == 0)

    run(tell())


@pytest.fixture
def own_codes(tmp_path: Path) -> Any:
    """Return maps in which ANALYSER has tests of its own: GLU alone."""
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "own-tests.csv").write_text("# several: true\ncode,target\nGLU,G1\n")
    senders = tmp_path / "senders"
    senders.mkdir()
    loaded = load_maps(codes=codes)
    law = loaded.profiles["ihe-law"]
    object.__setattr__(law, "orders", "own-tests")
    return loaded


def test_all_that_is_to_be_done_is_brought_tube_by_tube_and_once(
    laboratory: Open, texts: Any, own_codes: Any
) -> None:
    everything = texts.wos("").replace(
        b"QPD|WOS^Work Order Step^IHE_LABTF|T-1|", b"QPD|WOS_ALL^All^IHE_LABTF|T-1"
    )

    async def tell() -> None:
        async with (
            analyser() as device,
            laboratory("lis/law", loaded=own_codes, settings=places(device)) as lab,
        ):
            await lab.one(texts.order())
            await lab.one(texts.order("LAB2", barcode="77", patient="1000977", key="o-2"))
            await lab.one(texts.order("LAB3", barcode="78", test="WBC^^99LAB", key="o-3"))  # another's
            answer = await lab.one(everything)
            assert texts.segments(answer, "QAK")[0][2] == "OK"
            await until(lambda: told(lab, "held") == 2)
            assert sorted(device.taken) == [("NW", "LAB2"), ("NW", "LAB88001")]
            assert sorted(one.split("SAC|||")[1].split("\r")[0] for one in device.raw) == [
                texts.barcode,
                "77",
            ]
            await lab.one(everything.replace(b"|q-1|", b"|q-2|"))
            await until(lambda: told(lab, "taken") == 3)
            assert device.taken[-1][0] == "DC"

    run(tell())


def test_an_analyser_hears_no_number_of_a_citizen(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            named = texts.order().replace(b"^^^DQRM^MR", f"^^^DQRM^MR~{RESIDENT}^^^^NI".encode())
            await lab.one(named)
            assert RESIDENT in str(lab.all("Patient"))
            heard = [
                *await lab.one(texts.wos()),
                *await lab.one(texts.wanted()),
                *await lab.one(texts.shown()),
            ]
            await device.brought(("NW", "LAB88001"))
            assert RESIDENT not in str([heard, device.raw])
            assert "1002345" in str(device.raw)

    run(tell())


def test_an_answer_without_a_word_for_each_order_speaks_of_all(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            device.bare = True
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await until(lambda: (told(lab, "held"), told(lab, "taken")) == (1, 1))
            assert lab.reasons() == []

    run(tell())


def test_a_store_that_fails_while_it_is_looked_forgets_no_cancellation(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with (
            analyser() as device,
            laboratory("lis/law", settings=places(device, work_look=0.0)) as lab,
        ):
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await until(lambda: told(lab, "held") == 1)
            await lab.one(texts.order(control="CA", key="o-3"))
            work, asks = lab.door._work.taking_back, []

            async def failing(question: Any) -> Any:
                asks.append(question.format)
                if question.format == "door":
                    return await lab.asking(question)
                raise Retry("not now")

            ask, work.recall._ask = work.recall._ask, failing
            with pytest.raises(Retry):
                await work.look()
            assert asks == ["door", "hl7v2"]
            work.recall._ask = ask
            await work.look()
            await device.brought(("NW", "LAB88001"), ("CA", "LAB88001"))

    run(tell())


def test_what_cannot_be_kept_is_not_promised(laboratory: Open, texts: Any, tmp_path: Path) -> None:
    async def tell() -> None:
        with pytest.raises(Misconfigured, match="cannot be opened"):
            async with laboratory("lis/law", settings={"work_port": 9, "work_state": str(tmp_path)}):
                pass
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            await lab.one(texts.order())

            async def full(pieces: Any) -> None:
                raise Retry("the disk is full")

            keeps, lab.door._work.bringing.journal.put = lab.door._work.bringing.journal.put, full
            answer = await lab.one(texts.wos())
            assert texts.segments(answer, "MSA")[0][1] == "AR" and "207" in str(answer)
            lab.door._work.bringing.journal.put = keeps
            assert texts.segments(await lab.one(texts.wos()), "QAK")[0][2] == "OK"

    run(tell())


def test_more_tubes_than_a_hundred_are_promised_at_once(laboratory: Open, texts: Any, own_codes: Any) -> None:
    everything = texts.wos("").replace(
        b"QPD|WOS^Work Order Step^IHE_LABTF|T-1|", b"QPD|WOS_ALL^All^IHE_LABTF|T-1"
    )
    numbers = range(101)

    async def tell() -> None:
        async with (
            analyser() as device,
            laboratory("lis/law", loaded=own_codes, settings=places(device)) as lab,
        ):
            orders = [texts.order(f"L{one}", barcode=f"T{one}", key=f"o-{one}") for one in numbers]
            await lab.send(*orders)
            assert texts.segments(await lab.one(everything), "QAK")[0][2] == "OK"
            await until(lambda: told(lab, "held") == len(numbers))
            assert {number for _, number in device.taken} == {f"L{one}" for one in numbers}
            assert max(len(one.split("|")[9]) for one in device.raw) <= 20  # MSH-10

    run(tell())


def test_a_completed_test_of_the_same_number_and_another_tube_takes_nothing_back(
    laboratory: Open, texts: Any
) -> None:
    """Two registers may give one number: whose test is done says the tube."""

    async def tell() -> None:
        async with (
            analyser("A") as one,
            analyser("B") as other,
            laboratory("lis/law", settings=places(one, other)) as lab,
        ):
            await lab.one(texts.order("7"))
            await lab.one(
                texts.order("7", barcode="77", patient="1000977", key="o-2").replace(b"7^HIS", b"7^EMR")
            )
            await lab.one(texts.wos().replace(b"|ANALYSER|", b"|A|"))
            await lab.one(texts.wos("77", "q-2").replace(b"|ANALYSER|", b"|B|"))
            await until(lambda: told(lab, "held") == 2)
            result = texts.message(
                "MSH|^~\\&|A|LAB|QIAO|DQRM|20260305090000||OUL^R22^OUL_R22|r9|P|2.5.1|||NE|AL||"
                "UNICODE UTF-8|||LAB-29^IHE",
                f"SPM|1|{texts.barcode}&HIS^||SER^Serum^HL70487|||||||P",
                "OBR|1|7^EMR||GLU", "ORC|OK||||CM",
                "OBX|1|NM|GLU||5.6|mmol/L||N|||F|||20260305085900",
            )  # fmt: skip
            await lab.one(result)
            assert (told(lab, "held"), told(lab, "waiting")) == (2, 0)
            assert other.taken == [("NW", "7^EMR")]

    run(tell())


def test_what_waits_for_others_is_not_brought_once_it_is_completed(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.lis.law.bringing.PAUSES", (0.05,))

    async def tell() -> None:
        async with analyser("B") as off:
            port = off.port
        async with (
            analyser("A") as one,
            laboratory("lis/law", settings=places(one, Analyser("B", port, {}))) as lab,
        ):
            await lab.one(texts.order())
            for name in ("A", "B"):
                await lab.one(texts.wos(key=name).replace(b"|ANALYSER|", f"|{name}|".encode()))
            await until(lambda: (told(lab, "held"), told(lab, "waiting")) == (1, 1))
            result = texts.message(
                "MSH|^~\\&|A|LAB|QIAO|DQRM|20260305090000||OUL^R22^OUL_R22|r9|P|2.5.1|||NE|AL||"
                "UNICODE UTF-8|||LAB-29^IHE",
                f"SPM|1|{texts.barcode}||SER^Serum^HL70487|||||||P",
                "OBR|1|LAB88001||GLU", "ORC|OK||||CM",
                "OBX|1|NM|GLU||5.6|mmol/L||N|||F|||20260305085900",
            )  # fmt: skip
            await lab.one(result)
            async with analyser("B", port) as other:
                await until(lambda: told(lab, "waiting") == 0)
                assert ("NW", "LAB88001") not in other.taken
                assert told(lab, "held") == 0

    run(tell())


def test_what_may_have_arrived_is_taken_back_when_it_is_cancelled_meanwhile(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An analyser that has taken work and could not say so measures what nobody wants any more."""
    monkeypatch.setattr("adapters.lis.law.bringing.PAUSES", (0.05,))

    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device, work_look=0.0)) as lab:
            mute = True
            answer = device.answer

            def answered(text: str) -> str:
                said = answer(text)
                return said.replace("MSA|AA|W", "MSA|AA|X") if mute else said  # nothing that is meant

            device.answer = answered  # type: ignore[method-assign]
            work = lab.door._work.bringing
            work._timeout = 0.2
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await until(lambda: any(one.sent for one in work.waiting.values()))
            await lab.one(texts.order(control="CA", key="o-3"))
            while any(one.kind == "work" for one in work.waiting.values()):
                await lab.door._work.taking_back.look()
                await asyncio.sleep(0.01)
            mute = False
            await until(lambda: told(lab, "waiting") == 0)
            assert device.taken[-1] == ("CA", "LAB88001")

    run(tell())


def test_a_journal_that_fails_for_a_moment_forgets_no_promise(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.lis.law.bringing.PAUSES", (0.05,))

    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            journal, failed = lab.door._work.bringing.journal, []
            changed = journal.changed

            async def full(piece: Any) -> None:
                failed.append(piece)
                journal.changed = changed
                raise Retry("the disk is full")

            journal.changed = full
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await device.brought(("NW", "LAB88001"))
            assert len(failed) == 1

    run(tell())


def test_that_a_piece_may_have_arrived_is_on_disk_before_it_leaves(laboratory: Open, texts: Any) -> None:
    """Killed in between, the gateway must not take the UA of who has the test already for a refusal."""

    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings=places(device)) as lab:
            journal, kept = lab.door._work.bringing.journal, []
            changed = journal.changed

            async def seen(piece: Any) -> None:
                await changed(piece)
                kept.append((piece.sent, list(device.raw)))

            journal.changed = seen
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await device.brought(("NW", "LAB88001"))
            assert kept == [(True, [])]

    run(tell())


def test_an_answer_without_words_is_read() -> None:
    said = heard(b"MSH|^~\\&|A|L|Q|D|20260305||ORL^O34|1|P|2.5.1\rMSA|AE|W1\rSPM|1\rORC\r")
    assert (said.about, said.code, dict(said.words)) == ("W1", "AE", {"": ""})


def test_names_of_patients_are_for_the_owner_of_the_file_alone(tmp_path: Path) -> None:
    async def tell() -> None:
        path = tmp_path / "work.db"
        journal = Journal(str(path), "work_state")
        await journal.open()
        await journal.forget(1)
        modes.update(
            await asyncio.to_thread(lambda: {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()})
        )
        await journal.close()

    modes: set[int] = set()
    run(tell())
    assert modes == {0o600}


def test_what_is_done_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    async def tell() -> None:
        journal = Journal(str(tmp_path / "work.db"), "work_state")
        await journal.open()
        one, other, third = (
            Piece(name, "work", "t", "A", "s", "h", 1, b"", "", at) for at, name in enumerate("abc")
        )
        await journal.put([one, other, third])
        await journal.ended(one, taken=["1", "2"])
        await journal.ended(other, taken=["1"])
        await journal.ended(third)
        assert [(piece.control, number) for piece, number in await journal.held()] == [
            ("a", "1"), ("a", "2"), ("b", "1"),
        ]  # fmt: skip
        await journal.ended(third, done=["1"])
        assert [(piece.control, number) for piece, number in await journal.held()] == [("a", "2")]
        await journal.forget(1)
        left = await journal._do(lambda: journal._file.execute("SELECT count(*) FROM piece").fetchone())
        assert left == (0,)
        await journal.close()

    run(tell())


def test_what_the_door_looks_for_itself_is_nobodys_reading(laboratory: Open, texts: Any) -> None:
    """Every ten seconds a read of the last cancelled order would bury the trail."""

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            await lab.one(texts.order(control="CA", key="o-3"))
            numbers, _ = await Recall("lis/law", "default", lab.asking).ended(0)
            assert (numbers, lab.trail._waiting) == ({"LAB88001"}, {})
            await lab.one(texts.wos())
            assert lab.trail._waiting == {}  # nothing is to be done, nobody was shown

    run(tell())


def test_more_orders_of_one_second_than_a_page_are_all_seen(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds are cancelled at once when a ward is closed; what is behind them must not wait for ever."""
    second = now_us() // 1_000_000 * 1_000_000
    monkeypatch.setattr("gateway.store.clock.now_us", lambda: second)

    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            query = next(one for one in lab.asking._queries if one.name == "law-ended")
            numbers = [f"L{at}" for at in range(7)]
            orders = [
                texts.order(one, control=control, key=f"{one}{control}")
                for one in numbers
                for control in ("NW", "CA")
            ]
            await lab.send(*orders)
            most = query.most
            object.__setattr__(query, "most", 2)
            try:
                found, since = await Recall("lis/law", "default", lab.asking).ended(second)
            finally:
                object.__setattr__(query, "most", most)
            assert found == set(numbers)
            assert since // 1_000_000 == second // 1_000_000

    run(tell())


def test_whom_work_that_is_taken_back_is_of_stands_in_the_trail(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with (
            analyser() as device,
            laboratory("lis/law", settings=places(device, work_look=0.0)) as lab,
        ):
            await lab.one(texts.order())
            await lab.one(texts.order("LAB2", test="UREA^尿素^99LAB", key="o-2"))
            await lab.one(texts.wos())
            await until(lambda: told(lab, "held") == 2)
            await lab.one(texts.order("LAB2", control="CA", test="UREA^尿素^99LAB", key="o-3"))
            lab.trail._waiting.clear()
            await lab.door._work.taking_back.look()
            ((reader, patient),) = lab.trail._waiting
            (read,) = lab.trail._waiting.values()
            assert reader.client == "lis/law:ANALYSER"
            assert patient == f"Patient/{lab.all('Patient')[0]['id']}"
            assert all(one.startswith("law-back: ") for one in read.queries), "what it asks itself is no read"
            await until(lambda: told(lab, "taken_back") == 1)

    run(tell())


def test_what_is_taken_back_of_an_old_test_is_brought_as_long_as_anything(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The analyser is off for a moment when a test is cancelled that it took long ago."""
    monkeypatch.setattr("adapters.lis.law.bringing.PAUSES", (0.05,))

    async def tell() -> None:
        async with (
            analyser() as device,
            laboratory("lis/law", settings=places(device, work_look=0.0)) as lab,
        ):
            await lab.one(texts.order())
            await lab.one(texts.wos())
            await until(lambda: told(lab, "held") == 1)
            bringing = lab.door._work.bringing
            old = {key: replace(one, at_us=one.at_us - 13 * HOUR_US) for key, one in bringing.held.items()}
            bringing.held.update(old)
            await lab.one(texts.order(control="CA", key="o-3"))
            answer, deaf = device.answer, [True, True]

            def answered(text: str) -> str:
                if deaf:
                    deaf.pop()
                    raise ConnectionError
                return answer(text)

            device.answer = answered  # type: ignore[method-assign]
            await lab.door._work.taking_back.look()
            await until(lambda: told(lab, "taken_back") == 1)
            assert told(lab, "given_up") == 0

    run(tell())


def test_another_gateway_does_not_bring_the_same_promises(tmp_path: Path) -> None:
    async def tell() -> None:
        first, second = (Journal(str(tmp_path / "work.db"), "work_state") for _ in range(2))
        await first.open()
        with pytest.raises(Misconfigured, match="work_state"):
            await second.open()
        await second.close()
        await first.close()

    run(tell())
