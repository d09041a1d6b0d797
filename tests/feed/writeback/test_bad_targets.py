"""A HIS that misbehaves: nothing is lost, nothing passes for an acknowledgement, nobody else waits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gateway.settings import WritebackSettings
from gateway.store import Store
from gateway.wire import er7

Told = Callable[..., Any]


def test_a_message_that_the_his_does_not_survive_holds_up_nobody_else(
    store: Store, ward: Any, told: Told
) -> None:
    ward.enter(store, *(ward.prescription(at, patient="ab"[at % 2]) for at in range(1, 7)))

    def answer(one: er7.Message) -> list[str] | None:
        return None if one.get("ORC-4.1") == "CF1" else [f"MSA|AA|{one.control_id}"]

    his = ward.His(answer=answer)
    bench = told(his, longest_pause=2)
    assert bench.states() == {
        1: "sent", 2: "acknowledged", 3: "waiting", 4: "acknowledged", 5: "waiting", 6: "acknowledged",
    }, "while nobody is taken it may be the HIS"  # fmt: skip
    assert his.controls()[:2] == ["NW CF1", "NW CF2"], "the next patient does not wait for the first one"
    assert [one.kind for one in store.alerts.find(now=True)] == ["unreachable"]
    more = iter(range(8, 20))

    def busy(one: er7.Message) -> list[str] | None:
        if one.get("ORC-4.1") == "CF1":  # somebody else's is taken before each further attempt
            at = next(more)
            ward.enter(store, ward.prescription(at, patient=f"c{at}"))
        return answer(one)

    bench = told(ward.His(answer=busy), turns=200, longest_pause=2)
    found = bench.states()
    assert (found[1], found[3], found[5]) == ("refused", "held", "held")
    assert {found[n] for n in found if n not in (1, 3, 5)} == {"acknowledged"}
    assert "6 attempts, while others are taken" in bench.reason(1)
    assert [one.kind for one in store.alerts.find(now=True)] == ["refused"]


def test_an_order_that_was_missed_once_after_an_outage_is_no_exception(
    store: Store, ward: Any, told: Told
) -> None:
    """Attempts while nobody was taken say nothing against the order."""
    ward.enter(store, ward.prescription(1, patient="a"), ward.prescription(2, patient="b"))
    left = iter(range(20))
    missed = iter([True])

    def answer(one: er7.Message) -> list[str] | None:
        if next(left, None) is not None or (one.get("ORC-4.1") == "CF2" and next(missed, False)):
            return None
        return [f"MSA|AA|{one.control_id}"]

    bench = told(ward.His(answer=answer), turns=200)
    assert bench.states() == {1: "acknowledged", 2: "acknowledged"}


@pytest.mark.parametrize(("answer", "codes"), [("AA", ["AA", "AA"]), ("CA", ["CA", "AA"])])
def test_a_his_that_acknowledges_twice_is_sent_each_order_once(
    store: Store, ward: Any, told: Told, answer: str, codes: list[str]
) -> None:
    ward.enter(store, *(ward.prescription(at, patient=f"p{at}") for at in range(1, 6)))
    his = ward.His(answer=lambda one: [f"MSA|{code}|{one.control_id}" for code in codes])
    bench = told(his, answer=answer)
    assert set(bench.states().values()) == {"acknowledged"}
    assert his.controls() == [f"NW CF{at}" for at in range(1, 6)]


def test_a_second_refusal_does_not_answer_the_next_attempt(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1))
    busy = iter([True])

    def answer(one: er7.Message) -> list[str]:
        late = f"MSA|AR|{one.control_id}\rERR|||207"
        return [late, late] if next(busy, False) else [f"MSA|AA|{one.control_id}"]

    his = ward.His(answer=answer)
    assert told(his).states() == {1: "acknowledged"} and len(his.came) == 2


def test_a_his_that_is_wholly_away_refuses_nothing(store: Store, ward: Any, told: Told) -> None:
    ward.enter(store, ward.prescription(1, patient="a"), ward.prescription(2, patient="b"))
    bench = told(ward.His(answer=lambda _: None), turns=60)
    assert set(bench.states().values()) == {"sent"}


@pytest.mark.parametrize("said", [
    b"\x0bgarbage\x1c\r", b"\x0bMSH|^~\\&|\x1c\r", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x0b\x1c\r",
    b"\x0bMSH|^~\\&|HIS||QIAO||2026||ACK|1|P|2.4\rMSA|XX|$\r\x1c\r",
    b"\x0bMSH|^~\\&|HIS||QIAO||2026||ACK|1|P|2.4\rMSA|AA|other\r\x1c\r",
    b"\x0b" + b"A" * 2_000_000,
])  # fmt: skip
def test_what_is_no_acknowledgement_acknowledges_nothing(store: Store, ward: Any, said: bytes) -> None:
    ward.enter(store, ward.prescription(1))

    async def whole() -> Any:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            data = await reader.readuntil(b"\x1c\r")
            control = data.split(b"|")[9]
            writer.write(said.replace(b"$", control))
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            bench = ward.Bench(store, WritebackSettings(f"mllp://127.0.0.1:{port}", begin="beginning"))
            await bench.work(1)
        return bench

    assert asyncio.run(whole()).states() == {1: "sent"}


def test_a_connection_that_is_half_open_is_made_anew(store: Store, ward: Any) -> None:
    """The first one takes everything and says nothing; the next one answers."""
    ward.enter(store, ward.prescription(1))
    his = ward.His()

    async def whole() -> Any:
        first = True

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal first
            if first:
                first = False
                await reader.read(-1)
                writer.close()
            else:
                await his._talk(reader, writer)

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            said = WritebackSettings(f"mllp://127.0.0.1:{port}", begin="beginning", timeout=1)
            bench = ward.Bench(store, said)
            await bench.work()
        return bench

    bench = asyncio.run(whole())
    assert bench.states() == {1: "acknowledged"} and len(his.came) == 1


def test_a_his_that_is_down_gets_it_when_it_is_up(store: Store, ward: Any) -> None:
    ward.enter(store, ward.prescription(1))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bench = ward.Bench(store, WritebackSettings(f"mllp://127.0.0.1:{port}", begin="beginning"))
    bench.run(turns=5)
    assert bench.states() == {1: "waiting"} and "Refused" in bench.receiver.error


@pytest.mark.parametrize(("status", "said", "state"), [
    (200, b'{"code": -1, "message": "no such patient"}', "refused"),
    (200, b'{"code": 0}', "acknowledged"),
    (200, b'{"success": false}', "refused"),
    (200, b'{"code": 0, "success": false}', "refused"),
    (200, b'{"success": true, "errcode": 4001}', "refused"),
    (200, '{"status": "error", "msg": "处方被拒绝"}'.encode(), "sent"),
    (200, b'{"data": {"code": -1}}', "sent"),
    (200, b'{"code": null, "msg": "x"}', "sent"),
    (200, b"null", "sent"),
    (200, b"[]", "sent"),
    (200, b'"failed"', "sent"),
    (200, b"", "sent"),
    (204, b"", "sent"),
    (200, b"<html>please sign in</html>", "sent"),
    (200, b"not json", "sent"),
    (200, b"[" * 100_000, "sent"),
    (200, b'{"a": "' + b"x" * 9_000_000 + b'"}', "sent"),
    (307, b"", "sent"),
    (401, b"", "sent"),
    (500, b"", "sent"),
    (422, b"", "refused"),
])  # fmt: skip
def test_what_an_http_his_answers(
    store: Store, ward: Any, web: Any, status: int, said: bytes, state: str
) -> None:
    ward.enter(store, ward.prescription(1))
    his = web((status, said))
    bench = ward.Bench(store, WritebackSettings(his.url, map="his-json", begin="beginning"))
    bench.run(turns=1)
    assert bench.states() == {1: state} and len(his.came) == 1, "a redirect is not followed"


def table(path: Path, *more: str) -> str:
    url = f"sqlite:///{path}?timeout=0.1"
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE told (msg_key TEXT PRIMARY KEY, rx TEXT UNIQUE, name TEXT)"))
        for one in more:
            connection.execute(text(one))
    return url


def own(tmp_path: Path) -> str:
    file = tmp_path / "own.yaml"
    file.write_text(
        "outbound: own\nkinds: {prescription: {effective: mine}}\nmaps:\n  - outbound: mine\n    form: rows\n"
        "    says: [note]\n"
        "    tables: [{table: told, key: msg_key, columns: {msg_key: $key, rx: "
        "MedicationRequest.groupIdentifier.value, name: {path: Patient.name, as: whole_name}}}]\n"
    )
    return str(file)


def test_a_locked_database_is_waited_for(store: Store, ward: Any, tmp_path: Path) -> None:
    url = table(tmp_path / "his.db")
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(url, map=own(tmp_path), begin="beginning"))
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        bench.run(turns=2)
        assert bench.states() == {1: "sent"} and "OperationalError" in bench.receiver.error
    bench.run()
    assert bench.states() == {1: "acknowledged"}


def test_a_full_database_is_waited_for(store: Store, ward: Any, tmp_path: Path) -> None:
    url = table(tmp_path / "his.db", "CREATE TABLE big (x)", "INSERT INTO big VALUES (zeroblob(100))")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TRIGGER full BEFORE INSERT ON told BEGIN "
                                "INSERT INTO big VALUES (zeroblob(2000000000)); END"))  # fmt: skip
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(url, map=own(tmp_path), begin="beginning"))
    bench.run(turns=1)
    assert bench.states()[1] in ("sent", "refused")
    assert rows(url) == [(0,)]


def test_another_row_of_the_same_number_is_an_exception_and_not_taken_for_ours(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    url = table(tmp_path / "his.db", "INSERT INTO told VALUES ('theirs', 'CF1', 'x')")
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(url, map=own(tmp_path), begin="beginning"))
    bench.run()
    assert bench.states() == {1: "refused"} and "told.rx" in bench.reason(1)
    assert "林知夏" not in bench.reason(1)


def rows(url: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT COUNT(*) FROM told"))]
