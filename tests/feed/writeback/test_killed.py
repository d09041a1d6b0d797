"""kill -9 between what the HIS commits and what is written down here: told again, and taken once."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gateway.settings import WritebackSettings
from gateway.store import open_store

ROOT = Path(__file__).parents[3]
KILLED = """
import asyncio, json, os, sys
from gateway.feed.relay import Relay
from gateway.feed.writeback.choosing import Wanted, filling
from gateway.feed.writeback.opening import _exchange, open_wires
from gateway.mapping import load_maps
from gateway.settings import Settings, WritebackSettings
from gateway.store import open_store

said = WritebackSettings(**json.loads(sys.argv[2]))
store, wire = open_store(sys.argv[1]), open_wires(Settings(writeback={"his": said}), load_maps())["his"]

class Killed:
    async def __call__(self, request, seconds):
        await exchange(request, seconds)
        os.kill(os.getpid(), 9)

exchange = _exchange(said, "")
chosen = filling(store, "default", Wanted({"prescription": ["effective"]}, said.not_from, said.order))
asyncio.run(Relay(store, "writeback:his", said.as_receiver(), wire, Killed(), filling=chosen).turn())
"""


async def killed(tmp_path: Path, said: dict[str, Any]) -> None:
    """Run a gateway that dies when the HIS has answered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, f"sqlite:///{tmp_path / 'qiao.db'}", json.dumps(said), cwd=ROOT
    )
    assert await process.wait() == -signal.SIGKILL


def test_a_message_is_the_same_when_it_comes_again(ward: Any, tmp_path: Path) -> None:
    his = ward.His()

    async def whole() -> Any:
        server = await his.serve()
        async with server:
            said = {"to": f"mllp://127.0.0.1:{his.port}", "begin": "beginning"}
            await killed(tmp_path, said)
            with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
                bench = ward.Bench(store, WritebackSettings(**said))
                await bench.work()
                return bench.states()

    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        ward.enter(store, ward.prescription(1))
    assert asyncio.run(whole()) == {1: "acknowledged"}
    assert len(his.came) == 2 and len({one.raw for one in his.came}) == 1


def test_rows_are_there_once(ward: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'his.db'}"
    own = tmp_path / "own.yaml"
    own.write_text(
        "outbound: own\nkinds: {prescription: {effective: mine}}\nmaps:\n"
        "  - outbound: mine\n    form: rows\n    says: [note]\n"
        "    tables: [{table: told, key: msg_key, columns: {msg_key: $key, rx: "
        "MedicationRequest.groupIdentifier.value}}]\n"
    )
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE told (msg_key TEXT PRIMARY KEY, rx TEXT)"))
    said = {"to": url, "map": str(own), "begin": "beginning"}
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        ward.enter(store, ward.prescription(1), ward.prescription(2))
    asyncio.run(killed(tmp_path, said))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT rx FROM told")).fetchall() == [("CF1",)], "it was committed"
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        bench = ward.Bench(store, WritebackSettings(**said))
        bench.run()
        assert bench.states() == {1: "acknowledged", 2: "acknowledged"}
    with engine.connect() as connection:
        assert connection.execute(text("SELECT rx FROM told")).fetchall() == [("CF1",), ("CF2",)]


def test_a_request_has_the_same_key_when_it_comes_again(ward: Any, web: Any, tmp_path: Path) -> None:
    his = web()
    said = {"to": his.url, "map": "his-json", "begin": "beginning"}
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        ward.enter(store, ward.prescription(1))
    asyncio.run(killed(tmp_path, said))
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        bench = ward.Bench(store, WritebackSettings(**said))
        bench.run()
        assert bench.states() == {1: "acknowledged"}
    assert len(his.came) == 2 and his.came[0][1] == his.came[1][1]
    assert len({headers["idempotency-key"] for headers, _ in his.came}) == 1
