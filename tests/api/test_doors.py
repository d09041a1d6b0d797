"""$doors: who runs the gateway sees how its doors stand, which lines are open and what went wrong on them."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.api.doors import described
from gateway.bootstrap import build
from gateway.cli.doctor import LOOKS, examine
from gateway.cli.mapping import examine as check_maps
from gateway.cli.output import read_settings
from gateway.errors import Misconfigured
from gateway.settings import Settings
from gateway.wire.astm import AstmClient

SENT = b"H|\\^&|||TEST-1|||||||P|LIS2-A2\rO|1|4711\rR|1|^^^X|1\rL|1|N\r"


def settings_of(folder: Path, lines: str, api: int = 0) -> Settings:
    (folder / "lines.yaml").write_text(lines, "utf-8")
    config = folder / "qiao.toml"
    doors = "".join(f'[adapters."{one}"]\nport = 0\n' for one in ("his/hl7v2", "lis/hl7v2"))
    config.write_text(
        f'[api]\nport = {api}\n{doors}[adapters."lis/astm"]\nport = 0\nlines = "{folder / "lines.yaml"}"\n'
    )
    return read_settings(argparse.Namespace(config=config, store=f"sqlite:///{folder / 'qiao.db'}"))


def test_the_facts_of_a_door_are_parts_of_it() -> None:
    told = described({"lis/astm": {"address": "127.0.0.1:2580", "bytes": 2**40, "bad": 2, "subject": ""}})
    (door,) = told["parameter"]
    assert door["part"] == [
        {"name": "id", "valueString": "lis/astm"},
        {"name": "address", "valueString": "127.0.0.1:2580"},
        {"name": "bytes", "valueDecimal": 2**40},
        {"name": "bad", "valueInteger": 2},
    ]


def test_a_doctor_says_which_line_is_not_open_and_who_was_heard(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    lines = tmp_path / "lines.yaml"
    lines.write_text('lines: [{name: coag, call: "127.0.0.1:9"}]', "utf-8")
    running = serve(tmp_path / "qiao.db", QIAO_ADAPTERS__LIS_ASTM__LINES=str(lines))
    try:
        host, port = running.address("lis/astm")

        async def send() -> None:
            async with AstmClient(host, port) as client:
                await client.send(SENT)

        asyncio.run(send())
        api = urlsplit(running.api).port
        settings = settings_of(tmp_path, "lines: []", api or 0)
        found = examine("doors", LOOKS["doors"], settings)
        assert found.level == "info"
        assert "lis/astm" in found.text
        assert "messages 1" in found.text
        assert "line coag: " in found.text
        assert "heard 20" in found.text
    finally:
        running.stop()


def test_nobody_answers_and_the_doctor_says_so(tmp_path: Path) -> None:
    assert examine("doors", LOOKS["doors"], settings_of(tmp_path, "lines: []", 9)).level == "ok"


@pytest.mark.parametrize("way", [build, check_maps])
def test_a_line_of_an_unknown_layout_is_told_at_once(way: Callable[..., Any], tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "lines: [{name: urine, from: 127.0.0.1, layout: sysmx}]")
    try:
        _, problems = way(settings)
        (said,) = problems
    except Misconfigured as error:
        said = str(error)
    assert "sysmx" in said
    assert "line urine" in said
    assert "sysmex" in said
