"""Opening a file: its durability settings, and what is no store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.errors import Misconfigured, Retry
from gateway.store import open_store
from gateway.store.direct import execute

Make = Callable[..., Draft]
only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def change(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()


def pragma(desk: Any, name: str) -> object:
    return execute(desk.store._session.writer, f"PRAGMA {name}").fetchone()[0]


@only_sqlite
def test_the_writer_syncs_every_commit_and_never_checkpoints(desk: Any) -> None:
    assert pragma(desk, "journal_mode") == "wal"
    assert pragma(desk, "synchronous") == 2
    assert pragma(desk, "wal_autocheckpoint") == 0


@only_sqlite
def test_what_is_committed_survives_without_a_close(desk: Any, patient: Make, tmp_path: Path) -> None:
    """Copying the files as they lie there is what a power cut leaves behind."""
    desk.stored(patient(gender="male"))
    for suffix in ("", "-wal"):
        (tmp_path / f"copy.db{suffix}").write_bytes(Path(f"{desk.path}{suffix}").read_bytes())
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert copy.read("default", "Patient", "p1") is not None
    copy.close()


@only_sqlite
def test_a_close_leaves_no_log(desk: Any, patient: Make) -> None:
    desk.stored(patient())
    desk.store.close()
    assert not Path(f"{desk.path}-wal").exists()


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    change(path, "CREATE TABLE photos (id INTEGER)")
    with pytest.raises(Misconfigured, match="another program"):
        open_store(f"sqlite:///{path}")


def test_a_server_with_other_tables_is_left_alone(postgresql: Any) -> None:
    url = postgresql.database()
    postgresql.execute(url, "CREATE TABLE photos (id INTEGER)")
    with pytest.raises(Misconfigured, match="another program"):
        open_store(url)
    assert postgresql.execute(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [
        ("photos",)
    ]


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"notes" * 1000)
    with pytest.raises((Misconfigured, Retry)):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == b"notes" * 1000


def test_a_folder_that_does_not_exist_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(Retry):
        open_store(f"sqlite:///{tmp_path / 'none' / 'qiao.db'}")


@pytest.mark.parametrize("url", ["", "qiao.db", "sqlite://", "sqlite:///:memory:", "mysql://localhost/qiao"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        open_store(url)


def test_other_levels_and_zones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        open_store(f"sqlite:///{tmp_path / 'a.db'}", synchronous="SOMETIMES")
    with pytest.raises(Misconfigured):
        open_store(f"sqlite:///{tmp_path / 'a.db'}", zone="Asia/Chongqing")
