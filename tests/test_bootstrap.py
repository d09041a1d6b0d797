"""A gateway without settings, beside another one on the same machine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import build, start, stop
from gateway.errors import Misconfigured, Retry
from gateway.settings import ApiSettings, Settings, StoreSettings, Value
from gateway.store import Change, Transact

NAME = "his/hl7v2"
SAID = "cannot bind 127.0.0.1:2575: Address already in use; set another port"


class Taken:
    """A door whose port is another's."""

    async def start(self, _deliver: object) -> None:
        raise Misconfigured(SAID, code="cannot-bind", where=NAME)

    async def stop(self) -> None:
        pass

    def status(self) -> dict[str, int | str]:
        return {}


def begun(store: Path, adapters: Mapping[str, Mapping[str, Value]]) -> dict[str, str]:
    """Return which doors a gateway has closed, and why, whose only one has no port."""

    async def run() -> dict[str, str]:
        api = ApiSettings(port=0)
        gateway = build(Settings(api=api, store=StoreSettings(url=f"sqlite:///{store}"), adapters=adapters))
        gateway.doors.clear()
        gateway.doors[NAME] = Taken()
        serving = asyncio.create_task(asyncio.sleep(0))
        try:
            serving = await start(gateway)
            assert not gateway.doors
            return gateway.closed
        finally:
            await stop(gateway, serving)

    return asyncio.run(run())


def test_a_door_that_nobody_asked_for_may_stay_closed(tmp_path: Path) -> None:
    assert begun(tmp_path / "a.db", {}) == {NAME: SAID}


def test_a_door_with_settings_must_open(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot bind"):
        begun(tmp_path / "a.db", {NAME: {"port": 2575}})


def test_it_stops_while_the_database_hangs(database: str, postgresql: Any) -> None:
    async def run() -> None:
        gateway = build(Settings(api=ApiSettings(port=0), store=StoreSettings(url=database)))
        gateway.doors.clear()
        serving = await start(gateway)
        with postgresql.hanging():
            change = Change("update", "Patient", "p1", {"resourceType": "Patient", "id": "p1"})
            waits = asyncio.create_task(gateway.engine.write(Transact("default", "urn:app", [change])))
            await asyncio.sleep(0)
            async with asyncio.timeout(30):
                await stop(gateway, serving, seconds=0.1)
            with pytest.raises(Retry):
                await waits

    asyncio.run(run())


def test_an_http_client_is_loaded_by_those_only_who_send_something() -> None:
    code = "import sys, gateway.bootstrap; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_store_does_not_load_what_checks_resources() -> None:
    code = "import sys, gateway.store; sys.exit('gateway.validation' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
