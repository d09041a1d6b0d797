"""A gateway without settings, beside another one on the same machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.bootstrap import build, start, stop
from gateway.errors import Misconfigured
from gateway.settings import ApiSettings, Settings, StoreSettings, Value

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
