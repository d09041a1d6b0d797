"""``qiao feed purge``: what it prints, what is left, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.store import Entry, Transact, open_store


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    """Options for a store with an old record and a new one, each entered."""
    url = f"sqlite:///{tmp_path / 'qiao.db'}"
    store = open_store(url)

    def act(desk: Any) -> None:
        for id_, day in (("old", "2008-03-06"), ("new", "2026-03-06")):
            body = {
                "resourceType": "Composition",
                "id": id_,
                "status": "final",
                "date": day,
                "title": "门诊病历",
            }
            about = desk.write(body)
            desk.append(Entry("record", "effective", about))

    (done,) = store.write([Transact("default", "x", [], act=act)])
    assert done.error is None
    store.close()
    config = tmp_path / "qiao.toml"
    config.write_text(
        f'[store]\nurl = "{url}"\n[tenants.default]\njurisdiction = ["cn-chongqing"]\n', "utf-8"
    )
    return "--config", str(config)


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = main(["feed", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_what_is_old_goes_and_what_is_not_stays(files: tuple[str, ...], capsys: Any) -> None:
    code, out, _ = run(capsys, "purge", "Composition/old", "--dry-run", *files)
    assert (code, "1 versions of 1 resources would go; entries #1" in out) == (0, True)
    code, out, err = run(
        capsys, "purge", "Composition/old", "Composition/new", "--reason", "list of 2026", *files
    )
    assert (code, "Composition/old: 1 versions" in out) == (1, True)
    assert "Composition/new must be kept" in err
    assert "第二十一条" in err
    code, out, _ = run(capsys, "verify", "--json", *files)
    assert (code, json.loads(out)["purged"]) == (0, 1)
    code, out, _ = run(capsys, "purge", "Composition/new", "--json", *files)
    assert code == 1
    assert json.loads(out)["rules"][0]["rule"] == "nat-21-kept"


def test_what_there_is_not(files: tuple[str, ...], capsys: Any) -> None:
    code, _, err = run(capsys, "purge", "CQ0001", *files)
    assert (code, "there is no such document" in err) == (1, True)
    assert run(capsys, "purge", "Composition/old", "--tenant", "nobody", *files)[0] == 2


def test_a_document_that_is_none_is_named_once(files: tuple[str, ...], capsys: Any) -> None:
    code, _, err = run(capsys, "purge", "NOPE", *files)
    assert (code, err.count("NOPE")) == (1, 1)
