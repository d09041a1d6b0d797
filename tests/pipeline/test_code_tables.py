"""The writer takes over changed code tables, and nothing in them can stop it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping import load_maps
from gateway.mapping.code_folders import Change
from gateway.pipeline.writer import Writer
from gateway.settings import PipelineSettings


class Broken:
    """Maps whose folders cannot even be looked at."""

    def refresh(self) -> Change:
        raise RuntimeError("a secret")


def writer(maps: Any) -> Writer:
    nothing: Any = None
    return Writer(nothing, maps, {}, PipelineSettings(), None, None, ended=list, told=list, later=list,
                  recovered=list)  # fmt: skip


def test_a_change_is_told_with_the_new_version(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    maps = load_maps(codes=tmp_path)
    (tmp_path / "ward.csv").write_text("code,target\nW1,x\n")
    with caplog.at_level(logging.INFO, "qiao.pipeline"):
        for _ in range(3):
            one = writer(maps)
            one._refresh()
            one._refresh()  # within the same second: no second look
    assert [record.message for record in caplog.records] == [
        f"code tables changed: ward; maps {maps.version}"
    ]


def test_a_look_that_fails_is_told_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    writer(Broken())._refresh()
    assert [record.message for record in caplog.records] == ["code tables stay as they were (RuntimeError)"]
