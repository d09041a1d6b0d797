"""``qiao feed pull``: a ledger over HTTP into a file, resumed, acknowledged, verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.store import Desk, Entry, Transact, open_store


def entering(at: int) -> Callable[[Desk], Any]:
    def act(desk: Desk) -> Any:
        visit = {"resourceType": "Encounter", "id": f"e{at}", "length": {"value": 0}}
        return desk.append(Entry("visit", "effective", desk.write(visit)))

    return act


def fill(url: str, numbers: range) -> None:
    store = open_store(url)
    store.write([Transact("default", "t", [], act=entering(at)) for at in numbers])
    store.close()


def test_it_is_pulled_resumed_and_verified(
    tmp_path: Path, serve: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'qiao.db'}"
    fill(url, range(1, 8))
    running = serve(tmp_path / "qiao.db")
    file = tmp_path / "feed.ndjson"
    source = running.api.replace("/fhir", "/feed/default")
    pull = ["feed", "pull", "--from", source, "-o", str(file), "--count", "3", "--acknowledge", "--json"]
    try:
        assert main(pull) == 0
        assert json.loads(capsys.readouterr().out) == {"entries": 7, "last": 7, "size": 7}
        fill(url, range(8, 13))
        file.write_bytes(file.read_bytes() + b'{"resourceType":"Bun')
        assert main(pull) == 0
        assert json.loads(capsys.readouterr().out)["entries"] == 5
        assert main(pull) == 0
        assert json.loads(capsys.readouterr().out)["entries"] == 0
        assert main([*pull[:3], source.replace("default", "east"), *pull[4:]]) == 1
        capsys.readouterr()
    finally:
        running.stop()
    assert main(["feed", "verify", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entries"], told["first_bad"]) == (12, None)
    assert main(["feed", "verify", "--store", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["root"] == told["root"]
    assert main(["feed", "status", "--store", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["client"][0]["acknowledged"] == 12
    file.write_text("{}\n", "utf-8")
    assert main(pull) == 2
