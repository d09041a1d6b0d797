"""``qiao match``: what waits is listed, shown with its reasons, accepted and rejected."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.feed.matching import MatchingWorker
from gateway.matching import load_rules
from gateway.settings import MatchingSettings
from gateway.store import Transact, Transacted, open_store
from gateway.store.model import Change

LIN = {
    "resourceType": "Patient",
    "name": [{"text": "林一"}],
    "birthDate": "1980-05-06",
    "telecom": [{"system": "phone", "value": "13900010002"}],
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with two patients who probably are one."""
    found = f"sqlite:///{tmp_path / 'qiao.db'}"
    store = open_store(found)

    async def write(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    changes = [Change("update", "Patient", id_, {**LIN, "id": id_}) for id_ in ("a", "b")]
    store.write([Transact("default", "test", changes)])
    asyncio.run(MatchingWorker(store, load_rules(), MatchingSettings(), write).settle())
    store.close()
    return found


def test_from_the_list_to_the_merge(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str]:
        code = main(["match", *words, "--store", url])
        return code, capsys.readouterr().out

    code, out = run("list", "--json")
    row: dict[str, Any] = json.loads(out)
    assert (code, row["grade"], row["status"]) == (1, "probable", "requested")
    assert row["patients"] == ["Patient/a", "Patient/b"]
    assert {"en": "same name", "zh": "姓名相同"} in row["reasons"]
    assert "same telephone" in run("show", row["id"])[1]
    assert run("reject", row["id"], "--reason", "twins", "--by", "records")[0] == 0
    assert run("list")[0] == 0
    assert "rejected" in run("list", "--all")[1]
    assert run("accept", row["id"], "--survivor", "Patient/b")[0] == 0
    assert json.loads(run("show", row["id"], "--json")[1])["decision"] == "merge"
    assert run("accept", row["id"])[0] == 2
    assert "merge undone" in run("undo", row["id"], "--reason", "two cards")[1]
    assert run("undo", row["id"])[0] == 0, "said already"
    assert run("undo", "Patient/a")[0] == 2
    assert run("accept", row["id"], "--survivor", "Patient/a")[0] == 0
    assert run("undo", "Patient/a")[0] == 2, "it is the other one that ended"
    assert run("undo", "Patient/b")[0] == 0
    assert json.loads(run("show", row["id"], "--json")[1])["decision"] == "unmerge"
    assert run("show", "nobody")[0] == 2


def test_in_chinese(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "match", "list", "--store", url]) == 1
    out = capsys.readouterr().out
    assert "很可能" in out
    assert "姓名相同" in out
