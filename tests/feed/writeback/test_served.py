"""The whole of it: a gateway that runs, a HIS that listens, a kill -9 in the middle."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.store import open_store

COUNT, PATIENTS = 60, 3


class Listening:
    """A HIS in a thread of its own."""

    def __init__(self, ward: Any) -> None:
        self.some, self.all = threading.Event(), threading.Event()
        self.his = ward.His(answer=self._answer)
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        assert self._up.wait(10)

    def _answer(self, message: Any) -> list[str]:
        seen = {one.control_id for one in self.his.came}
        if len(seen) > COUNT // 4:
            self.some.set()
        if len(seen) == COUNT:
            self.all.set()
        return [f"MSA|AA|{message.control_id}"]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self.his.serve())
        self._up.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture
def listening(ward: Any) -> Iterator[Listening]:
    found = Listening(ward)
    yield found
    found.stop()


@pytest.mark.serial
def test_a_killed_gateway_loses_nothing_and_keeps_the_order(
    serve: Callable[..., Any], tmp_path: Path, listening: Listening, ward: Any
) -> None:
    path = tmp_path / "qiao.db"
    with closing(open_store(f"sqlite:///{path}")) as store:
        ward.enter(store, *(ward.prescription(at, patient=f"p{at % PATIENTS}") for at in range(COUNT)))
    settings = {
        "QIAO_WRITEBACK__HIS__TO": f"mllp://127.0.0.1:{listening.his.port}",
        "QIAO_WRITEBACK__HIS__BEGIN": "beginning",
    }
    gateway = serve(path, **settings)
    assert listening.some.wait(60)
    gateway.kill()
    gateway = serve(path, **settings)
    try:
        assert listening.all.wait(60)
    finally:
        gateway.stop()
    came = listening.his.came
    assert len(came) <= COUNT + 3, "only what was under way comes twice"
    firsts = list({one.control_id: one for one in came}.values())
    for patient in range(PATIENTS):
        own = [int(one.get("ORC-4.1")[2:]) for one in firsts if one.get("PID-3.1") == f"MRp{patient}"]
        assert own == sorted(own) and len(own) == COUNT // PATIENTS
