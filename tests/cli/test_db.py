"""``qiao db``, and what other commands say of a store on a server."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.settings import Settings, StoreSettings, terminology_file
from gateway.store import open_store

FIRST = Path(__file__).parents[1] / "store" / "schema1.sql"


@pytest.fixture
def old(tmp_path: Path) -> str:
    """URL of a file of schema version 1."""
    path = tmp_path / "qiao.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST.read_text("utf-8"))
    return f"sqlite:///{path}"


def test_an_older_store_says_what_to_do_and_the_upgrade_does_it(
    old: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inbox", "list", "--store", old]) == 2
    assert "stop the gateway, then run qiao db upgrade" in capsys.readouterr().err
    assert main(["--lang", "zh", "inbox", "list", "--store", old]) == 2
    assert "请停止网关，然后运行 qiao db upgrade" in capsys.readouterr().err
    assert main(["--lang", "en", "db", "status", "--store", old]) == 1
    assert "qiao db upgrade (5 resources" in capsys.readouterr().out
    assert main(["db", "upgrade", "--store", old]) == 0
    told = capsys.readouterr()
    assert "schema version 1 →" in told.out and "qiao.db.schema-1" in told.out
    assert "indexing 5 resources" in told.err
    assert main(["db", "upgrade", "--store", old]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["inbox", "list", "--store", old]) == 0


def test_json_is_one_object_and_progress_is_beside_it(old: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status", "--json", "--store", old]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["due"], found["resources"]) == (1, True, 5)
    assert main(["db", "upgrade", "--no-copy", "--json", "--store", old]) == 0
    told = capsys.readouterr()
    assert (json.loads(told.out)["before"], json.loads(told.out)["copy"]) == (1, "")
    steps = [json.loads(line) for line in told.err.splitlines()]
    assert steps[-1] == {"step": "reindex", "done": 5, "of": 5}
    assert main(["db", "status", "--json", "--store", old]) == 0


def test_a_wrong_path_makes_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("status", "upgrade"):
        assert main(["db", action, "--store", f"sqlite:///{tmp_path}/none.db"]) == 2
    assert not list(tmp_path.iterdir())
    assert "no store here" in capsys.readouterr().err


def test_a_store_on_a_server(database: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    url = database.replace("qiao@", "qiao:geheim@")
    config = tmp_path / "qiao.toml"
    config.write_text(f'[store]\nurl = "{url}"\n[api]\nport = 0\n')
    where = ["--config", str(config)]
    assert main(["db", "status", *where]) == 0
    assert main(["doctor", "--json", *where]) in (0, 1)
    told = capsys.readouterr()
    checks = {one["name"]: one for one in json.loads(told.out.splitlines()[-1])["checks"]}
    assert "PostgreSQL" in checks["database"]["text"]
    assert checks["database"]["level"] == "bad", "the tests' server has fsync off"
    assert "fsync" in checks["database"]["advice"]
    assert "not there yet" in checks["store"]["text"]
    assert main(["inbox", "list", *where]) == 2, "to look makes no store"
    assert main(["db", "upgrade", *where]) == 2
    open_store(url).close()
    assert main(["doctor", "--json", *where]) in (0, 1)
    more = capsys.readouterr()
    checks = {one["name"]: one for one in json.loads(more.out)["checks"]}
    assert checks["store"]["level"] == "ok" and "0 messages" in checks["store"]["text"]
    assert main(["db", "status", *where]) == 0
    assert main(["db", "upgrade", *where]) == 0
    assert main(["inbox", "list", *where]) == 0
    rest = capsys.readouterr()
    for text in (told, more, rest):
        assert "geheim" not in text.out + text.err


@pytest.mark.parametrize(
    ("url", "place", "file"),
    [
        ("sqlite:///data/qiao.db", "sqlite:///data/qiao.db", Path("data/qiao.db")),
        ("postgresql://db.example/qiao", "postgresql://db.example/qiao", None),
        ("postgresql://qiao@db.example:5432/qiao", "postgresql://qiao@db.example:5432/qiao", None),
        ("postgresql://qiao:a@b:c@db.example/qiao", "postgresql://qiao:***@db.example/qiao", None),
        ("postgresql:///q?user=a&password=b&x=1", "postgresql:///q?user=a&password=***&x=1", None),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, place: str, file: Path | None) -> None:
    settings = Settings(store=StoreSettings(url=url))
    assert (settings.store.place, settings.store.file) == (place, file)
    assert terminology_file(settings) == (file.parent if file else Path()) / "terminology.db"
    assert "a@b" not in repr(settings)


def test_a_server_that_is_gone(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    url = "postgresql://qiao:geheim@127.0.0.1:1/qiao"
    assert main(["inbox", "list", "--store", url]) == 1
    assert main(["db", "upgrade", "--store", url]) == 1
    assert main(["doctor", "--store", url]) == 1
    told = capsys.readouterr()
    assert "geheim" not in told.out + told.err
    assert "cannot be opened" in told.err and "PGPASSWORD" in told.out
