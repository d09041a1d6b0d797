"""`qiao feed told`: whether one document has reached everybody who is owed it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.store import Desk, Entry, Transact, open_store
from gateway.store.deliveries import Settled

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A store with two prescriptions: one that a HIS has taken, one that it has refused."""
    url = f"sqlite:///{tmp_path / 'qiao.db'}"

    def act(id_: str) -> Callable[[Desk], Any]:
        def enter(desk: Desk) -> Any:
            subject = {"reference": "Patient/p"}
            group = desk.write({"resourceType": "RequestGroup", "id": id_, "status": "active",
                                "intent": "order", "subject": subject})  # fmt: skip
            line = desk.write({"resourceType": "MedicationRequest", "id": f"m{id_}", "status": "active",
                               "intent": "order", "subject": subject})  # fmt: skip
            return desk.append(Entry("prescription", "effective", group, (group, line), f"S{id_}", 0))

        return enter

    with closing(open_store(url)) as store:
        store.write([Transact("default", "t", [], act=act(id_)) for id_ in ("a", "b")])
        receiver = store.deliveries.enrol("default", "writeback:his")
        assert receiver is not None
        store.deliveries.fill(receiver)
        settled = [Settled(1, "acknowledged", "H7"), Settled(2, "refused", reason="AE 204: 无此患者")]
        store.deliveries.settle(receiver, settled, 10)

    def call(*words: str, lang: str = "en") -> tuple[int, str]:
        code = main(["--lang", lang, "feed", "told", *words, "--store", url])
        found = capsys.readouterr()
        return code, found.out + found.err

    return call


@pytest.mark.parametrize("name", ["RequestGroup/a", "MedicationRequest/ma", "Sa"])
def test_a_document_is_found_by_itself_its_parts_and_its_serial(run: Run, name: str) -> None:
    code, out = run(name)
    assert code == 0 and "writeback:his" in out and "acknowledged" in out and "H7" in out


def test_what_the_his_has_not_is_told_with_the_reason(run: Run) -> None:
    code, out = run("MedicationRequest/mb", lang="zh")
    assert code == 1 and "被拒收" in out and "AE 204: 无此患者" in out
    code, out = run("RequestGroup/a", "RequestGroup/b", "--json")
    assert code == 1 and [json.loads(one)["state"] for one in out.splitlines()] == ["acknowledged", "refused"]


@pytest.mark.parametrize("name", ["RequestGroup/none", "S9", "Nothing/x"])
def test_what_nobody_is_owed_is_said(run: Run, name: str) -> None:
    code, out = run(name)
    assert code == 1 and name in out
