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


def act(url: str, what: Any) -> None:
    """Do something as a message of the HIS does."""
    store = open_store(url)
    (done,) = store.write([Transact("default", "his", [], act=what, joins=True)])
    store.close()
    assert done.error is None


def patient(url: str, id_: str) -> dict[str, Any]:
    store = open_store(url)
    found = store.read("default", "Patient", id_)
    store.close()
    assert found is not None
    return dict(json.loads(bytes(found.body)))


def settle(url: str) -> None:
    store = open_store(url)

    async def write(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    asyncio.run(MatchingWorker(store, load_rules(), MatchingSettings(), write).settle())
    store.close()


def proposal(url: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["match", "list", "--all", "--json", "--store", url])
    return dict(json.loads(capsys.readouterr().out))


def test_who_was_parted_by_a_message_is_merged_again(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = proposal(url, capsys)["id"]
    merge = ["match", "accept", id_, "--survivor", "Patient/b", "--store", url]
    assert main(merge) == 0
    act(url, lambda desk: (desk.unmerge("a"), None)[1])
    assert main(merge) == 0 and patient(url, "a")["active"] is False
    act(url, lambda desk: (desk.unmerge("a"), None)[1])
    settle(url)
    capsys.readouterr()
    assert proposal(url, capsys)["decision"] == "unmerge", "the Task tells what is"
    assert main(["match", "accept", id_, "--store", url]) == 0 and "link" in patient(url, "a")


def test_who_was_unlinked_by_a_message_is_linked_again(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = proposal(url, capsys)["id"]
    assert main(["match", "accept", id_, "--store", url]) == 0
    act(url, lambda desk: desk.relate("a", "b", unlink=True))
    assert main(["match", "accept", id_, "--store", url]) == 0 and "link" in patient(url, "a")
    act(url, lambda desk: desk.relate("a", "b", unlink=True))
    settle(url)
    capsys.readouterr()
    assert proposal(url, capsys)["decision"] == "reject"


def test_who_was_merged_by_a_message_is_not_rejected(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = proposal(url, capsys)["id"]
    assert main(["match", "accept", id_, "--store", url]) == 0
    act(url, lambda desk: desk.merge("a", "b"))
    capsys.readouterr()
    assert main(["match", "reject", id_, "--store", url]) == 2
    assert "qiao match undo Patient/a" in capsys.readouterr().err
    settle(url)
    assert proposal(url, capsys)["decision"] == "merge"
    assert main(["match", "undo", id_, "--store", url]) == 0
    assert main(["match", "reject", id_, "--store", url]) == 0 and "link" not in patient(url, "a")
